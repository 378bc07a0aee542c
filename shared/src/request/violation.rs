use crate::model::{BrokenRule, RawJson};
use serde_json::value::RawValue;
use std::fmt;

/// A field that breaks a rule. Its `Debug` output does not have the value that was sent.
pub struct Violation {
    /// The field's name, as the provider documents it.
    pub field: &'static str,
    /// The rule it breaks.
    pub rule: Rule,
    /// The value that was sent. `None` if the field was missing, and for the rules that
    /// [`Fields`](super::Fields) does not check.
    pub sent: Option<RawJson>,
}

impl Violation {
    /// The violation as it is stored and shown.
    pub fn to_broken_rule(&self) -> BrokenRule {
        BrokenRule { field: self.field.to_owned(), rule: self.rule.phrase() }
    }
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Violation")
            .field("field", &self.field)
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

/// A rule that a field can break. Each provider has its own text for each rule.
#[derive(Debug, PartialEq, Eq)]
pub enum Rule {
    /// It must be there and not be empty.
    Required,
    /// It must be of another JSON type.
    Type {
        /// The type the provider documents.
        expected: JsonType,
        /// The type that was sent.
        received: JsonType,
    },
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
    /// It must be a whole number from 1 on.
    Range {
        /// The highest one, if there is a limit.
        max: Option<u64>,
    },
    /// It must be a date: 2027-01-31.
    Date,
    /// It must be a time with its zone: 2027-01-31T10:30:00Z.
    Time,
    /// Each of its members must be a string.
    StringMembers,
    /// Each of its items must be a string.
    StringItems,
    /// It must be the id of an entry in the account's directory.
    Exists,
    /// It must not be a contact of a person whom the account blocks.
    NotBlocked,
}

impl Rule {
    /// The rule in English, to follow the field's name. Each provider with errors in English puts
    /// it into its own sentence.
    pub fn phrase(&self) -> String {
        match self {
            Self::Required => "is required".to_owned(),
            Self::Type { expected, .. } => format!("must be {}", expected.with_article()),
            Self::Choice(values) => format!("must be one of: {}", values.join(", ")),
            Self::Length { max } => format!("must not exceed {max} characters"),
            Self::Email => "must be a valid email address".to_owned(),
            Self::Digits => "must be digits only".to_owned(),
            Self::Uuid => "must be a valid UUID".to_owned(),
            Self::Url => "must be a valid URL".to_owned(),
            Self::Integer => "must be an integer".to_owned(),
            Self::Range { max: Some(max) } => format!("must be an integer from 1 to {max}"),
            Self::Range { max: None } => "must be an integer from 1 on".to_owned(),
            Self::Date => "must be a date, such as 2027-01-31".to_owned(),
            Self::Time => "must be a time, such as 2027-01-31T10:30:00Z".to_owned(),
            Self::StringMembers | Self::StringItems => "must hold strings only".to_owned(),
            Self::Exists => "must be the id of something that exists".to_owned(),
            Self::NotBlocked => "must be one that is accepted".to_owned(),
        }
    }
}

/// The types of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are clear")]
pub enum JsonType {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl JsonType {
    pub(super) fn of(value: &RawValue) -> Self {
        match value.get().as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'"') => Self::String,
            Some(b'[') => Self::Array,
            Some(b'{') => Self::Object,
            _ => Self::Number,
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}
