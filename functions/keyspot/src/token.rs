use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use shared::model::TokenHash;

/// How long a token is valid: one hour, as the provider documents.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The header of every token, in Base64: `{"typ":"JWT","alg":"HS256"}` (RFC 7515).
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";
const ISSUER: &str = "leadhook";
const AUDIENCE: &str = "keyspot";
/// The shortest key, in bytes: HS256 needs a key as long as its hash (RFC 7518, 3.2).
const MIN_LENGTH: usize = 32;

/// The keys that sign and check tokens: JSON Web Tokens with one algorithm, HS256.
pub struct SigningKeys {
    signing: Hmac<Sha256>,
    accepted: Vec<Hmac<Sha256>>,
}

/// A signing key with fewer than 32 bytes.
#[derive(Debug, thiserror::Error)]
#[error("a signing key must have at least 32 characters")]
pub struct KeyTooShort;

/// A token's claims (RFC 7519).
#[derive(Serialize, Deserialize)]
struct TokenClaims {
    iss: String,
    aud: String,
    /// The hash of the API key it was issued to.
    sub: String,
    iat: i64,
    exp: i64,
    jti: String,
}

impl SigningKeys {
    /// One key that signs and checks.
    ///
    /// # Errors
    /// If the key is too short.
    pub fn new(key: &str) -> Result<Self, KeyTooShort> {
        if key.len() < MIN_LENGTH {
            return Err(KeyTooShort);
        }
        let signing = Hmac::new_from_slice(key.as_bytes()).map_err(|_| KeyTooShort)?;
        Ok(Self { accepted: vec![signing.clone()], signing })
    }

    /// Accepts the tokens of `others` too.
    pub(crate) fn accepting(mut self, others: Self) -> Self {
        self.accepted.extend(others.accepted);
        self
    }

    /// A token for an API key.
    pub(crate) fn issue(
        &self,
        api_key: &TokenHash,
        now: Timestamp,
        id: String,
    ) -> serde_json::Result<String> {
        let claims = TokenClaims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: api_key.as_str().to_owned(),
            iat: now.as_second(),
            exp: (now + VALID_FOR).as_second(),
            jti: id,
        };
        let claims = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?);
        let signed = format!("{HEADER}.{claims}");
        let signature = self.signing.clone().chain_update(&signed).finalize().into_bytes();
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The hash of the API key that a token was issued to, if the token is ours and has not
    /// expired.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<TokenHash> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        // The comparison takes the same time for any wrong signature.
        let signs = |key: &Hmac<Sha256>| key.clone().chain_update(signed).verify_slice(&signature);
        self.accepted.iter().find(|key| signs(key).is_ok())?;
        let claims = signed.strip_prefix(HEADER)?.strip_prefix('.')?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        let TokenClaims { iss, aud, sub, exp, .. } = serde_json::from_slice(&claims).ok()?;
        let is_valid = iss == ISSUER && aud == AUDIENCE && now.as_second() < exp;
        is_valid.then(|| TokenHash::from_hex(sub)).flatten()
    }
}
