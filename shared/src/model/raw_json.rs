use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A piece of JSON kept as the text it was sent as: number forms, key order and depth
/// included. In the table it is one string, because a DynamoDB map loses number forms and
/// stops at 32 levels.
#[derive(Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    pub(crate) fn new(json: Box<RawValue>) -> Self {
        Self(json)
    }

    /// `{}`.
    pub fn empty_object() -> Self {
        Self::constant("{}")
    }

    /// `[]`.
    pub fn empty_array() -> Self {
        Self::constant("[]")
    }

    /// The JSON itself, to stand in an answer.
    pub fn as_raw(&self) -> &RawValue {
        &self.0
    }

    /// Valid JSON of ours.
    fn constant(json: &str) -> Self {
        Self(RawValue::from_string(json.to_owned()).unwrap_or_default())
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.get())
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        RawValue::from_string(text).map(Self).map_err(serde::de::Error::custom)
    }
}
