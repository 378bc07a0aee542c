use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use shared::model::TokenHash;

/// How long a token is valid; the provider's documents say one hour.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The only algorithm: what a token's own header says of it is not asked.
const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "leadhook";
const AUDIENCE: &str = "keyspot";
/// HS256 is no stronger than its key: as long as its hash, in bytes (RFC 7518, 3.2).
const MIN_LENGTH: usize = 32;

/// What tokens are signed with, and checked against.
pub struct SigningKeys {
    signing: EncodingKey,
    accepted: Vec<DecodingKey>,
}

/// A signing key of fewer than 32 bytes.
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
    /// One key, to sign and to check with.
    ///
    /// # Errors
    /// A key that is too short.
    pub fn new(key: &str) -> Result<Self, KeyTooShort> {
        if key.len() < MIN_LENGTH {
            return Err(KeyTooShort);
        }
        let accepted = vec![DecodingKey::from_secret(key.as_bytes())];
        Ok(Self { signing: EncodingKey::from_secret(key.as_bytes()), accepted })
    }

    /// Tokens that `others` accept are good too.
    pub(crate) fn accepting(mut self, others: Self) -> Self {
        self.accepted.extend(others.accepted);
        self
    }

    /// A token for the holder of an API key.
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

    /// The API key that a token was issued to, if the token is one of ours and its time
    /// is not over.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<TokenHash> {
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library asks the system's clock, and grants a minute; the hour is exact here.
        validation.validate_exp = false;
        let verified = |key| decode::<TokenClaims>(token, key, &validation).ok();
        let claims = self.accepted.iter().find_map(verified)?.claims;
        (now.as_second() < claims.exp).then(|| TokenHash::from_hex(claims.sub))
    }
}
