//! Templates of owners: bodies and URLs that are filled in with a lead.
//!
//! A template is one of Jinja: <https://docs.rs/minijinja>. Each value that it writes is escaped as
//! the text around it needs.

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
    escape_formatter,
    value::{Serde, ValueKind},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// The longest template, in bytes. It is in the destination's item, which each post reads again.
pub(crate) const MAX_TEMPLATE: usize = 16 * 1024;
/// The longest text that a template makes, in bytes.
pub(crate) const MAX_TEXT: usize = 256 * 1024;
/// How many steps a template may take.
const MAX_STEPS: u64 = 50_000;
/// The content type of a body without another one.
pub(crate) const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// What is not escaped in a URL and in a form: RFC 3986, 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How the values in a URL and in a form are escaped.
const PERCENT: AutoEscape = AutoEscape::Custom(Cow::Borrowed("percent"));

/// How the values in a text are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// As JSON: a text gets its quotation marks.
    Json,
    /// As in HTML and XML.
    Html,
    /// As in a form, where nothing is an empty text.
    Form,
    /// As in a URL, where each value must be a text or a number.
    Url,
    /// Not at all.
    Nothing,
}

/// Why a template cannot be used, or cannot be filled in with a lead. It has nothing of the lead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is too long.
    #[error("the template is longer than {MAX_TEMPLATE} bytes")]
    TooLong,
    /// It is not a template.
    #[error("the template is wrong: {0}")]
    Wrong(String),
    /// It cannot be filled in with this lead.
    #[error("the template failed: {0}")]
    Failed(String),
    /// It takes too many steps.
    #[error("the template takes more than {MAX_STEPS} steps")]
    TooMuchWork,
    /// It makes too long a text.
    #[error("the template makes more than {MAX_TEXT} bytes")]
    TooMuchText,
    /// It does not make JSON.
    #[error(
        "the template does not make JSON: line {0}, column {1}; {{{{ name }}}} has its quotation \
         marks already"
    )]
    NotJson(usize, usize),
    /// A value of a URL or a form is missing, or is not a text or a number.
    #[error("a value that the URL or the form needs is missing, or is not a text")]
    NoText,
    /// A URL is not one with the values of the lead.
    #[error("with these values it is not a URL of the same host, or it is too long")]
    NotUrl,
}

impl Escape {
    /// How values are escaped in a body of this content type.
    pub(crate) fn of(content_type: &str) -> Self {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            FORM => Self::Form,
            kind if kind.ends_with("json") => Self::Json,
            kind if kind.ends_with("html") || kind.ends_with("xml") => Self::Html,
            _ => Self::Nothing,
        }
    }

    fn auto_escape(self) -> AutoEscape {
        match self {
            Self::Json => AutoEscape::Json,
            Self::Html => AutoEscape::Html,
            Self::Form | Self::Url => PERCENT,
            Self::Nothing => AutoEscape::None,
        }
    }
}

/// Whether a text has parts that a template fills in.
pub fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Fills in a template.
///
/// # Errors
/// If it is wrong, or does not fit these values.
pub(crate) fn fill_in(
    template: &str,
    escape: Escape,
    values: &serde_json::Value,
) -> Result<String, TemplateError> {
    let mut filled = Limited(Vec::new());
    environment(escape)
        .template_from_str(template)
        .map_err(|error| wrong(&error))?
        .render_captured_to(Serde(values), &mut filled)
        .map_err(|error| failed(&error))?;
    let text = String::from_utf8(filled.0).map_err(|_| TemplateError::TooMuchText)?;
    if escape == Escape::Json {
        let read = serde_json::from_str::<serde::de::IgnoredAny>(&text);
        read.map_err(|error| TemplateError::NotJson(error.line(), error.column()))?;
    }
    Ok(text)
}

/// What a template names.
///
/// # Errors
/// If it is too long or wrong.
pub(crate) fn names_of(template: &str) -> Result<Vec<String>, TemplateError> {
    if template.len() > MAX_TEMPLATE {
        return Err(TemplateError::TooLong);
    }
    let environment = environment(Escape::Nothing);
    let read = environment.template_from_str(template).map_err(|error| wrong(&error))?;
    let is_global = |name: &String| environment.globals().any(|(global, _)| global == name);
    let mut names: Vec<_> = read.undeclared_variables(false).into_iter().collect();
    names.retain(|name| !is_global(name));
    names.sort();
    Ok(names)
}

fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(MAX_STEPS));
    // A member that only some leads have is null in the others.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(move |_| escape.auto_escape());
    environment.set_formatter(move |out, state, value| write_value(escape, out, state, value));
    environment
}

fn write_value(
    escape: Escape,
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if *state.auto_escape() != PERCENT {
        return escape_formatter(out, state, value);
    }
    let kind = value.kind();
    let is_nothing = matches!(kind, ValueKind::None | ValueKind::Undefined);
    let is_text = matches!(kind, ValueKind::String | ValueKind::Number | ValueKind::Bool);
    let text = if is_nothing { String::new() } else { value.to_string() };
    // A segment of dots would lead to another path, and one without text to another resource.
    let fits = match escape {
        Escape::Url => is_text && text.bytes().any(|c| c != b'.'),
        Escape::Form | Escape::Json | Escape::Html | Escape::Nothing => is_text || is_nothing,
    };
    if !fits {
        return Err(ErrorKind::BadSerialization.into());
    }
    let escaped = utf8_percent_encode(&text, ESCAPED);
    out.write_fmt(format_args!("{escaped}")).map_err(Error::from)
}

/// A text of at most [`MAX_TEXT`] bytes.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn wrong(error: &Error) -> TemplateError {
    TemplateError::Wrong(at_line(error, error.detail()))
}

/// Details of an error while a template is filled in may have values of the lead, so only those
/// about the template itself are told.
fn failed(error: &Error) -> TemplateError {
    const OF_TEMPLATE: [ErrorKind; 4] = [
        ErrorKind::UnknownFilter,
        ErrorKind::UnknownFunction,
        ErrorKind::UnknownTest,
        ErrorKind::UnknownMethod,
    ];
    let kind = error.kind();
    if OF_TEMPLATE.contains(&kind) {
        return TemplateError::Wrong(at_line(error, error.detail()));
    }
    let known = [
        (ErrorKind::OutOfFuel, TemplateError::TooMuchWork),
        (ErrorKind::WriteFailure, TemplateError::TooMuchText),
        (ErrorKind::BadSerialization, TemplateError::NoText),
    ];
    let found = known.into_iter().find(|(of, _)| *of == kind).map(|(_, error)| error);
    found.unwrap_or_else(|| TemplateError::Failed(at_line(error, None)))
}

fn at_line(error: &Error, detail: Option<&str>) -> String {
    let what = detail.map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
    error.line().map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lead() -> serde_json::Value {
        json!({
            "type": "lead.created",
            "name": "Maria \"Mia\" <Silva>\n& \u{1f642}",
            "email": "maria+1@example.com",
            "phone": null,
            "details": { "custom_fields": { "cidade": "S\u{e3}o Paulo", "idade": 30 } },
            "dots": "..",
            "none": "",
        })
    }

    #[test]
    fn values_are_escaped_as_the_text_around_them_needs() {
        let name = r#""Maria \"Mia\" \u003cSilva\u003e\n\u0026 \ud83d\ude42""#;
        let name: String = serde_json::from_str(name).unwrap();
        let filled = |template: &str, escape| fill_in(template, escape, &lead()).unwrap();
        let body =
            r#"{"n": {{ name }}, "c": {{ details.custom_fields.cidade }}, "p": {{ phone }}}"#;
        let read: serde_json::Value = serde_json::from_str(&filled(body, Escape::Json)).unwrap();
        assert_eq!(read, json!({ "n": name, "c": "S\u{e3}o Paulo", "p": null }));
        for (template, escape, expected) in [
            (r#"[{{ "New: " ~ email }}]"#, Escape::Json, r#"["New: maria+1@example.com"]"#),
            (
                "{{ details }}",
                Escape::Json,
                "{\"custom_fields\":{\"cidade\":\"S\u{e3}o Paulo\",\"idade\":30}}",
            ),
            ("{{ details.other.deeper }}", Escape::Json, "null"),
            ("{{ phone or 0 }}", Escape::Json, "0"),
            ("<a>{{ \"<b>&\" }}</a>", Escape::Html, "<a>&lt;b&gt;&amp;</a>"),
            ("e={{ email }}&p={{ phone }}", Escape::Form, "e=maria%2B1%40example.com&p="),
            (
                "https://a.example/{{ email }}",
                Escape::Url,
                "https://a.example/maria%2B1%40example.com",
            ),
            ("?n={{ details.custom_fields.idade }}", Escape::Url, "?n=30"),
            ("{{ email }}", Escape::Nothing, "maria+1@example.com"),
        ] {
            assert_eq!(filled(template, escape), expected, "{template}");
        }
        assert!(!filled("{{ name }}", Escape::Url).contains(['/', '"', '\n', '&']));
    }

    #[test]
    fn the_content_type_says_how_values_are_escaped() {
        for (content_type, expected) in [
            (JSON, Escape::Json),
            ("application/ld+json; charset=utf-8", Escape::Json),
            ("Application/JSON", Escape::Json),
            (FORM, Escape::Form),
            ("text/html", Escape::Html),
            ("application/soap+xml", Escape::Html),
            ("text/plain", Escape::Nothing),
            ("text/csv;header=present", Escape::Nothing),
        ] {
            assert_eq!(Escape::of(content_type), expected, "{content_type}");
        }
    }

    #[test]
    fn a_template_that_cannot_be_filled_in_says_why_and_has_nothing_of_the_lead() {
        let forever =
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        let long = r#"{% for a in range(2000) %}{{ "a" * 1000 }}{% endfor %}"#;
        for (template, escape, expected) in [
            (forever, Escape::Json, TemplateError::TooMuchWork),
            (long, Escape::Nothing, TemplateError::TooMuchText),
            (r#"{"n": "{{ name }}"}"#, Escape::Json, TemplateError::NotJson(1, 9)),
            ("{{ name", Escape::Json, wrong_of("{{ name")),
            ("{{ name|shout }}", Escape::Json, wrong_at(1, "filter shout is unknown")),
            ("{{ shout(name) }}", Escape::Json, wrong_at(1, "shout is unknown")),
            (
                "\n{{ name + 1 }}",
                Escape::Json,
                TemplateError::Failed("line 2: invalid operation".into()),
            ),
            ("https://a.example/{{ phone }}", Escape::Url, TemplateError::NoText),
            ("https://a.example/{{ none }}", Escape::Url, TemplateError::NoText),
            ("https://a.example/{{ dots }}/b", Escape::Url, TemplateError::NoText),
            ("https://a.example/{{ details }}", Escape::Url, TemplateError::NoText),
            ("a={{ details }}", Escape::Form, TemplateError::NoText),
        ] {
            let error = fill_in(template, escape, &lead()).unwrap_err();
            assert_eq!(error, expected, "{template}");
            let said = error.to_string();
            assert!(!said.contains("Maria") && !said.contains("maria"), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }

    fn wrong_of(template: &str) -> TemplateError {
        names_of(template).unwrap_err()
    }

    fn wrong_at(line: usize, what: &str) -> TemplateError {
        TemplateError::Wrong(format!("line {line}: {what}"))
    }

    #[test]
    fn a_template_names_what_it_does_not_set_itself() {
        for (template, expected) in [
            ("{{ name }} {{ details.a.b }} {{ name|default(phone) }}", "details name phone"),
            (
                "{% set x = email %}{{ x }}{% for f in extra %}{{ f }}{{ loop.index }}{% endfor %}",
                "email extra",
            ),
            ("{{ range(3) }}{{ emial }}", "emial"),
            ("nothing", ""),
        ] {
            assert_eq!(names_of(template).unwrap().join(" "), expected, "{template}");
        }
        assert_eq!(names_of(&"a".repeat(MAX_TEMPLATE + 1)), Err(TemplateError::TooLong));
    }
}
