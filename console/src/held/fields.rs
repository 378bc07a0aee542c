//! A body as the fields of a form, and the body that a form makes.
//!
//! The form has the body that it corrects (`base`, in Base64, because browsers change line breaks),
//! and a field for each of its members, named by the member's place. A member whose field did not
//! change stays as it was sent.

use crate::json::with_lf;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::value::{RawValue, to_raw_value};
use shared::model::{BrokenRule, Member, Members, read_string, well_formed};
use std::{borrow::Cow, collections::HashMap};

/// A field of the form.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether the value is a text. Other values are written as JSON.
    pub(crate) is_text: bool,
    /// What is wrong with it.
    pub(crate) fault: Option<String>,
    /// The name of the field in the form.
    pub(crate) key: String,
}

/// A body for the field `base` of its form.
pub(crate) fn base_of(body: &str) -> String {
    BASE64_STANDARD.encode(body)
}

/// The members of a body, and the missing fields; `None` if it is not a JSON object.
pub(crate) fn fields_of(body: &str, broken: &[BrokenRule]) -> Option<Vec<Field>> {
    let members = Members::read(body)?;
    let fault = |name: &str| {
        let rules = broken.iter().filter(|broken| broken.field == name);
        let texts: Vec<_> = rules.map(BrokenRule::to_string).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    };
    let of_member = |(place, member): (usize, &Member<'_>)| {
        let (value, is_text) = shown(member.value);
        let fault = fault(&member.name);
        // A null or empty text at fault is left out if it stays empty.
        let kind = match (value.is_empty() && fault.is_some(), is_text) {
            (true, _) => "empty",
            (false, true) => "text",
            (false, false) => "json",
        };
        Field {
            name: member.name.to_string(),
            value,
            is_text,
            fault,
            key: format!("{kind}:{place}"),
        }
    };
    let mut fields: Vec<_> = members.iter().enumerate().map(of_member).collect();
    for BrokenRule { field: name, .. } in broken {
        if !fields.iter().any(|field| field.name == *name) {
            let (key, value) = (format!("new:{name}"), String::new());
            fields.push(Field {
                fault: fault(name),
                name: name.clone(),
                value,
                is_text: true,
                key,
            });
        }
    }
    Some(fields)
}

/// A value as its field shows it, and whether it is shown as a text. A text with characters that a
/// page cannot have is shown as JSON.
fn shown(value: &RawValue) -> (String, bool) {
    let text = read_string(value);
    let is_hidden = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    match value.get() {
        "null" => (String::new(), true),
        json if json.starts_with('"') && !text.contains(is_hidden) => (text.into_owned(), true),
        json => (well_formed(json).into_owned(), false),
    }
}

/// The body of a form: its field `body`, or else its base with the members that were changed. A
/// field that was emptied leaves its member out.
pub(crate) fn body_of(form: &[(String, String)]) -> Result<String, String> {
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let base = field("base").and_then(|base| BASE64_STANDARD.decode(base).ok());
    let base = base.and_then(|base| String::from_utf8(base).ok()).unwrap_or_default();
    if let Some(body) = field("body") {
        let is_unchanged = with_lf(body) == with_lf(&base);
        return Ok(if is_unchanged { base } else { with_lf(body) });
    }
    let members = Members::read(&base).ok_or("the form has no body; open the page again")?;
    let fields = form.iter().filter_map(|(key, value)| Some((key.split_once(':')?, value)));
    let (added, changed): (Vec<_>, Vec<_>) = fields.partition(|((kind, _), _)| *kind == "new");
    let changed: HashMap<_, _> = changed
        .into_iter()
        .map(|((kind, place), value)| (place.parse().ok(), (kind, value)))
        .collect();
    let mut corrected: Vec<(Cow<'_, RawValue>, Cow<'_, RawValue>)> = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let value = match changed.get(&Some(place)) {
            None => Some(Cow::Borrowed(member.value)),
            Some((kind, value)) => correct(member, kind, value)?,
        };
        corrected.extend(value.map(|value| (Cow::Borrowed(member.raw_name), value)));
    }
    for ((_, name), value) in added.into_iter().filter(|(_, value)| !value.is_empty()) {
        corrected.push((Cow::Owned(text(name)), Cow::Owned(text(value))));
    }
    let mut body = Members::default();
    for (name, value) in &corrected {
        body.push(name, value);
    }
    Ok(body.to_string())
}

/// The value of a member after its field was sent; `None` if it is left out.
fn correct<'a>(
    member: &Member<'a>,
    kind: &str,
    sent: &str,
) -> Result<Option<Cow<'a, RawValue>>, String> {
    if kind != "empty" && with_lf(sent) == with_lf(&shown(member.value).0) {
        return Ok(Some(Cow::Borrowed(member.value)));
    }
    if sent.is_empty() {
        return Ok(None);
    }
    let value = match kind {
        "json" => RawValue::from_string(with_lf(sent)).map_err(|_| {
            format!("`{}` is not JSON: put a text into quotation marks", member.name)
        })?,
        _ => text(sent),
    };
    Ok(Some(Cow::Owned(value)))
}

/// A text as JSON.
fn text(text: &str) -> Box<RawValue> {
    // Every text can be JSON.
    to_raw_value(&with_lf(text)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of a body as a browser sends it, with some fields changed.
    fn sent(body: &str, broken: &[BrokenRule], changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let fields = fields_of(body, broken).unwrap().into_iter().map(|field| {
            let change = changes.iter().find(|(name, _)| *name == field.name);
            let value = change.map_or(field.value, |(_, value)| (*value).to_owned());
            (field.key, value.replace('\n', "\r\n"))
        });
        [("base".to_owned(), base_of(body))].into_iter().chain(fields).collect()
    }

    fn broken(name: &str) -> BrokenRule {
        BrokenRule { field: name.to_owned(), rule: "is wrong".to_owned() }
    }

    #[test]
    fn a_form_has_every_member_and_every_missing_field() {
        let body = r#"{"name":"Ana","age":7.10,"custom":{"a":[1]},"age":null,"x":"\u0000"}"#;
        let fields = fields_of(body, &[broken("type"), broken("name")]).unwrap();
        let seen: Vec<_> = fields
            .iter()
            .map(|field| (&*field.name, &*field.value, &*field.key, field.fault.is_some()))
            .collect();
        let expected = [
            ("name", "Ana", "text:0", true),
            ("age", "7.10", "json:1", false),
            ("custom", r#"{"a":[1]}"#, "json:2", false),
            ("age", "", "text:3", false),
            ("x", r#""\u0000""#, "json:4", false),
            ("type", "", "new:type", true),
        ];
        assert_eq!(seen, expected);
        assert!(fields_of("[]", &[]).is_none());
    }

    #[test]
    fn only_the_members_whose_fields_changed_are_changed() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let rest = format!(
            r#""n":12345678901234567890123,"n":1e400,"t":"S\u00e3o\nb","c":"cut \ud83d","d":{deep},"\ud83d":null,"e":"","w":[ 1 ,2.10]"#
        );
        let body = format!(r#"{{"name":"A","email":"nowhere",{rest}}}"#);
        let faults = [broken("email"), broken("type")];
        let changes = [("email", "a@x.com"), ("type", "web"), ("name", "")];
        let corrected = body_of(&sent(&body, &faults, &changes)).unwrap();
        assert_eq!(corrected, format!(r#"{{"email":"a@x.com",{rest},"type":"web"}}"#));
        assert_eq!(body_of(&sent(&body, &[], &[])).unwrap(), body, "nothing changed");
    }

    #[test]
    fn an_empty_field_at_fault_is_left_out_and_json_must_be_json() {
        let body = r#"{"utm":null,"n":1}"#;
        assert_eq!(body_of(&sent(body, &[broken("utm")], &[])).unwrap(), r#"{"n":1}"#);
        assert!(body_of(&sent(body, &[], &[("n", "one")])).is_err());
        assert_eq!(
            body_of(&sent(body, &[], &[("n", "[2.0]")])).unwrap(),
            r#"{"utm":null,"n":[2.0]}"#
        );
        assert!(body_of(&[]).is_err());
    }

    #[test]
    fn a_whole_body_is_sent_as_it_is_written() {
        let whole = |base: &str, body: &str| {
            body_of(&[("base".to_owned(), base_of(base)), ("body".to_owned(), body.to_owned())])
        };
        let cases = [
            ("{\r\n}", "{\r\n}", "{\r\n}"),
            ("{\n}", "{\r\n}", "{\n}"),
            ("{\r\n}", "{\r\n\"a\":1}", "{\n\"a\":1}"),
            ("{}", "[]", "[]"),
        ];
        for (base, body, expected) in cases {
            assert_eq!(whole(base, body).unwrap(), expected);
        }
    }
}
