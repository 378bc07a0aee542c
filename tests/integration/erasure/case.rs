//! Random bodies with a contact of a person.

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};
use shared::{
    model::{Email, Phone},
    person_search::Person,
};
use tests::SENDERS;

/// The text around a contact. The contact is `§`.
const AROUND_EMAIL: [&str; 10] = [
    "§",
    " § ",
    "\"Maria\" <§>",
    "eva@y.org; §",
    "§,eva@y.org",
    "eva@y.org/§",
    "mailto:§",
    "Write to §.",
    "(§)",
    "https://y.org/?mail=§&page=2",
];
const AROUND_PHONE: [&str; 12] = [
    "§",
    "tel:§",
    "§ ext 12",
    "§ ramal 12",
    "§x12",
    "§ #12",
    "5521333344445 / §",
    "§;5521333344445",
    "5521333344445 §",
    "§\n5521333344445",
    "Call §, please",
    "(§)",
];
/// How the digits of a number are grouped. Each `#` is one digit.
const LAYOUTS: [&str; 6] = [
    "#############",
    "+## (##) #####-####",
    "##\u{a0}##\u{a0}#####\u{2011}####",
    "##.##.#####.####",
    "\u{202a}+##\u{202f}##\u{202f}#####\u{2013}####\u{202c}",
    "# # # # # # # # # # # # #",
];

/// Where a text is in the value of a member.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Text,
    Name,
    Item,
    Nested,
    JsonInText,
}

const SHAPES: [Shape; 5] =
    [Shape::Text, Shape::Name, Shape::Item, Shape::Nested, Shape::JsonInText];

/// How a body is written.
#[derive(Clone, Copy, Debug)]
enum Writing {
    Plain,
    Escaped,
    Twice,
    CutOff,
    TooDeep,
    Marked,
    Utf16 { is_big: bool, is_marked: bool },
    Form,
}

const WRITINGS: [Writing; 11] = [
    Writing::Plain,
    Writing::Escaped,
    Writing::Twice,
    Writing::CutOff,
    Writing::TooDeep,
    Writing::Marked,
    Writing::Utf16 { is_big: false, is_marked: false },
    Writing::Utf16 { is_big: false, is_marked: true },
    Writing::Utf16 { is_big: true, is_marked: false },
    Writing::Utf16 { is_big: true, is_marked: true },
    Writing::Form,
];

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) sender: usize,
    member: &'static str,
    is_email: bool,
    is_upper: bool,
    around: prop::sample::Index,
    layout: &'static str,
    shape: Shape,
    writing: Writing,
}

fn members() -> Vec<&'static str> {
    let own = SENDERS.iter().flat_map(|sender| sender.echoed).copied();
    own.chain(["unknown", "trafficOrigin"]).collect()
}

prop_compose! {
    pub(super) fn case()(
        sender in 0..SENDERS.len(),
        member in select(members()),
        is_email in any::<bool>(),
        is_upper in any::<bool>(),
        around in any::<prop::sample::Index>(),
        layout in select(&LAYOUTS[..]),
        shape in select(&SHAPES[..]),
        writing in select(&WRITINGS[..]),
    ) -> Case {
        Case { sender, member, is_email, is_upper, around, layout, shape, writing }
    }
}

/// The person who is erased.
pub(super) struct Erased {
    pub(super) email: String,
    pub(super) digits: String,
}

impl Erased {
    pub(super) fn new(n: usize) -> Self {
        Self { email: format!("maria{n}@exemplo.com"), digits: format!("55119{n:08}") }
    }

    pub(super) fn person(&self) -> Person {
        Person::new(vec![Email::new(&self.email)], vec![Phone::new(&self.digits)])
    }

    pub(super) fn others(&self) -> String {
        let Self { email, digits } = self;
        let (local, number) = (email.split('@').next().unwrap(), &digits[4..]);
        format!(
            "a.{email} 1{digits}; {email}.br {digits}9; {local}+a@exemplo.com +1 55 11 {number}; \
             {email}munity {number}; {local}%40exemplo.com%2Ebr 11 {number}"
        )
    }
}

impl Case {
    /// The contact as it is written.
    pub(super) fn text(&self, erased: &Erased) -> String {
        let mut digits = erased.digits.chars();
        let digit = |c| if c == '#' { digits.next().unwrap() } else { c };
        let (around, contact) = match (self.is_email, self.is_upper) {
            (true, true) => (self.around.get(&AROUND_EMAIL), erased.email.to_uppercase()),
            (true, false) => (self.around.get(&AROUND_EMAIL), erased.email.clone()),
            (false, _) => {
                (self.around.get(&AROUND_PHONE), self.layout.chars().map(digit).collect())
            }
        };
        around.replace('§', &contact)
    }

    fn value(&self, text: &str) -> Value {
        match self.shape {
            Shape::Text => text.into(),
            Shape::Name => json!({ text: "1" }),
            Shape::Item => json!(["1", text]),
            Shape::Nested => json!({ "a": { "b": text } }),
            Shape::JsonInText => json!({ "a": text }).to_string().into(),
        }
    }

    /// The sender's `n`th body, with the text in the member.
    pub(super) fn body(&self, n: usize, text: &str) -> Vec<u8> {
        let base = (SENDERS[self.sender].body)(n);
        let mut members: Map<_, _> = base.as_object().unwrap().clone();
        members.remove(self.member);
        let base: Vec<_> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let (base, member, value) = (base.join(","), self.member, self.value(text));
        let plain = format!("{{{base},\"{member}\":{value}}}");
        match self.writing {
            Writing::Plain => plain.into(),
            Writing::Marked => format!("\u{feff}{plain}").into(),
            Writing::Escaped => format!("{{{base},\"{member}\":{}}}", escaped(&value)).into(),
            Writing::Twice => format!("{{{base},\"{member}\":{value},\"{member}\":\"\"}}").into(),
            Writing::CutOff => format!("{{{base},\"{member}\":{},\"b\":\"", escaped(&value)).into(),
            Writing::TooDeep => {
                let (open, close) = ("{\"a\":".repeat(200), "}".repeat(200));
                format!("{{{base},\"{member}\":{open}{}{close}}}", escaped(&value)).into()
            }
            Writing::Utf16 { is_big, is_marked } => {
                let plain = if is_marked { format!("\u{feff}{plain}") } else { plain };
                let bytes = if is_big { u16::to_be_bytes } else { u16::to_le_bytes };
                plain.encode_utf16().flat_map(bytes).collect()
            }
            Writing::Form => format!("name=Ana&{member}={}", form_encoded(text)).into(),
        }
    }
}

/// JSON with every character of its strings escaped.
fn escaped(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
            format!("\"{}\"", units.collect::<String>())
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(escaped).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, _)| {
                format!("{}:{}", escaped(&name.as_str().into()), escaped(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn form_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}
