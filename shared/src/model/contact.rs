use super::digest::sha256_hex;
use icu_normalizer::{ComposingNormalizer, uts46::Uts46MapperBorrowed};
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

/// An e-mail address in the form that is compared, so that every writing of one mailbox is equal.
///
/// The part before the last `@` is without white space around it and without the characters that
/// Unicode calls default-ignorable, in lower case and in NFC. The domain is in the ASCII form of
/// UTS 46, or in lower case and NFC if it has none. A `+tag` is not removed: that could merge two
/// different people.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address in `text`.
    pub fn new(text: &str) -> Self {
        let Some((local, domain)) = text.rsplit_once('@') else { return Self(fold_local(text)) };
        Self(format!("{}@{}", fold_local(local), fold_domain(domain)))
    }

    /// The address in `text`, if it is one: it has two parts, and neither white space nor a comma or
    /// semicolon inside.
    pub fn read(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().rsplit_once('@')?;
        let is_list = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
        let is_one = !local.is_empty() && !domain.is_empty();
        (is_one && !text.trim().contains(is_list)).then(|| Self::new(text))
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What to search for in texts that [`fold_text`] returned: the address with its domain in
    /// ASCII and in its own letters.
    pub(crate) fn writings(&self) -> [String; 2] {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let (letters, _) = idna::domain_to_unicode(domain);
        [fold_text(&self.0), fold_text(&format!("{local}@{letters}"))]
    }
}

/// A text with all writings of an e-mail address in it equal, but for a domain in ASCII.
pub(crate) fn fold_text(text: &str) -> String {
    let text = seen(text).to_lowercase();
    Uts46MapperBorrowed::new().map_normalize(text.chars()).collect()
}

fn fold_local(local: &str) -> String {
    fold_case(seen(local).trim())
}

/// The text without the characters that nobody sees.
fn seen(text: &str) -> String {
    let is_ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    text.chars().filter(|c| !is_ignorable.contains(*c)).collect()
}

/// The mapping of UTS 46 drops characters, so that there can be white space around the domain only
/// after it.
fn fold_domain(domain: &str) -> String {
    let domain = domain.trim();
    idna::domain_to_ascii(domain)
        .map_or_else(|_| fold_case(domain), |ascii| ascii.trim().to_owned())
}

fn fold_case(text: &str) -> String {
    ComposingNormalizer::new_nfc().normalize(&text.to_lowercase()).into_owned()
}

/// A phone number in the form that is compared: its digits. With a ninth digit or a country code it
/// is another number.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The digits in `text`.
    pub fn new(text: &str) -> Self {
        Self(text.chars().filter_map(digit).collect())
    }

    /// The number in `text`, if it is one: it has digits, and nothing else but signs between them.
    pub fn read(text: &str) -> Option<Self> {
        let is_sign = |c: char| c.is_whitespace() || "+()-./".contains(c);
        let is_one = text.chars().all(|c| digit(c).is_some() || is_sign(c));
        Some(Self::new(text)).filter(|phone| is_one && !phone.0.is_empty())
    }

    /// The digits themselves; empty if there are none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The kind of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContactKind {
    /// A phone number; see [`Phone`].
    Phone,
    /// An e-mail address; see [`Email`].
    Email,
}

impl ContactKind {
    /// The kind's name in table keys.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }
}

/// A person's e-mail address or phone number, for claims and blocks. It contains the SHA-256, never
/// the value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Contact {
    pub(crate) kind: ContactKind,
    pub(crate) hash: String,
}

impl Contact {
    /// An e-mail address, by its [`Email`].
    pub fn email(text: &str) -> Self {
        Email::new(text).into()
    }

    /// A phone number, by its [`Phone`].
    pub fn phone(text: &str) -> Self {
        Phone::new(text).into()
    }
}

impl From<Email> for Contact {
    fn from(Email(email): Email) -> Self {
        Self { kind: ContactKind::Email, hash: sha256_hex(email.as_bytes()) }
    }
}

impl From<Phone> for Contact {
    fn from(Phone(digits): Phone) -> Self {
        Self { kind: ContactKind::Phone, hash: sha256_hex(digits.as_bytes()) }
    }
}

/// The ASCII form of a digit, which may be Arabic, Persian or of full width.
pub(crate) fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_compared_by_digits_and_emails_trimmed_in_lower_case() {
        assert_eq!(Phone::new("+55 (11) 99999-8888").as_str(), "5511999998888");
        assert_eq!(Phone::new("٥٥۱۱９9").as_str(), "551199");
        assert_eq!(Email::new(" MARIA@Exemplo.COM ").as_str(), "maria@exemplo.com");
    }

    #[test]
    fn every_writing_of_a_mailbox_is_the_same_contact() {
        let (ascii, accented) = ("maria@exemplo.com", "josé@ação.com.br");
        let cases = [
            ("a zero-width space at the end", "maria@exemplo.com\u{200b}", ascii),
            ("one at the beginning", "\u{200b} maria@exemplo.com", ascii),
            ("one after a space", "maria@exemplo.com \u{200b}", ascii),
            ("a byte order mark", "\u{feff}maria@exemplo.com", ascii),
            ("a soft hyphen in the name", "ma\u{ad}ria@exemplo.com", ascii),
            ("a soft hyphen in the domain", "maria@exem\u{ad}plo.com", ascii),
            ("marks of direction", "\u{202a}maria\u{202c}@exemplo.com", ascii),
            ("white space around", "\u{a0}maria @ exemplo.com\r\n", ascii),
            ("full-width letters", "maria@ｅｘｅｍｐｌｏ.com", ascii),
            ("an ideographic full stop", "maria@exemplo。com", ascii),
            ("a full-width full stop", "maria@exemplo．com", ascii),
            ("the Kelvin sign", "mari\u{212a}@x.com", "marik@x.com"),
            ("NFD", "jose\u{301}@ac\u{327}a\u{303}o.com.br", accented),
            ("upper case", "JOSÉ@AÇÃO.COM.BR", accented),
            ("the domain in ASCII", "josé@xn--ao-siap.com.br", accented),
            ("the domain in ASCII, upper case", "josé@XN--AO-SIAP.com.br", accented),
        ];
        for (case, writing, plain) in cases {
            assert_eq!(Email::new(writing).as_str(), Email::new(plain).as_str(), "{case}");
        }
        assert_eq!(Email::new(ascii).as_str(), ascii);
    }

    #[test]
    fn people_who_may_differ_are_not_merged() {
        let pairs = [
            (Contact::phone("551199998888"), Contact::phone("5511999998888")),
            (Contact::email("maria+a@exemplo.com"), Contact::email("maria@exemplo.com")),
            (Contact::email("ma.ria@exemplo.com"), Contact::email("maria@exemplo.com")),
            (Contact::email("mária@exemplo.com"), Contact::email("maria@exemplo.com")),
            (Contact::email("maria@éxemplo.com"), Contact::email("maria@exemplo.com")),
            (Contact::email("mariа@exemplo.com"), Contact::email("maria@exemplo.com")),
            (Contact::email("\"a@b\"@exemplo.com"), Contact::email("a@b@exemplo.com")),
            (Contact::email("5511999998888"), Contact::phone("5511999998888")),
        ];
        for (index, (one, other)) in pairs.iter().enumerate() {
            assert!(one != other, "{index}");
        }
    }
}
