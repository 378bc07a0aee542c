//! Finds e-mail addresses in a text in lower case.

use std::ops::ControlFlow;

/// The longest local part and the longest domain of an address, in bytes (RFC 5321).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// Whether the text contains the address, and not only as a part of a longer address.
pub(super) fn has(text: &str, email: &str) -> bool {
    let mut places = text.match_indices(email);
    places.any(|(start, _)| begins(text, start) && ends(text, start + email.len()))
}

/// Calls `take` with each address of the text, until `take` breaks.
pub(super) fn each(text: &str, take: &mut dyn FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
    for (at, _) in text.match_indices('@') {
        for start in starts(text, at) {
            ends_of(text, at + 1).try_for_each(|end| take(&text[start..end]))?;
        }
    }
    ControlFlow::Continue(())
}

/// The positions where an address may begin whose `@` is at `at`.
fn starts(text: &str, at: usize) -> impl Iterator<Item = usize> {
    let local = text[..at].char_indices().rev();
    let local = local.take_while(move |(start, c)| at - start <= LONGEST_LOCAL && is_local(*c));
    local.filter(|(start, c)| is_word(*c) && begins(text, *start)).map(|(start, _)| start)
}

/// The positions where an address may end whose domain begins at `domain`.
fn ends_of(text: &str, domain: usize) -> impl Iterator<Item = usize> {
    let rest = text[domain..].char_indices().map(|(length, c)| (length + c.len_utf8(), c));
    let rest = rest.take_while(|(length, c)| {
        *length <= LONGEST_DOMAIN && (is_letter(*c) || ['.', '-'].contains(c))
    });
    let rest = rest.map(move |(length, c)| (domain + length, c));
    rest.filter(|(end, c)| is_letter(*c) && ends(text, *end)).map(|(end, _)| end)
}

/// Whether an address may begin at `start`: the text before it is not part of the address. A dot, a
/// hyphen, a plus or an apostrophe is part of it if a letter is before it; two dots never are.
fn begins(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end_matches(['.', '-', '+', '\'']);
    let in_escape = before.len() == start && before.ends_with('%') && is_escape(&text[start - 1..]);
    text[before.len()..start].contains("..") || !(before.ends_with(is_word) || in_escape)
}

/// Whether an address may end at `end`: the text after it is not part of the domain. A dot or a
/// hyphen is part of it if a letter follows; two dots never are.
fn ends(text: &str, end: usize) -> bool {
    let after = text[end..].trim_start_matches(['.', '-']);
    let between = &text[end..text.len() - after.len()];
    between.contains("..") || !(after.starts_with(is_letter) || is_escape(after))
}

/// Whether the text begins with a percent-encoded byte. The byte may be a letter.
fn is_escape(text: &str) -> bool {
    let digits = text.strip_prefix('%').and_then(|text| text.as_bytes().get(..2));
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn is_local(c: char) -> bool {
    is_word(c) || "!#$%&'*+-/=?^`{|}~.".contains(c)
}

fn is_word(c: char) -> bool {
    is_letter(c) || c == '_'
}

/// A letter or digit of an address. Letters of scripts without lower case are not: such texts have
/// no spaces, so these letters can be next to an address.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c.is_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_any_text_but_not_inside_another_address() {
        let cases = [
            ("alone", "m@x.com", true),
            ("a display name", "\"maria\" <m@x.com>", true),
            ("two", "a@y.org,m@x.com;b@z.net", true),
            ("at the end of a sentence", "i am m@x.com.", true),
            ("an ellipsis", "m@x.com... or so", true),
            ("in quotes", "'m@x.com'", true),
            ("mailto", "mailto:m@x.com?subject=hi", true),
            ("a query", "/?a=1&email=m@x.com&b=2", true),
            ("a bullet", "-m@x.com", true),
            ("emphasis", "*m@x.com*", true),
            ("a file", "m@x.com_2024.pdf", true),
            ("a script without spaces", "邮箱m@x.com谢谢", true),
            ("per cent", "100%m@x.com%", true),
            ("a longer local part", "maria.m@x.com", false),
            ("a hyphen", "a-m@x.com", false),
            ("two hyphens", "a--m@x.com", false),
            ("a tag", "a+m@x.com", false),
            ("an underscore", "_m@x.com", false),
            ("an apostrophe", "o'm@x.com", false),
            ("a letter of another language", "ém@x.com", false),
            ("an encoded letter before it", "%61m@x.com", false),
            ("a longer domain", "m@x.com.br", false),
            ("a longer label", "m@x.community", false),
            ("a label with a hyphen", "m@x.com-shop.net", false),
            ("a domain with an encoded dot", "m@x.com%2ebr", false),
            ("another domain", "m@ax.com", false),
        ];
        for (case, text, expected) in cases {
            assert_eq!(has(text, "m@x.com"), expected, "{case}");
            let mut found = false;
            let _ = each(text, &mut |email| {
                found |= email == "m@x.com";
                ControlFlow::Continue(())
            });
            assert_eq!(found, expected, "{case}, among all addresses");
        }
        assert!(!has("%20m@x.com", "20m@x.com"), "these digits are an escape");
        assert!(has("write to <o'hara!x@y.com>", "o'hara!x@y.com"));
    }
}
