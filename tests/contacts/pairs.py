"""Makes pairs of e-mail addresses and compares the forms that two implementations give them.

The code points are those that this Python knows, whose Unicode is older than that of leadhook and
of `idna`. Usage: pairs.py PROGRAM [PAIRS [SEED]]
"""

import json
import random
import subprocess
import sys
import unicodedata

import idna

PROGRAM = sys.argv[1]
PAIRS = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1

# White_Space and Default_Ignorable_Code_Point of the Unicode Character Database.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
IGNORABLE = {
    code
    for first, last in [
        (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
        (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
        (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    ]
    for code in range(first, last + 1)
}


def nfc(text):
    return unicodedata.normalize("NFC", text)


def form(address):
    """The form of an address that is compared, by the rule in the documents."""
    local, at, domain = address.rpartition("@")
    if not at:
        return fold_local(address)
    return fold_local(local) + "@" + fold_domain(domain)


def fold_local(local):
    seen = "".join(c for c in local if ord(c) not in IGNORABLE)
    return nfc(seen.strip(WHITE_SPACE).lower())


def fold_domain(domain):
    domain = domain.strip(WHITE_SPACE)
    try:
        return to_ascii(domain).strip(WHITE_SPACE)
    except (idna.IDNAError, UnicodeError, ValueError):
        return nfc(domain.lower())


def to_ascii(domain):
    """UTS 46, section 4.2, without CheckHyphens, UseSTD3ASCIIRules and VerifyDnsLength."""
    labels = [read_label(label) for label in mapped(domain).split(".")]
    unicode_labels = [label for label, _ in labels]
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in "".join(unicode_labels)):
        for label in filter(None, unicode_labels):
            idna.check_bidi(label, check_ltr=True)
    return ".".join(write_label(label) for label in unicode_labels)


def mapped(text):
    return idna.uts46_remap(text, std3_rules=False)


def read_label(label):
    """A label with its letters, and whether it was in ASCII."""
    in_ascii = label.startswith("xn--")
    if in_ascii:
        encoded = label[4:]
        label = encoded.encode("ascii").decode("punycode")
        if label.isascii() or label.encode("punycode").decode("ascii") != encoded:
            raise ValueError("not the form of a label with other letters than ASCII")
        if nfc(label) != label or mapped(label) != label:
            raise ValueError("not a valid label")
    if label and unicodedata.category(label[0]).startswith("M"):
        raise ValueError("begins with a mark")
    for place, c in enumerate(label):
        if c in "\u200c\u200d" and not idna.valid_contextj(label, place):
            raise ValueError("a joiner without its context")
    return label, in_ascii


def write_label(label):
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


KNOWN = [
    chr(code)
    for code in range(0x20, 0x30000)
    if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
]
LETTERS = [c for c in KNOWN if unicodedata.category(c)[0] in "LMN"]
NAMES = ["maria", "josé.silva", "ana+feira", "João", "m.ø", "ΣΑΣ", "İpek", "straße", "ﬁlipa", "दुष्यंत"]
DOMAINS = [
    "exemplo.com", "ação.com.br", "bücher.de", "faß.de", "xn--ao-siap.com.br", "xn--mgbh0fb.com",
    "مثال.com", "例え.jp", "παράδειγμα.gr", "نامه\u200cای.com", "क्\u200dष.com", "☃.net", "a_b.c-d.org",
]


def address(pick):
    kind = pick.random()
    if kind < 0.6:
        return pick.choice(NAMES) + "@" + pick.choice(DOMAINS)
    pool = LETTERS if kind < 0.85 else KNOWN
    text = lambda most: "".join(pick.choices(pool, k=pick.randint(0, most)))
    return text(6) + pick.choice(["@", "@", "@", ""]) + text(6) + pick.choice(["", ".com", "。com"])


def insert(pick, text, piece):
    place = pick.randint(0, len(text))
    return text[:place] + piece + text[place:]


def change(pick, text):
    """Another writing of an address, equal or almost equal."""
    local, at, domain = text.rpartition("@")
    return pick.choice([
        lambda: insert(pick, text, chr(pick.choice(sorted(IGNORABLE & set(map(ord, KNOWN)))))),
        lambda: insert(pick, text, pick.choice("\u200b\u200c\u200d\xad\ufeff\u2060")),
        lambda: pick.choice(WHITE_SPACE) + text + pick.choice(WHITE_SPACE),
        lambda: text + pick.choice(WHITE_SPACE) + "\u200b",
        lambda: insert(pick, text, pick.choice(WHITE_SPACE)),
        lambda: text.upper(),
        lambda: text.lower(),
        lambda: text.title(),
        lambda: unicodedata.normalize("NFD", text),
        lambda: unicodedata.normalize("NFC", text),
        lambda: unicodedata.normalize("NFKC", text),
        lambda: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c != "@" else c for c in text),
        lambda: local + at + "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in domain),
        lambda: text.replace(".", pick.choice("。．｡")),
        lambda: local + at + ".".join(write_label(label) for label in domain.split(".")),
        lambda: local + at + ".".join(map(letters_of, domain.split("."))),
        lambda: text.replace("ß", "ss"),
        lambda: text.replace("a", "а"),
        lambda: insert(pick, text, pick.choice(LETTERS)),
        lambda: insert(pick, text, pick.choice("\u0301\u0327.+-'1")),
        lambda: text + ".",
    ])()


def letters_of(label):
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def main():
    pick = random.Random(SEED)
    pairs = []
    for _ in range(PAIRS):
        one = address(pick)
        other = one
        for _ in range(pick.choice([1, 1, 1, 2, 3])):
            other = change(pick, other)
        pairs.append((one, other))
    written = [text for pair in pairs for text in pair]
    # The form of a form is itself.
    theirs = forms(written)
    again = forms(theirs)
    faults = [
        f"{text!r}: here {form(text)!r}, leadhook {given!r}"
        for text, given in zip(written, theirs)
        if form(text) != given
    ]
    faults += [
        f"{text!r}: {given!r}, and again {repeated!r}"
        for text, given, repeated in zip(written, theirs, again)
        if given != repeated
    ]
    equal = sum(theirs[2 * place] == theirs[2 * place + 1] for place in range(PAIRS))
    print("\n".join(faults[:20]))
    print(f"{PAIRS} pairs, {equal} of them equal, {len(faults)} differences, seed {SEED}")
    sys.exit(bool(faults) or not PAIRS / 5 < equal < PAIRS * 4 / 5)


def forms(texts):
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run([PROGRAM], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.strip("\n").split("\n")]


main()
