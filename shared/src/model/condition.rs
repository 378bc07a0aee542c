use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a member of a lead must be for a destination to get the lead.
///
/// It is written `source=website`, `source!=website`, or `email` (present). A member of a member is
/// written with dots: `details.custom_fields.city=Recife`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    path: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Equals(String),
    Differs(String),
    IsPresent,
}

/// A text that is not a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a condition is written MEMBER=VALUE, MEMBER!=VALUE or MEMBER")]
pub struct NotACondition;

impl Condition {
    /// The names on the way to the member.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.path.split('.')
    }

    /// Whether it is met by the member's text; `None` if the lead does not have the member.
    pub fn is_met(&self, member: Option<&str>) -> bool {
        match &self.test {
            Test::Equals(value) => member == Some(value),
            Test::Differs(value) => member != Some(value),
            Test::IsPresent => member.is_some_and(|text| !text.is_empty()),
        }
    }
}

impl FromStr for Condition {
    type Err = NotACondition;

    fn from_str(text: &str) -> Result<Self, NotACondition> {
        let (path, test) = match text.split_once('=') {
            None => (text, Test::IsPresent),
            Some((path, value)) => match path.strip_suffix('!') {
                Some(path) => (path, Test::Differs(value.trim().to_owned())),
                None => (path, Test::Equals(value.trim().to_owned())),
            },
        };
        let path = path.trim().to_owned();
        if path.split('.').any(str::is_empty) {
            Err(NotACondition)
        } else {
            Ok(Self { path, test })
        }
    }
}

impl TryFrom<String> for Condition {
    type Error = NotACondition;

    fn try_from(text: String) -> Result<Self, NotACondition> {
        text.parse()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.test {
            Test::Equals(value) => write!(f, "{path}={value}"),
            Test::Differs(value) => write!(f, "{path}!={value}"),
            Test::IsPresent => f.write_str(path),
        }
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_equal_not_equal_or_present() {
        let (web, none, empty) = (Some("web"), None, Some(""));
        for (text, met, not_met) in [
            ("source=web", vec![web], vec![none, empty, Some("Web"), Some("web ")]),
            (" source = web ", vec![web], vec![none]),
            ("source=", vec![empty], vec![none, web]),
            ("source=a=b", vec![Some("a=b")], vec![Some("a")]),
            ("source!=web", vec![none, empty, Some("Web")], vec![web]),
            ("source", vec![web], vec![none, empty]),
        ] {
            let condition: Condition = text.parse().unwrap();
            assert_eq!(condition.to_string().parse(), Ok(condition.clone()), "{text}");
            assert_eq!(condition.path().collect::<Vec<_>>(), ["source"], "{text}");
            assert!(met.iter().all(|member| condition.is_met(*member)), "{text}");
            assert!(!not_met.iter().any(|member| condition.is_met(*member)), "{text}");
        }
        let nested: Condition = "details.custom_fields.city=Recife".parse().unwrap();
        assert_eq!(nested.path().collect::<Vec<_>>(), ["details", "custom_fields", "city"]);
        for text in ["", "=web", "!=web", "a..b=c", ".a", "a.=c", " =c"] {
            assert_eq!(text.parse::<Condition>(), Err(NotACondition), "{text:?}");
        }
    }
}
