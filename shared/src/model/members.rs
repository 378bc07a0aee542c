use super::json::read_string;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, ops::Deref};

/// The members of a JSON object, as they were sent: in their order, with repeated ones, at any
/// depth.
#[derive(Default)]
pub struct Members<'a>(Vec<Member<'a>>);

/// A member of a JSON object.
#[derive(Clone)]
pub struct Member<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its name as JSON, as it was sent.
    pub raw_name: &'a RawValue,
    /// Its value, as it was sent.
    pub value: &'a RawValue,
}

impl<'a> Members<'a> {
    /// The members of the object that `json` is; `None` if it is no JSON object.
    pub fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The place of the member with this name. If there are several, the last one counts, as in the
    /// providers' languages.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().rposition(|member| member.name == name)
    }

    /// Adds a member at the end.
    pub fn push(&mut self, raw_name: &'a RawValue, value: &'a RawValue) {
        self.0.push(Member { name: read_string(raw_name), raw_name, value });
    }

    /// Gives the member with this name another value, or adds one. All others stay as they are.
    pub fn set(&mut self, raw_name: &'a RawValue, value: &'a RawValue) {
        match self.position(&read_string(raw_name)) {
            Some(place) => self.0[place].value = value,
            None => self.push(raw_name, value),
        }
    }
}

impl<'a> Deref for Members<'a> {
    type Target = [Member<'a>];

    fn deref(&self) -> &[Member<'a>] {
        &self.0
    }
}

/// The object, without white space between its members.
impl fmt::Display for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Member { raw_name, value, .. }) in self.0.iter().enumerate() {
            let before = if index == 0 { "{" } else { "," };
            write!(f, "{before}{raw_name}:{value}")?;
        }
        f.write_str(if self.0.is_empty() { "{}" } else { "}" })
    }
}

impl<'a> FromIterator<Member<'a>> for Members<'a> {
    fn from_iter<I: IntoIterator<Item = Member<'a>>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadMembers)
    }
}

struct ReadMembers;

impl<'de> Visitor<'de> for ReadMembers {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some((raw_name, value)) = map.next_entry()? {
            members.push(raw_name, value);
        }
        Ok(members)
    }
}
