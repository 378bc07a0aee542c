//! Rules for strings that several providers use. Each is a [`Check`](crate::request::Check).

use super::violation::Rule;
use std::thread;
use uuid::Uuid;
use validator::{ValidateEmail, ValidateLength, ValidateUrl};

/// The length of a UUID in groups of 8, 4, 4, 4 and 12 digits, hyphens included.
const UUID_LENGTH: usize = 36;

/// An e-mail address as HTML forms check it. White space around it is allowed.
pub fn email(text: &str) -> Option<Rule> {
    (!text.trim().validate_email()).then_some(Rule::Email)
}

/// Compiles the regular expressions of [`email`] in a thread, while a function connects to its
/// table. Otherwise the first delivery waits for it.
pub fn prepare_email_rule() {
    thread::spawn(|| email("somebody@example.com"));
}

/// At most `MAX` characters.
pub fn max_length<const MAX: usize>(text: &str) -> Option<Rule> {
    let holds = text.validate_length(None, Some(MAX as u64), None);
    (!holds).then_some(Rule::Length { max: MAX })
}

/// One ASCII digit or more, and nothing else.
pub fn digits(text: &str) -> Option<Rule> {
    let holds = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (!holds).then_some(Rule::Digits)
}

/// A UUID in its hyphenated form, of any version.
pub fn uuid(text: &str) -> Option<Rule> {
    let holds = text.len() == UUID_LENGTH && Uuid::try_parse(text).is_ok();
    (!holds).then_some(Rule::Uuid)
}

/// A URL with its scheme.
pub fn url(text: &str) -> Option<Rule> {
    (!text.validate_url()).then_some(Rule::Url)
}
