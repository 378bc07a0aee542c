use shared::model::ClockAndRandom;
use std::fmt;

/// The AWS access key id that a local table requires. It has no secret part, because a request
/// sends only the id.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// A new, random access key.
    pub(crate) fn random() -> Self {
        Self(random_secret())
    }

    pub(crate) fn new(id: String) -> Self {
        Self(id)
    }

    /// The id, for AWS tools.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request is signed with this key, by its `Authorization` header
    /// (`AWS4-HMAC-SHA256 Credential=<id>/...`).
    pub(crate) fn has_signed(&self, authorization: &str) -> bool {
        let credential = authorization.split("Credential=").nth(1);
        credential.and_then(|rest| rest.split('/').next()) == Some(self.as_str())
    }
}

/// A random text of letters and digits with 190 bits.
pub(crate) fn random_secret() -> String {
    ClockAndRandom::system().random_text(32)
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(..)")
    }
}
