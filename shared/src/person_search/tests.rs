use super::*;
use crate::model::{Account, AccountId, HeldAnswer, HeldReason, Provider};
use jiff::Timestamp;
use serde_json::json;

const EMAIL: &str = "m@x.com";
const PHONE: &str = "5511999998888";

fn maria() -> Person {
    Person::new(vec![Email::new(EMAIL)], vec![Phone::new(PHONE)])
}

fn held(body: impl Into<Vec<u8>>) -> HeldDelivery {
    let received_at = Timestamp::UNIX_EPOCH;
    let account = Account { provider: Provider::RdStation, id: AccountId::from_static("acme") };
    HeldDelivery::new(&account, HeldReason::Invalid, None, body.into(), received_at)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Bodies that contain one of Maria's contacts, with its place.
fn bodies_of_maria() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let deep = |levels: usize| {
        format!("{}\"m\\u0040x.com\"{}", "{\"a\":".repeat(levels), "}".repeat(levels))
    };
    vec![
        ("a member", br#"{"email": "M@X.com "}"#.into(), "email"),
        ("a display name", br#"{"email": "\"Maria\" <m@x.com>"}"#.into(), "email"),
        ("a number", br#"{"phone": 5511999998888}"#.into(), "phone"),
        ("twice in one place", br#"{"a": ["m@x.com", "m@x.com"]}"#.into(), "a"),
        ("a number in a list", b"[1, [5511999998888, 2]]".into(), "body"),
        ("a name", br#"{"custom": {"m@x.com": 1}}"#.into(), "custom.m@x.com"),
        (
            "a member that is there twice",
            br#"{"email":"m@x.com","email":"a@y.com"}"#.into(),
            "email",
        ),
        ("an escape", br#"{"email": "m\u0040x\u002ecom"}"#.into(), "email"),
        ("cut off", br#"{"name": "Maria", "email": "m\u0040x.com", "custom": {"a"#.into(), "email"),
        ("cut off at its beginning", br#"me": "Maria", "email": "m\u0040x.com"}"#.into(), "body"),
        ("too deep to parse", deep(1_000).into(), "a.a.a.a"),
        ("JSON in a string", br#"{"raw": "{\"email\": \"m\\u0040x.com\"}"}"#.into(), "raw.email"),
        (
            "quotation marks without escapes",
            br#"{"a": "x"y", "email": "m\u0040x.com"}"#.into(),
            "a",
        ),
        ("a URL", br#"{"page": "https://y.com/?e=m%40x.com&u=1"}"#.into(), "page"),
        ("a mark of byte order", "\u{feff}{\"email\": \"m@x.com\"}".into(), "email"),
        ("UTF-16", utf16("{\"email\": \"m@x.com\"}"), "email"),
        (
            "UTF-16 with its mark",
            utf16("\u{feff}{\"phone\": \"55\u{a0}11 99999\u{2011}8888\"}"),
            "phone",
        ),
        ("a form", b"name=Maria&email=m%40x.com".into(), "body"),
        ("a form with spaces", b"text=write+to+m@x.com&phone=%2B55+11+99999-8888".into(), "body"),
        (
            "another encoding's spaces",
            b"{\"phone\": \"55\xa011\xa099999\xa08888\"}".into(),
            "phone",
        ),
        ("plain text", b"I am Maria (m@x.com).".into(), "body"),
        ("a backslash", br#"{"user": "CORP\\m@x.com"}"#.into(), "user"),
    ]
}

#[test]
fn a_person_is_found_in_a_body_of_any_format_with_the_place() {
    for (case, body, place) in bodies_of_maria() {
        let held = held(body);
        // Read as UTF-8, a body in UTF-16 is not JSON. The person may be found in that reading too.
        let places = maria().places_in_held(&held);
        assert!(places == [place] || places == ["body", place], "{case}: {places:?}");
        let contacts = contacts_in_held(&held).found;
        assert!(!maria().contacts().is_disjoint(&contacts), "{case}: among its contacts");
    }
    let target = Some("m@x.com".to_owned());
    let to_maria = HeldDelivery { target, ..held("{}") };
    assert_eq!(maria().places_in_held(&to_maria), ["chatbot"]);
}

/// The answer to a sender shows the lead of the known person, who may have only a phone in common
/// with the body.
#[test]
fn a_person_is_found_in_the_answer_to_somebody_else() {
    let answer = |body: &str| Some(HeldAnswer { status: 200, body: body.to_owned() });
    let lead = r#"{"data": {"email": "m@x.com", "phone": "2"}}"#;
    let cases = [
        (r#"{"phone": "2"}"#, lead, vec!["answer.data.email"]),
        (r#"{"phone": "2", "email": "m@x.com"}"#, lead, vec!["email"]),
        (r#"{"phone": "2"}"#, r#"{"data": {"email": "am@x.com"}}"#, vec![]),
    ];
    for (body, answered, places) in cases {
        let held = HeldDelivery { answer: answer(answered), ..held(body) };
        assert_eq!(maria().places_in_held(&held), places, "{body} {answered}");
        let is_named = !maria().contacts().is_disjoint(&contacts_in_held(&held).found);
        assert_eq!(is_named, body.contains(EMAIL), "an answer names nobody to block: {body}");
    }
}

#[test]
fn nobody_else_is_found_in_a_body() {
    let cases = [
        ("others", r#"{"email": "am@x.com", "phone": "15511999998888"}"#),
        ("an escaped letter before it", r#"{"email": "a\u006d@x.com", "b": "\u0061m@x.com"}"#),
        ("an escaped dot after it", r#"{"email": "m@x.com\u002ebr"}"#),
        ("an encoded dot after it", "email=m@x.com%2Ebr"),
        ("a tag in a form", "email=a%2Bm%40x.com"),
        ("an escape that is not a letter", r#"{"note": "hi\nm@x.com.br"}"#),
        ("two members", r#"{"a": "55119999", "b": "98888", "c": ["m", "@x.com"]}"#),
        ("numbers of a list", "[55, 11, 99999, 8888]"),
        ("nothing", ""),
    ];
    for (case, body) in cases {
        assert!(maria().places_in_held(&held(body)).is_empty(), "{case}");
    }
    let ana = Person::new(vec![Email::new("nm@x.com")], vec![]);
    assert!(ana.places_in_held(&held(r#"{"note": "hi\nm@x.com"}"#)).is_empty());
}

#[test]
fn a_person_is_found_in_every_attribute_of_a_lead() {
    let stored = |changes: serde_json::Value| -> StoredLead {
        let mut lead = json!({ "id": 1, "created_at": "2026-01-15T10:30:00Z", "details": {} });
        lead.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(lead).unwrap()
    };
    let contact = "Maria <m@x.com>";
    let raw = json!({ "custom": r#"{"a": {"b": [1, "55 11 99999-8888"]}}"# });
    let map = json!({ "user": { "id": 1, "name": contact } });
    let cases = [
        (json!({ "name": contact }), "name"),
        (json!({ "email": contact }), "email"),
        (json!({ "phone": "5511999998888 ext 12" }), "phone"),
        (json!({ "source": contact }), "source"),
        (json!({ "status": contact }), "status"),
        (json!({ "details": { "message": contact } }), "details.message"),
        (json!({ "details": { "number": 5_511_999_998_888_u64 } }), "details.number"),
        (json!({ "details": raw }), "details.custom.a.b"),
        (json!({ "details": map }), "details.user.name"),
        (json!({ "extra": r#"{"a": 1e400, "b": "m@x.com"}"# }), "extra.b"),
    ];
    for (changes, place) in cases {
        assert_eq!(maria().places_in_lead(&stored(changes)), [place]);
    }
    let both = stored(json!({ "email": "M@x.com", "phone": "+55 (11) 99999-8888" }));
    assert_eq!(maria().places_in_lead(&both), ["email", "phone"]);
    let other = stored(json!({ "name": "m", "email": "a@x.com", "phone": "551199999888" }));
    assert!(maria().places_in_lead(&other).is_empty());
}

#[test]
fn places_are_shortened() {
    let name = "n".repeat(100);
    let body = json!({ name.as_str(): { "b": { "c": { "d": { "e": "m@x.com" } } } } });
    let places = maria().places_in_held(&held(body.to_string()));
    assert_eq!(places, [format!("{}.b.c.d", &name[..LONGEST_NAME])]);
    let many: Vec<_> = (0..100).map(|n| format!("\"m{n}\":\"m@x.com\"")).collect();
    let body = held(format!("{{{}}}", many.join(",")));
    assert_eq!(maria().places_in_held(&body).len(), MOST_PLACES);
}

#[test]
fn only_so_many_contacts_of_a_body_are_read() {
    let all_of = |count: usize| {
        let contacts =
            contacts_in_held(&held(format!("[{}]", vec!["\"m@x.com\""; count].join(","))));
        (contacts.found.len(), contacts.are_all)
    };
    assert_eq!(all_of(MOST_CONTACTS - 1), (1, true));
    assert_eq!(all_of(MOST_CONTACTS), (1, false));
}

/// A text of about `size` bytes that repeats a part.
fn repeated(part: &str, size: usize) -> String {
    part.repeat(size / part.len())
}

/// JSON as text inside of JSON as text, as deep as `size` bytes allow.
fn nested_texts(size: usize) -> String {
    let quote = |level: usize| match level {
        0 => "\"".to_owned(),
        level => format!("\\{}u0022", "u005c".repeat(level - 1)),
    };
    let levels = (0..).take_while(|level| level * level * 11 < size);
    let (starts, ends): (Vec<_>, Vec<_>) =
        levels.map(|level| (format!("[{}", quote(level)), format!("{}]", quote(level)))).unzip();
    starts.concat() + &ends.into_iter().rev().collect::<String>()
}

/// How many bytes of a body are searched, and of what may be a contact in it.
fn work_on(body: &HeldDelivery) -> usize {
    let (mut texts, mut candidates) = (0, 0);
    let _ = each_text_of_held(body, &mut |place, text| {
        texts += text.len() + place.to_string().len();
        let mut take = |candidate: &str| {
            candidates += candidate.len();
            Continue(())
        };
        emails::each(&fold_text(text), &mut take)?;
        numbers::each(text, LONGEST_NUMBER, &mut take)
    });
    texts + candidates
}

/// Four times the body may be eight times the work, and not sixteen times.
#[test]
fn the_work_of_a_search_grows_as_the_body_does() {
    type Body = fn(usize) -> String;
    let bodies: [(&str, Body); 10] = [
        ("lists", |size| repeated("[", size / 2) + &repeated("\"m@x.com\",", size / 2)),
        ("objects", |size| repeated("{\"a\":", size / 2) + &repeated("\"m@x.com\",", size / 2)),
        ("objects in lists", |size| {
            repeated("[{\"\":", size / 2) + &repeated("\"m@x.com\",", size / 2)
        }),
        ("JSON as text in JSON", nested_texts),
        ("addresses", |size| repeated("m@x.com,", size)),
        ("dots", |size| repeated(".", size) + "m@x.com" + &repeated(".", size)),
        ("many of @", |size| repeated("a@", size)),
        ("digits", |size| repeated("1 ", size)),
        ("encoded", |size| format!("%{}", repeated("25", size))),
        ("escapes", |size| repeated("\\\\u0040", size)),
    ];
    for (case, body) in bodies {
        let [small, large] = [30_000, 120_000].map(|size| work_on(&held(body(size))));
        assert!(0 < small && large < small * 8, "{case}: {small} and {large}");
    }
}
