use crate::model::RawJson;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap, fmt};

/// What some programs put before UTF-8 text; JSON readers may ignore it (RFC 8259, 8.1).
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The members of a JSON object, read one by one.
///
/// A reading that finds a field at fault notes a [`Violation`] and goes on, so that all of
/// them can be answered at once; [`Fields::finish`] is the only way out with what was read.
/// Of a member that stands twice the last one counts, as in the providers' own languages.
pub struct Fields<'a> {
    members: HashMap<Cow<'a, str>, &'a RawValue>,
    violations: Vec<Violation>,
}

/// A rule for strings, as in [`rules`](crate::request::rules): the rule that is broken, if it is.
pub type Check = fn(&str) -> Option<Rule>;

/// A field that breaks a rule. What was sent does not print.
pub struct Violation {
    /// The field's name, as the provider documents it.
    pub field: &'static str,
    /// The rule it breaks.
    pub rule: Rule,
    /// What was sent, where anything was.
    pub sent: Option<RawJson>,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Violation")
            .field("field", &self.field)
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

/// What a field can break. Each provider has its own words for each.
#[derive(Debug, PartialEq, Eq)]
pub enum Rule {
    /// It must be there, and say something.
    Required,
    /// It must be of another JSON type.
    Type {
        /// The type the provider documents.
        expected: JsonType,
        /// The type that was sent.
        received: JsonType,
    },
    /// It must be text that UTF-8 can hold: no half of a surrogate pair.
    Unicode,
    /// It must be one of these values.
    Choice(&'static [&'static str]),
    /// It must not be longer.
    Length {
        /// How many characters it may have.
        max: usize,
    },
    /// It must be an e-mail address.
    Email,
    /// It must be digits and nothing else.
    Digits,
    /// It must be a UUID.
    Uuid,
    /// It must be a URL with its scheme.
    Url,
    /// It must be a whole number.
    Integer,
    /// Each of its members must be a string.
    StringMembers,
    /// Each of its items must be a string.
    StringItems,
    /// It must be the id of something the account has.
    Exists,
    /// It must not be a contact of a person whom the account takes no lead of.
    NotBlocked,
}

/// The types of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum JsonType {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl JsonType {
    fn of(value: &RawValue) -> Self {
        match value.get().as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'"') => Self::String,
            Some(b'[') => Self::Array,
            Some(b'{') => Self::Object,
            _ => Self::Number,
        }
    }
}

impl<'a> Fields<'a> {
    /// The members of the object that `body` holds; `None` where it holds anything else.
    pub fn parse(body: &'a [u8]) -> Option<Self> {
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let members = serde_json::from_slice(body).ok()?;
        Some(Self { members, violations: Vec::new() })
    }

    /// A string that keeps to `checks`; null is taken as absent.
    pub fn string(&mut self, name: &'static str, checks: &[Check]) -> Option<String> {
        let string: String = self.typed(name, JsonType::String, Rule::Unicode)?;
        match checks.iter().find_map(|check| check(&string)) {
            Some(rule) => self.note(name, rule),
            None => Some(string),
        }
    }

    /// A string that must be there, say something, and keep to `checks`. What stands in
    /// for a missing one never leaves [`Fields::finish`].
    pub fn required_string(&mut self, name: &'static str, checks: &[Check]) -> String {
        let string = self.string(name, checks).filter(|string| !string.trim().is_empty());
        self.require(name, string)
    }

    /// A string that must be there, have a character or more, and keep to `checks`.
    pub fn non_empty_string(&mut self, name: &'static str, checks: &[Check]) -> String {
        let string = self.string(name, checks).filter(|string| !string.is_empty());
        self.require(name, string)
    }

    /// One of the documented values; null is taken as absent.
    pub fn choice(
        &mut self,
        name: &'static str,
        values: &'static [&'static str],
    ) -> Option<&'static str> {
        let sent = self.string(name, &[])?;
        let known = values.iter().copied().find(|value| *value == sent);
        known.or_else(|| self.note(name, Rule::Choice(values)))
    }

    /// One of the documented values, which must be there.
    pub fn required_choice(
        &mut self,
        name: &'static str,
        values: &'static [&'static str],
    ) -> &'static str {
        let choice = self.choice(name, values);
        self.require(name, choice)
    }

    /// A whole number; null is taken as absent.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        self.typed(name, JsonType::Number, Rule::Integer)
    }

    /// An object of any members, kept as it was sent; null is taken as absent.
    pub fn object(&mut self, name: &'static str) -> Option<RawJson> {
        self.typed::<Box<RawValue>>(name, JsonType::Object, Rule::Unicode).map(RawJson::new)
    }

    /// An object whose members are all strings, kept as it was sent; null is taken as
    /// absent.
    pub fn string_members(&mut self, name: &'static str) -> Option<RawJson> {
        self.typed::<HashMap<String, String>>(name, JsonType::Object, Rule::StringMembers)?;
        self.sent(name)
    }

    /// An array whose items are all strings, kept as it was sent; null is taken as absent.
    pub fn string_items(&mut self, name: &'static str) -> Option<RawJson> {
        self.typed::<Vec<String>>(name, JsonType::Array, Rule::StringItems)?;
        self.sent(name)
    }

    /// Refuses null for a field that is read next and is of type `expected`.
    pub fn not_null(&mut self, name: &'static str, expected: JsonType) -> &mut Self {
        let value = self.members.get(name);
        if value.is_some_and(|value| JsonType::of(value) == JsonType::Null) {
            let received = JsonType::Null;
            self.note::<()>(name, Rule::Type { expected, received });
        }
        self
    }

    /// Gives back what was read from these fields, if all of it is sound.
    ///
    /// # Errors
    /// One violation per field at fault, in the order the fields were read.
    pub fn finish<T>(self, read: T) -> Result<T, Vec<Violation>> {
        if self.violations.is_empty() { Ok(read) } else { Err(self.violations) }
    }

    /// A member of type `expected`; where it is that and still is not a `T`, `otherwise`
    /// is the rule it breaks.
    fn typed<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        expected: JsonType,
        otherwise: Rule,
    ) -> Option<T> {
        let value = *self.members.get(name)?;
        let received = JsonType::of(value);
        if received == JsonType::Null {
            return None;
        }
        if received != expected {
            return self.note(name, Rule::Type { expected, received });
        }
        let parsed = serde_json::from_str(value.get()).ok();
        parsed.or_else(|| self.note(name, otherwise))
    }

    fn require<T: Default>(&mut self, name: &'static str, value: Option<T>) -> T {
        value.or_else(|| self.note(name, Rule::Required)).unwrap_or_default()
    }

    fn sent(&self, name: &str) -> Option<RawJson> {
        self.members.get(name).map(|value| RawJson::new((*value).to_owned()))
    }

    /// Notes what is wrong with a field, unless something is noted of it already.
    fn note<T>(&mut self, field: &'static str, rule: Rule) -> Option<T> {
        if self.violations.last().is_none_or(|last| last.field != field) {
            let sent = self.sent(field);
            self.violations.push(Violation { field, rule, sent });
        }
        None
    }
}
