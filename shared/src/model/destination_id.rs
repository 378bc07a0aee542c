use super::clock_and_random::ClockAndRandom;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A destination's id: `dst_` and 20 letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DestinationId(String);

impl DestinationId {
    const PREFIX: &str = "dst_";
    const LENGTH: usize = 20;

    /// A new id.
    pub fn random(system: &ClockAndRandom) -> Self {
        Self(format!("{}{}", Self::PREFIX, system.random_text(Self::LENGTH)))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DestinationId {
    type Error = NotADestinationId;

    fn try_from(text: String) -> Result<Self, NotADestinationId> {
        let random = text.strip_prefix(Self::PREFIX).unwrap_or_default();
        let fits =
            random.len() == Self::LENGTH && random.bytes().all(|c| c.is_ascii_alphanumeric());
        if fits { Ok(Self(text)) } else { Err(NotADestinationId) }
    }
}

impl FromStr for DestinationId {
    type Err = NotADestinationId;

    fn from_str(text: &str) -> Result<Self, NotADestinationId> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for DestinationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a destination's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a destination's id: dst_ and 20 letters and digits")]
pub struct NotADestinationId;
