use std::{fmt, str::FromStr};

/// An entry of a directory, as JSON. Which members it has depends on its kind.
pub type Entry = serde_json::Value;

/// The key of an entry in an account's directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryKey {
    /// What the entry is: a property, a chatbot, a status and so on.
    pub kind: &'static str,
    /// The entry's id, as senders write it.
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

/// An entry's id: 1 to 900 bytes. With any kind it fits into a sort key, which has 1,024 bytes at
/// most.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryId(String);

impl EntryId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 900;

    /// An id that is a constant in the code.
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
#[error("an id has 1 to 900 bytes")]
pub struct NotAnEntryId;
