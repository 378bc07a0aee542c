use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use shared::model::TokenHash;

/// How long a token is valid: one hour, as the provider documents.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The only algorithm. The algorithm in a token's header is not used.
const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "leadhook";
const AUDIENCE: &str = "keyspot";
/// The shortest key, in bytes: HS256 needs a key as long as its hash (RFC 7518, 3.2).
const MIN_LENGTH: usize = 32;

/// The keys that sign and check tokens.
pub struct SigningKeys {
    signing: EncodingKey,
    accepted: Vec<DecodingKey>,
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
        let accepted = vec![DecodingKey::from_secret(key.as_bytes())];
        Ok(Self { signing: EncodingKey::from_secret(key.as_bytes()), accepted })
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
    ) -> jsonwebtoken::errors::Result<String> {
        let claims = TokenClaims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: api_key.as_str().to_owned(),
            iat: now.as_second(),
            exp: (now + VALID_FOR).as_second(),
            jti: id,
        };
        encode(&Header::new(ALGORITHM), &claims, &self.signing)
    }

    /// The hash of the API key that a token was issued to, if the token is ours and has not
    /// expired.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<TokenHash> {
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library uses the system's clock and accepts a token one minute longer. Here the hour
        // is exact.
        validation.validate_exp = false;
        let verified = |key| decode::<TokenClaims>(token, key, &validation).ok();
        let claims = self.accepted.iter().find_map(verified)?.claims;
        (now.as_second() < claims.exp).then(|| TokenHash::from_hex(claims.sub))
    }
}
