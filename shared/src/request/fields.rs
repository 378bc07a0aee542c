use super::violation::{JsonType, Rule, Violation};
use crate::model::{Members, RawJson, read_string, text_of};
use serde_json::value::RawValue;

/// The members of a JSON object, read one by one.
///
/// A method that finds an invalid field notes a [`Violation`] and goes on, so that the answer can
/// name all invalid fields. Only [`Fields::finish`] returns the values. If a member is there twice,
/// the last one counts, as in the providers' languages.
///
/// Form builders send every field, the empty ones as `""`. So empty text, which is `""` or white
/// space alone, counts as missing in an optional field with a form, a list of values or another
/// type than text. In free text it stays. `[]` counts as a missing object: PHP writes an empty one
/// so.
///
/// ```
/// use leadhook_shared::request::{Rule, read_body, rules};
///
/// let mut body = read_body(br#"{"name": "Ana", "email": "nowhere"}"#)?;
/// let name = body.required_string("name", &[rules::max_length::<255>]);
/// let email = body.formatted_string("email", &[rules::email]);
/// let violations = body.finish((name, email)).unwrap_err();
/// assert_eq!(violations.len(), 1);
/// assert_eq!((violations[0].field, &violations[0].rule), ("email", &Rule::Email));
/// # Ok::<(), leadhook_shared::request::BodyError>(())
/// ```
pub struct Fields<'a> {
    pub(super) members: Members<'a>,
    /// The places of the members that were read.
    pub(super) read: Vec<usize>,
    violations: Vec<Violation>,
}

/// A check of a string, as in [`rules`](crate::request::rules). It returns the rule that the string
/// breaks.
pub type Check = fn(&str) -> Option<Rule>;

impl<'a> Fields<'a> {
    /// The members of the JSON object in `body`; `None` if it is not an object.
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        let members = Members::read(text_of(body)?)?;
        Some(Self { members, read: Vec::new(), violations: Vec::new() })
    }

    /// Free text that passes `checks`. Null counts as missing.
    pub fn string(&mut self, name: &'static str, checks: &[Check]) -> Option<String> {
        let string = read_string(self.typed(name, JsonType::String)?).into_owned();
        self.check(name, string, checks)
    }

    /// A string of a certain form: it passes `checks`. Null and empty text count as missing.
    pub fn formatted_string(&mut self, name: &'static str, checks: &[Check]) -> Option<String> {
        let string = self.string(name, &[]).filter(|string| !string.trim().is_empty())?;
        self.check(name, string, checks)
    }

    fn check(&mut self, name: &'static str, string: String, checks: &[Check]) -> Option<String> {
        match checks.iter().find_map(|check| check(&string)) {
            Some(rule) => self.note(name, rule),
            None => Some(string),
        }
    }

    /// A required string that has more than white space and passes `checks`. If it is missing, it
    /// is empty here, and [`Fields::finish`] returns the violation.
    pub fn required_string(&mut self, name: &'static str, checks: &[Check]) -> String {
        let string = self.string(name, checks).filter(|string| !string.trim().is_empty());
        self.require(name, string)
    }

    /// A required string that has one character or more and passes `checks`.
    pub fn non_empty_string(&mut self, name: &'static str, checks: &[Check]) -> String {
        let string = self.string(name, checks).filter(|string| !string.is_empty());
        self.require(name, string)
    }

    /// One of the documented values. Null and empty text count as missing.
    pub fn choice(
        &mut self,
        name: &'static str,
        values: &'static [&'static str],
    ) -> Option<&'static str> {
        let sent = self.formatted_string(name, &[])?;
        let known = values.iter().copied().find(|value| *value == sent);
        known.or_else(|| self.note(name, Rule::Choice(values)))
    }

    /// A required field with one of the documented values.
    pub fn required_choice(
        &mut self,
        name: &'static str,
        values: &'static [&'static str],
    ) -> &'static str {
        let choice = self.choice(name, values);
        self.require(name, choice)
    }

    /// A whole number, also in a writing such as `1.0`. Null and empty text count as missing.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        let number = self.typed(name, JsonType::Number)?;
        whole(number.get()).or_else(|| self.note(name, Rule::Integer))
    }

    /// An object with any members, as it was sent. Null, `[]` and empty text count as missing.
    pub fn object(&mut self, name: &'static str) -> Option<RawJson> {
        self.typed(name, JsonType::Object).map(RawJson::of)
    }

    /// An object whose members are all strings, as it was sent. Null, `[]` and empty text count as
    /// missing.
    pub fn string_members(&mut self, name: &'static str) -> Option<RawJson> {
        let object = self.typed(name, JsonType::Object)?;
        let members = Members::read(object.get())?;
        let are_strings = members.iter().all(|member| is_string(member.value));
        if are_strings { Some(RawJson::of(object)) } else { self.note(name, Rule::StringMembers) }
    }

    /// An array whose items are all strings, as it was sent. Null and empty text count as missing.
    pub fn string_items(&mut self, name: &'static str) -> Option<RawJson> {
        let array = self.typed(name, JsonType::Array)?;
        let items: Vec<&RawValue> = serde_json::from_str(array.get()).ok()?;
        let are_strings = items.into_iter().all(is_string);
        if are_strings { Some(RawJson::of(array)) } else { self.note(name, Rule::StringItems) }
    }

    /// Refuses null for the field that is read next, which has the type `expected`.
    pub fn not_null(&mut self, name: &'static str, expected: JsonType) -> &mut Self {
        if self.value(name).is_some_and(|value| JsonType::of(value) == JsonType::Null) {
            let received = JsonType::Null;
            self.note::<()>(name, Rule::Type { expected, received });
        }
        self
    }

    /// The members that were not read as a field, as they were sent: those that the provider does
    /// not know, and of a repeated field all but the last. `None` if there are none.
    pub fn unread(&self) -> Option<RawJson> {
        let members = self.members.iter().enumerate();
        let unread = members.filter(|(place, _)| !self.read.contains(place));
        RawJson::object(&unread.map(|(_, member)| member.clone()).collect())
    }

    /// Returns `read` if all fields are valid.
    ///
    /// # Errors
    /// One violation for each invalid field, in the order in which the fields were read.
    pub fn finish<T>(self, read: T) -> Result<T, Vec<Violation>> {
        if self.violations.is_empty() { Ok(read) } else { Err(self.violations) }
    }

    /// A member of type `expected`; `None` if it is missing, null or empty.
    fn typed(&mut self, name: &'static str, expected: JsonType) -> Option<&'a RawValue> {
        let place = self.members.position(name)?;
        self.read.push(place);
        let value = self.members[place].value;
        let received = JsonType::of(value);
        if received == JsonType::Null {
            return None;
        }
        if received != expected {
            if is_empty(value, expected) {
                return None;
            }
            return self.note(name, Rule::Type { expected, received });
        }
        Some(value)
    }

    fn require<T: Default>(&mut self, name: &'static str, value: Option<T>) -> T {
        value.or_else(|| self.note(name, Rule::Required)).unwrap_or_default()
    }

    fn sent(&self, name: &str) -> Option<RawJson> {
        self.value(name).map(RawJson::of)
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a RawValue> {
        self.members.position(name).map(|place| self.members[place].value)
    }

    /// Notes the first violation of a field.
    pub(super) fn note<T>(&mut self, field: &'static str, rule: Rule) -> Option<T> {
        if self.violations.last().is_none_or(|last| last.field != field) {
            let sent = self.sent(field);
            self.violations.push(Violation { field, rule, sent });
        }
        None
    }
}

/// Whether form builders and PHP write an empty field so, whose type is `expected`.
fn is_empty(value: &RawValue, expected: JsonType) -> bool {
    if JsonType::of(value) == JsonType::Array {
        let items = value.get().strip_prefix('[').unwrap_or_default();
        return expected == JsonType::Object && items.trim() == "]";
    }
    is_string(value) && read_string(value).trim().is_empty()
}

fn is_string(value: &RawValue) -> bool {
    JsonType::of(value) == JsonType::String
}

/// The whole number that a JSON number is. JSON does not tell `1.0` from `1`, and JSON Schema calls
/// both an integer.
fn whole(number: &str) -> Option<i64> {
    // From here on, an `f64` rounds integers to others.
    const ROUNDED: f64 = 9_007_199_254_740_992.0;
    if !number.contains(['.', 'e', 'E']) {
        return number.parse().ok();
    }
    let number: f64 = number.parse().ok()?;
    (number.fract() == 0.0 && number.abs() < ROUNDED).then_some(number as i64)
}
