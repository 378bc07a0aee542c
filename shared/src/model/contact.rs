use super::digest::sha256_hex;

/// An e-mail address in the form that is compared: trimmed and in lower case.
///
/// A `+tag` is not removed: that could merge two different people.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address in `text`.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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

    /// The digits themselves; empty if there are none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The kind of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ContactKind {
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
    fn people_who_may_differ_are_not_merged() {
        let pairs = [
            (Contact::phone("551199998888"), Contact::phone("5511999998888")),
            (Contact::email("maria+a@exemplo.com"), Contact::email("maria@exemplo.com")),
            (Contact::email("ma.ria@exemplo.com"), Contact::email("maria@exemplo.com")),
            (Contact::email("5511999998888"), Contact::phone("5511999998888")),
        ];
        for (index, (one, other)) in pairs.iter().enumerate() {
            assert!(one != other, "{index}");
        }
    }
}
