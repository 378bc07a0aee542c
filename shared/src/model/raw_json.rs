use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// JSON as the text that was sent, with its number forms, key order and depth. In the table it is
/// one string: a DynamoDB map loses number forms and has 32 levels at most.
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

    /// The JSON itself, for an answer.
    pub fn as_raw(&self) -> &RawValue {
        &self.0
    }

    /// JSON that is a constant in the code and valid.
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
