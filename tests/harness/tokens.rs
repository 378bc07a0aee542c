use crate::test_api::SIGNING_KEY;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shared::model::{Provider, TokenHash};

/// A Keyspot token for an API key. It does not expire in any test.
pub fn sign_keyspot_token(api_key: &str) -> String {
    let claims = json!({
        "iss": "leadhook", "aud": "keyspot", "sub": TokenHash::of(api_key).as_str(),
        "iat": 0, "exp": 4_102_444_800_u64, "jti": "1",
    });
    sign_jwt(&json!({ "typ": "JWT", "alg": "HS256" }), &claims, SIGNING_KEY)
}

/// A JSON Web Token that is signed with HMAC-SHA256, whatever its header says.
pub fn sign_jwt(header: &Value, claims: &Value, key: &str) -> String {
    let [header, claims] =
        [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(&signed);
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// A bearer token of an unknown key, for which the functions of a provider ask the table.
pub fn looked_up_token(provider: Provider) -> String {
    if provider == Provider::Keyspot { sign_keyspot_token("any") } else { "any".to_owned() }
}
