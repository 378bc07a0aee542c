//! What the commands and the console must know about each provider.

use crate::{
    kinds::{DEFAULT, Kind, flag, optional, text},
    refusal::{self, Fault},
};
use serde_json::Value;
use shared::model::{HeldAnswer, Provider};

/// What an operator's tools must know about a provider.
pub struct Facts {
    /// The kinds of entries in its directories.
    pub kinds: &'static [Kind],
    /// What its tokens begin with.
    pub token_prefix: &'static str,
    /// How many random characters follow the prefix.
    pub token_length: usize,
    /// Whether its keys have a secret and networks.
    pub has_secret: bool,
    /// Whether its keys name tenants.
    pub has_tenants: bool,
    /// The reasons in an error body.
    read_refusal: fn(&Value) -> Vec<Fault>,
}

/// What holds for a provider unless it says otherwise.
const COMMON: Facts = Facts {
    kinds: &[],
    token_prefix: "",
    token_length: 48,
    has_secret: false,
    has_tenants: false,
    read_refusal: refusal::of_message,
};

static INTEGRABOT: Facts =
    Facts { token_prefix: "sk_", read_refusal: refusal::of_integrabot, ..COMMON };

static RD_STATION: Facts = Facts { read_refusal: refusal::of_rdstation, ..COMMON };

static POLLYBOT: Facts = Facts {
    kinds: &[Kind::lettered(pollybot::CHATBOT, &[])],
    // The prefix and 51 more: <https://pollybot.app/docs/authentication>.
    token_prefix: "sk-workspace_",
    token_length: 51,
    read_refusal: refusal::of_pollybot,
    ..COMMON
};

static KEYSPOT: Facts = Facts {
    kinds: &[Kind::lettered(keyspot::PROPERTY, &[text("property_id"), text("title")])],
    has_secret: true,
    read_refusal: refusal::of_keyspot,
    ..COMMON
};

static FLEXTELL: Facts = Facts {
    kinds: &[
        Kind::numbered(
            flextell::STATUS,
            &[text("name"), text("slug"), text("color"), flag("is_terminal"), flag(DEFAULT)],
        ),
        Kind::numbered(flextell::REFERENCE_SOURCE, &[text("name"), optional("external_id")]),
        Kind::numbered(flextell::USER, &[text("name")]),
        Kind::numbered(flextell::COUNTRY, &[text("name")]),
    ],
    has_tenants: true,
    read_refusal: refusal::of_flextell,
    ..COMMON
};

/// What an operator's tools must know about `provider`.
pub fn facts(provider: Provider) -> &'static Facts {
    match provider {
        Provider::Integrabot => &INTEGRABOT,
        Provider::RdStation => &RD_STATION,
        Provider::PollyBot => &POLLYBOT,
        Provider::Keyspot => &KEYSPOT,
        Provider::Flextell => &FLEXTELL,
    }
}

/// The kind of this name in directories of `provider`.
///
/// # Errors
/// If there is none.
pub fn find_kind(provider: Provider, name: &str) -> Result<&'static Kind, String> {
    facts(provider).kinds.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let names: Vec<_> = facts(provider).kinds.iter().map(|kind| kind.name).collect();
        let provider = provider.as_str();
        if names.is_empty() {
            format!("{provider} has no directory: its deliveries refer to no entries")
        } else {
            format!("{provider} has no `{name}`; it has {}", names.join(", "))
        }
    })
}

/// The reasons in the body of an answer that refuses a delivery; none if it has no known shape.
pub fn read_faults(provider: Provider, body: &str) -> Vec<Fault> {
    let body = refusal::read(body, refusal::LEVELS);
    let mut faults = (facts(provider).read_refusal)(&body);
    faults.retain(|fault| !fault.text.is_empty());
    faults
}

/// The errors in an answer, on one line; its body if it has no known error.
pub fn why(provider: Provider, answer: &HeldAnswer) -> String {
    let faults = read_faults(provider, &answer.body);
    let texts: Vec<_> = faults.into_iter().map(|fault| fault.text).collect();
    if texts.is_empty() { answer.body.clone() } else { texts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_with_its_providers_text() {
        use Provider::{Flextell, Integrabot, Keyspot, PollyBot, RdStation};
        let value = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let deep = format!(r#"{{"details":{{"value":{value},"field":"email","message":"X"}}}}"#);
        let cases = [
            (
                Integrabot,
                r#"{"error":"E","message":{"name":["N 1"],"type":["T 1","T 2"]}}"#,
                "N 1; T 1; T 2",
            ),
            (Integrabot, r#"{"error":"E","message":"M"}"#, "M"),
            (RdStation, r#"{"message":"M","issues":[{"path":["name"],"message":"X"}]}"#, "name: X"),
            (RdStation, r#"{"message":"M","code":"C"}"#, "M"),
            (
                PollyBot,
                r#"{"error":"E","details":{"field":"email","value":1,"message":"X"}}"#,
                "email: X",
            ),
            (
                PollyBot,
                r#"{"error":"E","details":{"field":"email","value":{"n":1e400},"message":"X"}}"#,
                "email: X",
            ),
            (PollyBot, &deep, "email: X"),
            (PollyBot, r#"{"error":"E","details":{"message":"X"}}"#, "X"),
            (PollyBot, r#"{"error":"E","code":"C"}"#, "E"),
            (Keyspot, r#"{"error":"E","code":"C"}"#, "E"),
            (Flextell, r#"{"error":"e","message":"M"}"#, "M"),
            (Flextell, "not JSON", "not JSON"),
        ];
        for (provider, body, expected) in cases {
            let answer = HeldAnswer { status: 400, body: body.to_owned() };
            assert_eq!(why(provider, &answer), expected, "{body}");
        }
    }

    #[test]
    fn the_field_at_fault_is_the_one_that_the_answer_names() {
        use Provider::{Flextell, Integrabot, Keyspot, PollyBot, RdStation};
        let cases = [
            (Integrabot, r#"{"message":{"name":["N"],"type":["T"]}}"#, &["name", "type"][..]),
            (RdStation, r#"{"issues":[{"path":["name"],"message":"X"}]}"#, &["name"]),
            (PollyBot, r#"{"details":{"field":"email","message":"X"}}"#, &["email"]),
            (Keyspot, r#"{"error":"email is required","code":"VALIDATION_ERROR"}"#, &["email"]),
            (Keyspot, r#"{"error":"The body must be X","code":"VALIDATION_ERROR"}"#, &[]),
            (Keyspot, r#"{"error":"Invalid token","code":"INVALID_TOKEN"}"#, &[]),
            (Flextell, r#"{"message":"The 'last_name' field is required."}"#, &["last_name"]),
            (Flextell, r#"{"message":"The body must be a JSON object."}"#, &[]),
        ];
        for (provider, body, expected) in cases {
            let faults = read_faults(provider, body).into_iter();
            let fields: Vec<_> = faults.filter_map(|fault| fault.field).collect();
            assert_eq!(fields, expected, "{body}");
        }
    }
}
