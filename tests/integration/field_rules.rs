//! How the rules of a provider's fields are checked.

use serde_json::Value;
use shared::model::{Account, Provider};
use tests::{Sender, TestApi};

/// A field, the text of the error or nothing, and the values that get it, in an array.
pub(crate) type FieldRule<'a> = (&'a str, &'a str, Value);

/// Sends a body for each value, and checks the answer. A value without an error is accepted and
/// answered as sent; any other has the error that `error` makes of its field, value and text.
pub(crate) async fn check_field_rules<'a>(
    provider: Provider,
    body: Value,
    rules: impl IntoIterator<Item = FieldRule<'a>>,
    error: impl Fn(&str, &Value, &str) -> (u16, Value),
) {
    let (api, sender) = (TestApi::start().await, Sender::of(provider));
    let (mut sent, mut accepted) = (0_u64, 0);
    let rules = rules.into_iter();
    let cases = rules.flat_map(|(field, text, values)| {
        let values = values.as_array().unwrap().clone();
        values.into_iter().map(move |value| (field, text, value))
    });
    for (field, text, value) in cases {
        let case = format!("{field}: {value}");
        let mut body = body.clone();
        body[field] = value.clone();
        let mut delivery = sender.deliver(&api, body.to_string()).await;
        if sender.is_unique() {
            // Each case has an account of its own, so that its person is not known.
            let token = format!("token-{sent}");
            api.open_account(&token, Account { provider, id: sent.into() }).await;
            delivery = delivery.bearer(&token);
        }
        sent += 1;
        let answer = api.send(delivery).await;
        if text.is_empty() {
            accepted += 1;
            let shown = &sender.lead_of(&answer)[field];
            assert_eq!((answer.status, shown), (sender.created, &value), "{case}");
        } else {
            assert_eq!((answer.status, answer.body), error(field, &value, text), "{case}");
        }
    }
    assert_eq!(api.items("lead#").await.len(), accepted, "only accepted bodies are stored");
}
