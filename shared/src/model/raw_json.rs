use super::{
    json::{read_string, well_formed},
    members::Members,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// JSON as the text that was sent, with its number forms, key order and depth. In the table it is
/// one string: a DynamoDB map loses number forms and has 32 levels at most.
#[derive(Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    pub(crate) fn of(json: &RawValue) -> Self {
        Self(json.to_owned())
    }

    /// `{}`.
    pub fn empty_object() -> Self {
        Self::valid("{}".to_owned())
    }

    /// `[]`.
    pub fn empty_array() -> Self {
        Self::valid("[]".to_owned())
    }

    /// An object with these members, as they were sent; `None` if there are none.
    pub(crate) fn object(members: &Members<'_>) -> Option<Self> {
        (!members.is_empty()).then(|| Self::valid(members.to_string()))
    }

    /// The JSON for an answer or a message, [well-formed](well_formed).
    pub fn to_raw(&self) -> Cow<'_, RawValue> {
        match well_formed(self.as_sent()) {
            Cow::Borrowed(_) => Cow::Borrowed(&*self.0),
            Cow::Owned(json) => Cow::Owned(Self::valid(json).0),
        }
    }

    /// The text that was sent.
    pub fn as_sent(&self) -> &str {
        self.0.get()
    }

    /// The text of a JSON string; empty if it is no string.
    pub fn to_text(&self) -> String {
        read_string(&self.0).into_owned()
    }

    /// JSON that is known to be valid.
    pub(super) fn valid(json: String) -> Self {
        Self(RawValue::from_string(json).unwrap_or_default())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_sent())
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        RawValue::from_string(text).map(Self).map_err(serde::de::Error::custom)
    }
}
