use crate::folder::draw_secret;
use std::fmt;

/// The AWS access key id that a local table takes: whoever does not know it reads nothing.
/// There is no secret that goes with it, because a request sends the id and not the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// A fresh one.
    pub(crate) fn draw() -> Self {
        Self(draw_secret())
    }

    pub(crate) fn new(id: String) -> Self {
        Self(id)
    }

    /// The id, as AWS tools are given it.
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

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(..)")
    }
}
