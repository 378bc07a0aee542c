//! A body as the fields of a form, and the body that a form makes.

use serde_json::{Map, Value};

/// A member of a body.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether the value is a text. Other values are written as JSON.
    pub(crate) is_text: bool,
    /// What is wrong with it.
    pub(crate) fault: Option<String>,
}

/// The members of a body, and the missing fields; `None` if it is not a JSON object.
pub(crate) fn fields_of(body: &str, faults: &[(String, String)]) -> Option<Vec<Field>> {
    let members: Map<String, Value> = serde_json::from_str(body).ok()?;
    let fault = |name: &str| {
        let texts = faults.iter().filter(|(field, _)| field == name);
        let texts: Vec<_> = texts.map(|(_, text)| text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    };
    let mut fields: Vec<_> = members
        .iter()
        .map(|(name, value)| Field {
            name: name.clone(),
            value: match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    value.to_string()
                }
            },
            is_text: value.is_string() || value.is_null(),
            fault: fault(name),
        })
        .collect();
    for (name, _) in faults {
        if !fields.iter().any(|field| field.name == *name) {
            let (name, value) = (name.clone(), String::new());
            fields.push(Field { fault: fault(&name), name, value, is_text: true });
        }
    }
    Some(fields)
}

/// The body of a form: its field `body`, or else an object of the fields `text:<name>` and
/// `json:<name>`. An empty value leaves a member out. Browsers send each line break as CR LF; it
/// becomes LF again.
pub(crate) fn body_of(form: &[(String, String)]) -> Result<String, String> {
    if let Some((_, body)) = form.iter().find(|(name, _)| name == "body") {
        return Ok(with_lf(body));
    }
    let mut members = Map::new();
    for (key, value) in form {
        let Some((kind, name)) = key.split_once(':') else { continue };
        if value.is_empty() {
            continue;
        }
        let value = match kind {
            "json" => serde_json::from_str(value)
                .map_err(|_| format!("`{name}` is not JSON: put a text into quotation marks"))?,
            _ => Value::String(with_lf(value)),
        };
        members.insert(name.to_owned(), value);
    }
    Ok(Value::Object(members).to_string())
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_every_member_and_every_missing_field_and_gives_the_body_back() {
        let body = r#"{"name":"Ana","age":7,"custom":{"a":[1]},"email":null}"#;
        let faults = [
            ("type".to_owned(), "type is required".to_owned()),
            ("age".to_owned(), "age must be a string".to_owned()),
        ];
        let fields = fields_of(body, &faults).unwrap();
        let seen: Vec<_> = fields
            .iter()
            .map(|field| {
                (field.name.as_str(), field.value.as_str(), field.is_text, field.fault.is_some())
            })
            .collect();
        let expected = [
            ("name", "Ana", true, false),
            ("age", "7", false, true),
            ("custom", r#"{"a":[1]}"#, false, false),
            ("email", "", true, false),
            ("type", "", true, true),
        ];
        assert_eq!(seen, expected);
        let field = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let form = [
            ("text:name", "Ana \"A\""),
            ("json:age", "8"),
            ("json:custom", r#"{"a":[1]}"#),
            ("text:email", ""),
            ("text:type", "web"),
        ];
        assert_eq!(
            body_of(&form.map(field)).unwrap(),
            r#"{"name":"Ana \"A\"","age":8,"custom":{"a":[1]},"type":"web"}"#
        );
        assert!(body_of(&[field(("json:age", "eight"))]).is_err());
        assert_eq!(body_of(&[field(("body", "[]"))]).unwrap(), "[]");
        assert!(fields_of("[]", &[]).is_none());
    }

    #[test]
    fn a_form_that_is_sent_back_unchanged_gives_the_same_values() {
        let body = r#"{"name":"null","about":"a\nb","age":null,"tags":["null"]}"#;
        let form = fields_of(body, &[]).unwrap().into_iter().map(|field| {
            let kind = if field.is_text { "text" } else { "json" };
            // As browsers send the text of a field.
            (format!("{kind}:{}", field.name), field.value.replace('\n', "\r\n"))
        });
        assert_eq!(
            body_of(&form.collect::<Vec<_>>()).unwrap(),
            r#"{"name":"null","about":"a\nb","tags":["null"]}"#,
            "only the empty field is left out"
        );
        let whole = [("body".to_owned(), "{\r\n  \"name\": \"Ana\"\r\n}".to_owned())];
        assert_eq!(body_of(&whole).unwrap(), "{\n  \"name\": \"Ana\"\n}");
    }
}
