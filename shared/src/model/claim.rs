use super::{
    contact::{Contact, ContactKind, Email, Phone},
    digest::sha256_hex,
    held::HeldId,
};
use jiff::{SignedDuration, Timestamp};

/// The header's name in the IETF's draft.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The longest `Idempotency-Key`, in characters.
pub(crate) const MAX_IDEMPOTENCY_KEY: usize = 255;
/// For how long an `Idempotency-Key`, and the id of a held delivery that became a lead, is stored.
const STORED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What a claim is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimKind {
    /// An `Idempotency-Key`: the sender's id of a delivery.
    IdempotencyKey,
    /// A held delivery that became a lead.
    Redelivery,
    /// The body of a delivery, for a short time.
    Replay,
    /// A person's phone number or e-mail address.
    Contact(ContactKind),
}

impl ClaimKind {
    pub(crate) const ALL: [Self; 5] = [
        Self::IdempotencyKey,
        Self::Redelivery,
        Self::Replay,
        Self::Contact(ContactKind::Phone),
        Self::Contact(ContactKind::Email),
    ];

    /// The kind's name in table keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdempotencyKey => "idempotency-key",
            Self::Redelivery => "redelivery",
            Self::Replay => "replay",
            Self::Contact(kind) => kind.as_str(),
        }
    }

    pub(crate) fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A value that only one lead of an account may have. It is stored as its SHA-256, never as the
/// value.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) kind: ClaimKind,
    pub(crate) hash: String,
    /// When the claim expires; none: never.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Claim {
    pub(crate) fn forever(Contact { kind, hash }: Contact) -> Self {
        Self { kind: ClaimKind::Contact(kind), hash, expires_at: None }
    }
}

/// An `Idempotency-Key` of more than 255 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Idempotency-Key is longer than {MAX_IDEMPOTENCY_KEY} characters")]
pub struct IdempotencyKeyTooLong;

/// The claims of one delivery. If several are taken, the first in the list decides which lead is
/// found. An `Idempotency-Key` is always the first.
///
/// ```
/// use jiff::Timestamp;
/// use leadhook_shared::model::{Claims, IdempotencyKeyTooLong};
///
/// let body = br#"{"name": "Ana", "email": "ana@exemplo.com"}"#;
/// let now = Timestamp::now();
/// // A provider that accepts a person only once claims the e-mail.
/// let claims = Claims::new(body, None, Some(b"key-1"), now)?.email(Some("ana@exemplo.com"));
///
/// let too_long = Claims::new(body, None, Some(&[b'k'; 256]), now);
/// assert_eq!(too_long.err(), Some(IdempotencyKeyTooLong));
/// # Ok::<(), IdempotencyKeyTooLong>(())
/// ```
pub struct Claims {
    pub(crate) list: Vec<Claim>,
    /// The SHA-256 of the body. It shows whether two deliveries with the same `Idempotency-Key` are
    /// the same.
    pub(crate) body: String,
    pub(crate) received_at: Timestamp,
}

impl Claims {
    /// The claims that every delivery makes: its `Idempotency-Key`, if it has one.
    ///
    /// The header is as in the IETF's draft, with or without quotation marks, up to 255 characters.
    /// An empty one counts as none. The same body for another target is another delivery.
    ///
    /// # Errors
    /// A key that is too long.
    pub fn new(
        body: &[u8],
        target: Option<&str>,
        idempotency_key: Option<&[u8]>,
        received_at: Timestamp,
    ) -> Result<Self, IdempotencyKeyTooLong> {
        let mut body = sha256_hex(body);
        if let Some(target) = target {
            body = sha256_hex(format!("{body}#{target}").as_bytes());
        }
        let mut claims = Self { list: Vec::new(), body, received_at };
        let key = idempotency_key.map(unquoted).unwrap_or_default();
        if str::from_utf8(key).map_or(key.len(), |key| key.chars().count()) > MAX_IDEMPOTENCY_KEY {
            return Err(IdempotencyKeyTooLong);
        }
        if !key.is_empty() {
            claims.add(ClaimKind::IdempotencyKey, key, STORED_FOR);
        }
        Ok(claims)
    }

    /// Allows no second lead of this held delivery, also with another correction.
    pub fn redelivery(mut self, held: &HeldId) -> Self {
        self.add(ClaimKind::Redelivery, held.sort_key().as_bytes(), STORED_FOR);
        self
    }

    /// Allows no second lead with this body within `window`. A window of zero makes no claim.
    ///
    /// It makes no claim if there is one of a contact, which recognizes the person for longer, or if
    /// the body has neither an e-mail nor a phone: two visitors who give neither, or only a dash, can
    /// send equal bodies.
    pub fn replay(
        mut self,
        window: SignedDuration,
        email: Option<&str>,
        phone: Option<&str>,
    ) -> Self {
        let named = email.is_some_and(|email| email.contains('@'))
            || phone.is_some_and(|phone| phone.contains(|c: char| c.is_ascii_digit()));
        let is_of_contact = |claim: &Claim| matches!(claim.kind, ClaimKind::Contact(_));
        if named && window.is_positive() && !self.list.iter().any(is_of_contact) {
            let body = self.body.clone();
            self.add(ClaimKind::Replay, body.as_bytes(), window);
        }
        self
    }

    /// Allows no second lead with this phone number, if it is one.
    pub fn phone(mut self, phone: Option<&str>) -> Self {
        self.list.extend(phone.and_then(Phone::read).map(Contact::from).map(Claim::forever));
        self
    }

    /// Allows no second lead with this e-mail address, if it is one.
    pub fn email(mut self, email: Option<&str>) -> Self {
        self.list.extend(email.and_then(Email::read).map(Contact::from).map(Claim::forever));
        self
    }

    fn add(&mut self, kind: ClaimKind, value: &[u8], valid_for: SignedDuration) {
        let expires_at = Some(self.received_at + valid_for);
        self.list.push(Claim { kind, hash: sha256_hex(value), expires_at });
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_key(key: &[u8]) -> Result<Claims, IdempotencyKeyTooLong> {
        Claims::new(b"", None, Some(key), Timestamp::UNIX_EPOCH)
    }

    fn claims() -> Claims {
        Claims::new(b"", None, None, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn hash_of(claims: Claims) -> String {
        claims.list[0].hash.clone()
    }

    #[test]
    fn an_idempotency_key_is_the_same_with_or_without_quotation_marks() {
        let hash = |key| hash_of(with_key(key).unwrap());
        assert_eq!(hash(b"abc"), hash(b" \"abc\" "));
        assert_ne!(hash(b"abc"), hash(b"ABC"));
    }

    #[test]
    fn an_idempotency_key_has_up_to_255_characters_and_an_empty_one_is_ignored() {
        let cases = [("", 0), ("\"\"", 0), ("k", 1)];
        for (key, expected) in cases {
            assert_eq!(with_key(key.as_bytes()).unwrap().list.len(), expected, "{key}");
        }
        assert_eq!(with_key("k".repeat(255).as_bytes()).unwrap().list.len(), 1);
        assert!(with_key("é".repeat(255).as_bytes()).is_ok());
        assert!(with_key("k".repeat(256).as_bytes()).is_err());
        assert!(with_key("é".repeat(256).as_bytes()).is_err());
    }

    #[test]
    fn a_body_without_a_contact_makes_no_replay_claim() {
        let window = SignedDuration::from_secs(300);
        let cases = [
            ("no contact", None, None, window, 0),
            ("placeholders", Some("n/a"), Some("-"), window, 0),
            ("an e-mail", Some("m@x.com"), None, window, 1),
            ("a phone", None, Some("(11) 5"), window, 1),
            ("no window", Some("m@x.com"), None, SignedDuration::ZERO, 0),
        ];
        for (case, email, phone, window, expected) in cases {
            let claims = claims().replay(window, email, phone);
            assert_eq!(claims.list.len(), expected, "{case}");
        }
    }
}
