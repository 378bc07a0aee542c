use sha2::{Digest, Sha256};

/// What a claim says is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    /// A phone number, compared by its digits alone.
    Phone,
    /// An e-mail address, compared trimmed and lower-cased.
    Email,
}

impl ClaimKind {
    /// The kind's name in table keys.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }
}

/// A value that only one lead of an account may hold.
///
/// Holds the value's SHA-256, never the value. Comparison stops at the plain rules of
/// [`Claim::phone`] and [`Claim::email`]: anything cleverer, such as a ninth digit or a
/// `+tag`, would merge people who are not the same.
#[derive(Clone)]
pub struct Claim {
    pub(crate) kind: ClaimKind,
    pub(crate) hash: String,
}

impl Claim {
    /// The claim on a phone number.
    pub fn phone(phone: &str) -> Self {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        Self::on(ClaimKind::Phone, &digits)
    }

    /// The claim on an e-mail address.
    pub fn email(email: &str) -> Self {
        Self::on(ClaimKind::Email, &email.trim().to_lowercase())
    }

    fn on(kind: ClaimKind, value: &str) -> Self {
        Self { kind, hash: sha256_hex(value.as_bytes()) }
    }
}

/// The SHA-256 of `bytes` in lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_compare_phones_by_digits_and_emails_trimmed_and_lower_cased() {
        let same = [
            (Claim::phone("5511999998888"), Claim::phone("+55 (11) 99999-8888")),
            (Claim::email("maria@exemplo.com"), Claim::email(" MARIA@Exemplo.COM ")),
        ];
        for (left, right) in same {
            assert_eq!(left.hash, right.hash, "{:?}", left.kind);
        }
    }

    #[test]
    fn claims_do_not_merge_people_who_may_differ() {
        let different = [
            (Claim::phone("551199998888"), Claim::phone("5511999998888")),
            (Claim::email("maria+a@exemplo.com"), Claim::email("maria@exemplo.com")),
            (Claim::email("ma.ria@exemplo.com"), Claim::email("maria@exemplo.com")),
        ];
        for (left, right) in different {
            assert_ne!(left.hash, right.hash, "{:?}", left.kind);
        }
    }

    #[test]
    fn sha256_hex_gives_the_standard_test_vector() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
