use super::violation::{JsonType, Rule, Violation};
use crate::model::{BrokenRule, Members, RawJson, read_string, text_of};
use serde_json::value::RawValue;

/// The members of a JSON object, read one by one.
///
/// A method that finds an invalid field notes a [`Violation`] and goes on, so that the answer can
/// name all invalid fields. It returns what was sent, as far as the field can have it: a number or a
/// boolean is text in a field for text; what does not fit stays among the members that were not
/// read. If a member is there twice, the last one counts, as in the providers' languages.
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
/// assert_eq!(email.as_deref(), Some("nowhere"));
/// let violations = body.violations();
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
        let value = self.typed(name, JsonType::String)?;
        match JsonType::of(value) {
            JsonType::String => Some(self.check(name, read_string(value).into_owned(), checks)),
            JsonType::Number | JsonType::Boolean => Some(value.get().to_owned()),
            JsonType::Null | JsonType::Array | JsonType::Object => self.leave(),
        }
    }

    /// A string of a certain form: it passes `checks`. Null and empty text count as missing.
    pub fn formatted_string(&mut self, name: &'static str, checks: &[Check]) -> Option<String> {
        let string = self.string(name, &[]).filter(|string| !string.trim().is_empty())?;
        Some(self.check(name, string, checks))
    }

    fn check(&mut self, name: &'static str, string: String, checks: &[Check]) -> String {
        if let Some(rule) = checks.iter().find_map(|check| check(&string)) {
            self.note(name, rule);
        }
        string
    }

    /// A required string that has more than white space and passes `checks`.
    pub fn required_string(&mut self, name: &'static str, checks: &[Check]) -> Option<String> {
        let string = self.string(name, checks);
        self.require(name, string, |string| !string.trim().is_empty())
    }

    /// A required string that has one character or more and passes `checks`.
    pub fn non_empty_string(&mut self, name: &'static str, checks: &[Check]) -> Option<String> {
        let string = self.string(name, checks);
        self.require(name, string, |string| !string.is_empty())
    }

    /// One of the documented values. Null and empty text count as missing.
    pub fn choice(
        &mut self,
        name: &'static str,
        values: &'static [&'static str],
    ) -> Option<String> {
        let sent = self.formatted_string(name, &[])?;
        if !values.contains(&&*sent) {
            self.note(name, Rule::Choice(values));
        }
        Some(sent)
    }

    /// A required field with one of the documented values.
    pub fn required_choice(
        &mut self,
        name: &'static str,
        values: &'static [&'static str],
    ) -> Option<String> {
        let choice = self.choice(name, values);
        self.require(name, choice, |_| true)
    }

    /// A whole number, also in a writing such as `1.0`. Null and empty text count as missing.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        let number = whole(self.typed(name, JsonType::Number)?.get());
        if number.is_none() {
            self.note(name, Rule::Integer);
            return self.leave();
        }
        number
    }

    /// An object with any members, as it was sent. Null, `[]` and empty text count as missing.
    pub fn object(&mut self, name: &'static str) -> Option<RawJson> {
        self.typed(name, JsonType::Object).map(RawJson::of)
    }

    /// An object whose members are all strings, as it was sent. Null, `[]` and empty text count as
    /// missing.
    pub fn string_members(&mut self, name: &'static str) -> Option<RawJson> {
        let object = self.typed(name, JsonType::Object)?;
        let members = Members::read(object.get());
        if !members.is_some_and(|members| members.iter().all(|member| is_string(member.value))) {
            self.note(name, Rule::StringMembers);
        }
        Some(RawJson::of(object))
    }

    /// An array whose items are all strings, as it was sent. Null and empty text count as missing.
    pub fn string_items(&mut self, name: &'static str) -> Option<RawJson> {
        let array = self.typed(name, JsonType::Array)?;
        let items = serde_json::from_str::<Vec<&RawValue>>(array.get());
        if !items.is_ok_and(|items| items.into_iter().all(is_string)) {
            self.note(name, Rule::StringItems);
        }
        Some(RawJson::of(array))
    }

    /// Refuses null for the field that is read next, which has the type `expected`.
    pub fn not_null(&mut self, name: &'static str, expected: JsonType) -> &mut Self {
        if self.value(name).is_some_and(|value| JsonType::of(value) == JsonType::Null) {
            let received = JsonType::Null;
            self.note(name, Rule::Type { expected, received });
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

    /// The violations, one for each invalid field, in the order in which the fields were read.
    pub fn violations(self) -> Vec<Violation> {
        self.violations
    }

    /// Whether no field is invalid.
    pub(crate) fn is_valid(&self) -> bool {
        self.violations.is_empty()
    }

    /// The rules that its fields break.
    pub(crate) fn broken_rules(&self) -> Vec<BrokenRule> {
        self.violations.iter().map(Violation::to_broken_rule).collect()
    }

    /// A member that is not missing, null or empty. It should be of type `expected`.
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
            self.note(name, Rule::Type { expected, received });
        }
        Some(value)
    }

    /// Leaves the member that was read last among those that were not read.
    fn leave<T>(&mut self) -> Option<T> {
        self.read.pop();
        None
    }

    fn require(
        &mut self,
        name: &'static str,
        value: Option<String>,
        is_there: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        if !value.as_deref().is_some_and(is_there) {
            self.note(name, Rule::Required);
        }
        value
    }

    fn sent(&self, name: &str) -> Option<RawJson> {
        self.value(name).map(RawJson::of)
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a RawValue> {
        self.members.position(name).map(|place| self.members[place].value)
    }

    /// Notes the first violation of a field.
    pub(super) fn note(&mut self, field: &'static str, rule: Rule) {
        if self.violations.last().is_none_or(|last| last.field != field) {
            let sent = self.sent(field);
            self.violations.push(Violation { field, rule, sent });
        }
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
