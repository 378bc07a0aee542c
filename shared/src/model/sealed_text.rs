use serde::{Deserialize, Serialize};

/// A text that only the holder of a key can read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedText {
    /// The version of the key.
    pub key: u32,
    /// What the key opens, in Base64.
    pub sealed: String,
}
