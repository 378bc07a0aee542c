use super::members::Member;
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
        Self::valid("{}".to_owned())
    }

    /// `[]`.
    pub fn empty_array() -> Self {
        Self::valid("[]".to_owned())
    }

    /// An object with these members, as they were sent; `None` if there are none.
    pub(crate) fn object<'m, 'a: 'm>(
        members: impl Iterator<Item = &'m Member<'a>>,
    ) -> Option<Self> {
        let members: Vec<_> =
            members.map(|member| format!("{}:{}", member.raw_name, member.value)).collect();
        (!members.is_empty()).then(|| Self::valid(format!("{{{}}}", members.join(","))))
    }

    /// The JSON itself, for an answer.
    pub fn as_raw(&self) -> &RawValue {
        &self.0
    }

    /// JSON that is known to be valid.
    fn valid(json: String) -> Self {
        Self(RawValue::from_string(json).unwrap_or_default())
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
