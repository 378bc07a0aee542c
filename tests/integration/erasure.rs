//! Erases a person whose contact is in any member of any body, in any form that people and programs
//! write. Nobody else may be erased. `ERASURE_CASES` sets how many cases are tried.

use jiff::Timestamp;
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use providers::App;
use serde_json::{Map, Value, json};
use shared::{
    model::{Email, LeadSpan, Phone},
    person_search::Person,
    table::{Order, WhichHeld},
};
use std::{
    collections::BTreeMap,
    env,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};
use tests::{SENDERS, Sender, World, send_to};

const CASES_VARIABLE: &str = "ERASURE_CASES";
/// How many cases use one world. Each case reads the whole table.
const DEFAULT_CASES: u32 = 50;

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
struct Case {
    sender: usize,
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
    fn case()(
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
struct Maria {
    email: String,
    digits: String,
}

impl Maria {
    fn new(n: usize) -> Self {
        Self { email: format!("maria{n}@exemplo.com"), digits: format!("55119{n:08}") }
    }

    fn person(&self) -> Person {
        Person::new(vec![Email::new(&self.email)], vec![Phone::new(&self.digits)])
    }

    fn others(&self) -> String {
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
    fn text(&self, maria: &Maria) -> String {
        let mut digits = maria.digits.chars();
        let digit = |c| if c == '#' { digits.next().unwrap() } else { c };
        let (around, contact) = match (self.is_email, self.is_upper) {
            (true, true) => (self.around.get(&AROUND_EMAIL), maria.email.to_uppercase()),
            (true, false) => (self.around.get(&AROUND_EMAIL), maria.email.clone()),
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
    fn body(&self, n: usize, text: &str) -> Vec<u8> {
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

/// Every item of the table as text, by its key.
async fn items(world: &World) -> BTreeMap<String, String> {
    let items = world.items("").await.into_iter();
    items.map(|item| (format!("{:?} {:?}", item["pk"], item["sk"]), format!("{item:?}"))).collect()
}

/// Whether an item has Maria's contact. It has none if the provider ignores the member with it.
fn holds(item: &str, maria: &Maria) -> bool {
    let mut text = item.replace("\\\\", "\\");
    for c in ' '..='~' {
        text = text.replace(&format!("\\u{:04x}", u32::from(c)), &c.to_string());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    text.to_lowercase().contains(&maria.email) || digits.contains(&maria.digits)
}

/// What `leads erase` does in one account.
async fn erase(world: &World, sender: &Sender, person: &Person) {
    let (table, account) = (&world.app.context.table, sender.account());
    let (mut rest, mut leads, mut held) = (Some(LeadSpan::ALL), Vec::new(), Vec::new());
    while let Some(span) = rest {
        let page = table.leads(&account, span, Order::OldestFirst, None).await.unwrap();
        let found = page.leads.iter().filter(|lead| !person.places_in_lead(lead).is_empty());
        leads.extend(found.map(|lead| lead.id));
        rest = page.rest;
    }
    let take = |delivery| {
        if !person.places_in_held(&delivery).is_empty() {
            held.push(delivery.id);
        }
    };
    table.each_held(&account, &WhichHeld::All, Timestamp::UNIX_EPOCH, take).await.unwrap();
    table.erase_held(&account, &held).await.unwrap();
    for lead in leads {
        table.erase_lead(&account, lead).await.unwrap();
    }
}

/// Checks one case. An error says what was wrong.
async fn check(world: &World, case: &Case, next: &AtomicUsize) -> Result<(), String> {
    let (sender, maria) = (&SENDERS[case.sender], Maria::new(next.load(SeqCst)));
    let person = maria.person();
    let deliver = async |instance: &App, text: &str| {
        let body = case.body(next.fetch_add(1, SeqCst), text);
        let delivery = sender.deliver(world, body).await;
        send_to(instance, delivery).await.status
    };
    deliver(&world.app, &maria.others()).await;
    let before = items(world).await;
    let status = deliver(&world.app, &case.text(&maria)).await;
    if items(world).await == before {
        return Err(format!("{status}, and nothing is kept"));
    }
    erase(world, sender, &person).await;
    let after = items(world).await;
    if before.keys().any(|key| !after.contains_key(key)) {
        return Err("somebody else is erased".to_owned());
    }
    let mut left = after.iter().filter(|(key, _)| !before.contains_key(*key));
    if let Some((key, _)) = left.find(|(key, item)| key.contains("held#") || holds(item, &maria)) {
        return Err(format!("{status}, and left at {key}"));
    }
    let (table, account) = (&world.app.context.table, sender.account());
    table.block(&account, &person.contacts()).await.unwrap();
    deliver(&world.another_instance(), &case.text(&maria)).await;
    let held = world.items("held#").await.len();
    table.unblock(&account, &person.contacts()).await.unwrap();
    erase(world, sender, &person).await;
    let left = world.items("held#").await.len();
    if held == left { Ok(()) } else { Err("held, though blocked".to_owned()) }
}

#[test]
fn an_erasure_finds_every_form_of_a_contact_and_no_other_person() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let cases = env::var(CASES_VARIABLE).map_or(DEFAULT_CASES, |cases| cases.parse().unwrap());
    for _ in 0..cases.div_ceil(DEFAULT_CASES) {
        let (world, next) = (runtime.block_on(World::start()), AtomicUsize::new(1));
        let config =
            Config { cases: DEFAULT_CASES, failure_persistence: None, ..Config::default() };
        let outcome = TestRunner::new(config).run(&case(), |case| {
            runtime.block_on(check(&world, &case, &next)).map_err(|fault| {
                let body = case.body(0, &case.text(&Maria::new(0)));
                TestCaseError::fail(format!("{fault}: {}", String::from_utf8_lossy(&body)))
            })
        });
        assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}
