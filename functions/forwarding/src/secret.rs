//! Signatures of Standard Webhooks, and the secrets they are made with:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use shared::model::{Destination, DestinationId};
use std::fmt;

/// The variable that names the master secret in AWS Secrets Manager.
pub const SIGNING_SECRET: &str = "FORWARDING_SIGNING_SECRET";
/// The variable that holds the master secret itself.
pub const SIGNING_KEY: &str = "FORWARDING_SIGNING_KEY";
/// What a secret of Standard Webhooks begins with.
const SECRET_PREFIX: &str = "whsec_";
/// The shortest master secret, in bytes.
const MIN_LENGTH: usize = 32;

/// The secret that the secrets of all destinations are derived from. So no secret is stored in the
/// table.
#[derive(Clone)]
pub struct MasterSecret(Vec<u8>);

/// A master secret with fewer than 32 bytes.
#[derive(Debug, thiserror::Error)]
#[error("the forwarding secret must have at least 32 characters")]
pub struct SecretTooShort;

/// The keys that sign what is posted to a destination: one, or two after a rotation.
pub struct SigningKeys(Vec<[u8; 32]>);

impl MasterSecret {
    /// The master secret with this text.
    ///
    /// # Errors
    /// If it is too short.
    pub fn new(text: &str) -> Result<Self, SecretTooShort> {
        if text.len() < MIN_LENGTH { Err(SecretTooShort) } else { Ok(Self(text.into())) }
    }

    /// The keys of a destination at `now`.
    pub fn keys(&self, destination: &Destination, now: Timestamp) -> SigningKeys {
        let Destination { id, secret_version, old_secret_until, .. } = destination;
        let mut keys = vec![self.key(id, *secret_version)];
        if old_secret_until.is_some_and(|until| now < until) {
            keys.push(self.key(id, secret_version.saturating_sub(1)));
        }
        SigningKeys(keys)
    }

    /// A destination's secret, as its owner gets it.
    pub fn secret(&self, id: &DestinationId, version: u32) -> String {
        write_secret(&self.key(id, version))
    }

    fn key(&self, id: &DestinationId, version: u32) -> [u8; 32] {
        hmac(&self.0, &[id.as_str(), "#", &version.to_string()])
    }
}

impl SigningKeys {
    /// One key, and the secret that verifies its signatures.
    pub fn one(random: [u8; 32]) -> (Self, String) {
        (Self(vec![random]), write_secret(&random))
    }

    /// The value of `webhook-signature`.
    pub(crate) fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let sign = |key: &[u8; 32]| {
            let signature = hmac(key, &[id, ".", &seconds.to_string(), ".", body]);
            format!("v1,{}", BASE64_STANDARD.encode(signature))
        };
        self.0.iter().map(sign).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

fn write_secret(key: &[u8; 32]) -> String {
    format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(key))
}

fn hmac(key: &[u8], parts: &[&str]) -> [u8; 32] {
    // A key of any length fits, so the error case is never used.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_the_one_of_the_standards_example() {
        let key = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        let parts = ["msg_p5jXN8AQM9LWM0D4loKWxJek", ".", "1614265330", ".", body];
        let signature = BASE64_STANDARD.encode(hmac(&key, &parts));
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_master_secret_has_at_least_32_characters() {
        assert!(MasterSecret::new(&"a".repeat(31)).is_err());
        assert!(MasterSecret::new(&"a".repeat(32)).is_ok());
    }
}
