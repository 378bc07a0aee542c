//! Signatures of Standard Webhooks, and the secrets they are made with:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use shared::model::{Destination, DestinationId};
use std::{fmt, ops::RangeInclusive};

/// The variable that names the master secret in AWS Secrets Manager.
pub const SIGNING_SECRET: &str = "FORWARDING_SIGNING_SECRET";
/// The variable that holds the master secret itself.
pub const SIGNING_KEY: &str = "FORWARDING_SIGNING_KEY";
/// What a secret of Standard Webhooks begins with.
const SECRET_PREFIX: &str = "whsec_";
/// How long a secret of Standard Webhooks is, in bytes.
const SECRET_LENGTHS: RangeInclusive<usize> = 24..=64;
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
pub struct SigningKeys(Vec<Vec<u8>>);

/// A text that is not a secret of Standard Webhooks.
#[derive(Debug, thiserror::Error)]
#[error("a secret is whsec_ and 24 to 64 bytes in Base64")]
pub struct BadSecret;

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
        let mut keys = vec![self.key(id, *secret_version).to_vec()];
        if old_secret_until.is_some_and(|until| now < until) {
            keys.push(self.key(id, secret_version.saturating_sub(1)).to_vec());
        }
        SigningKeys(keys)
    }

    /// A destination's secret, as its owner gets it.
    pub fn secret(&self, id: &DestinationId, version: u32) -> String {
        write_secret(&self.key(id, version))
    }

    fn key(&self, id: &DestinationId, version: u32) -> [u8; 32] {
        self.derive(&[id.as_str(), "#", &version.to_string()])
    }

    /// A key that is derived from these parts. No two purposes may have the same parts.
    pub(crate) fn derive(&self, parts: &[&str]) -> [u8; 32] {
        hmac(&self.0, parts)
    }
}

impl SigningKeys {
    /// One key, and the secret that verifies its signatures.
    pub fn one(random: [u8; 32]) -> (Self, String) {
        (Self(vec![random.to_vec()]), write_secret(&random))
    }

    /// The key of a secret.
    ///
    /// # Errors
    /// If the text is not a secret.
    pub fn read(secret: &str) -> Result<Self, BadSecret> {
        let key = secret.strip_prefix(SECRET_PREFIX).ok_or(BadSecret)?;
        let key = BASE64_STANDARD.decode(key).map_err(|_| BadSecret)?;
        if SECRET_LENGTHS.contains(&key.len()) { Ok(Self(vec![key])) } else { Err(BadSecret) }
    }

    /// The HMAC-SHA256 of a body in hexadecimal, keyed by the text of the newest secret.
    pub(crate) fn sign_body(&self, body: &str) -> String {
        let secret = self.0.first().map(|key| write_secret(key)).unwrap_or_default();
        hmac(secret.as_bytes(), &[body]).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The value of `webhook-signature`.
    pub(crate) fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let sign = |key: &Vec<u8>| {
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

fn write_secret(key: &[u8]) -> String {
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
        let keys = SigningKeys::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", r#"{"test": 2432232314}"#);
        let signature = keys.sign(id, 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_its_prefix_and_24_to_64_bytes() {
        let of_bytes = |length| write_secret(&vec![7; length]);
        for (secret, is_read) in [
            (of_bytes(24), true),
            (of_bytes(32), true),
            (of_bytes(64), true),
            (of_bytes(23), false),
            (of_bytes(65), false),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), false),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!".to_owned(), false),
        ] {
            assert_eq!(SigningKeys::read(&secret).is_ok(), is_read, "{secret}");
        }
    }

    #[test]
    fn a_master_secret_has_at_least_32_characters() {
        assert!(MasterSecret::new(&"a".repeat(31)).is_err());
        assert!(MasterSecret::new(&"a".repeat(32)).is_ok());
    }
}
