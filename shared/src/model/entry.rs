/// The longest sort key DynamoDB takes, in bytes.
const MAX_SORT_KEY: usize = 1_024;

/// An entry as JSON; which members it has is up to its kind.
pub type Entry = serde_json::Value;

/// Names a thing that an account has: a property, a chatbot, a status.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryKey {
    /// What it is.
    pub kind: &'static str,
    /// Its id, as senders give it.
    pub id: String,
}

impl EntryKey {
    /// The thing of this kind and id.
    pub fn new(kind: &'static str, id: impl ToString) -> Self {
        Self { kind, id: id.to_string() }
    }

    /// Senders choose the id: one that no sort key can hold names nothing.
    pub(crate) fn can_exist(&self) -> bool {
        self.sort_key().len() <= MAX_SORT_KEY
    }

    /// Its sort key: `<kind>#<id>`.
    pub(crate) fn sort_key(&self) -> String {
        format!("{}#{}", self.kind, self.id)
    }
}
