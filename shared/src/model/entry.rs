use std::{fmt, str::FromStr};

/// An entry of a directory, as JSON. Which members it has depends on its kind.
pub type Entry = serde_json::Value;

/// What an account's directory finds an entry by: a property, a chatbot, a status.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryKey {
    /// What it is.
    pub kind: &'static str,
    /// Its id, as senders give it.
    pub id: EntryId,
}

impl EntryKey {
    /// The key of this kind and id.
    pub fn new(kind: &'static str, id: impl Into<EntryId>) -> Self {
        Self { kind, id: id.into() }
    }

    /// Its sort key: `<kind>#<id>`.
    pub(crate) fn sort_key(&self) -> String {
        format!("{}#{}", self.kind, self.id)
    }
}

/// An entry's id: 1 to 900 bytes, so that with any kind it fits a sort key, which has 1,024.
/// Senders choose the ids they send.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryId(String);

impl EntryId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 900;

    /// An id that the code itself names.
    pub fn from_static(text: &'static str) -> Self {
        debug_assert!(text.parse::<Self>().is_ok(), "{text} is not an entry's id");
        Self(text.to_owned())
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EntryId {
    type Err = NotAnEntryId;

    fn from_str(text: &str) -> Result<Self, NotAnEntryId> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAnEntryId) }
    }
}

impl From<i64> for EntryId {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot be an entry's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an id has 1 to 900 characters")]
pub struct NotAnEntryId;
