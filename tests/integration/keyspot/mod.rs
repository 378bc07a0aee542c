//! Keyspot's contract: its leads, its tokens, and the secret that signs the tokens.

mod leads;
mod signing_secret;
mod tokens;

use serde_json::{Value, json};
use shared::model::Provider;
use tests::{Answer, Delivery, Sender};

const FUNCTION: &str = "keyspot-create-lead";

fn token_request(key: &str, secret: &str) -> Delivery {
    Delivery::new("keyspot-issue-token", "").header("x-api-key", key).header("x-api-secret", secret)
}

/// The example of the provider's page.
fn example() -> Value {
    json!({
        "name": "João Silva",
        "email": "joao@example.com",
        "phone": "11999999999",
        "message": "Tenho interesse neste imóvel, gostaria de mais informações.",
    })
}

fn example_with(field: &str, value: Value) -> Value {
    let mut body = example();
    body[field] = value;
    body
}

fn error(error: &str, code: &str) -> Value {
    json!({ "error": error, "code": code })
}

fn assert_invalid_token(answer: &Answer, case: &str) {
    Sender::of(Provider::Keyspot).check_error("unknown_credentials", answer, case);
}
