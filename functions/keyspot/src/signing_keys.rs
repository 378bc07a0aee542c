use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use shared::{StartUpError, TokenHash, optional_variable, required_variable};

/// How long a token is valid; the provider's documents say one hour.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The only algorithm: what a token's own header says of it is not asked.
const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "leadhook";
const AUDIENCE: &str = "keyspot";
/// HS256 is no stronger than its key: as long as its hash, in bytes (RFC 7518, 3.2).
const MIN_LENGTH: usize = 32;
const CURRENT: &str = "KEYSPOT_SIGNING_KEY";
const PREVIOUS: &str = "KEYSPOT_PREVIOUS_SIGNING_KEY";

/// What tokens are signed with, and checked against.
///
/// New tokens are signed with the current key. Those of the previous one stay good, so
/// that keys can be rotated without an outage: set the new key as current and the old one
/// as previous, and drop the old one an hour later.
pub struct SigningKeys {
    current: EncodingKey,
    accepted: Vec<DecodingKey>,
}

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
    /// A current key and, while keys are rotated, the previous one.
    ///
    /// # Errors
    /// A key of fewer than 32 bytes.
    pub fn new(current: &str, previous: Option<&str>) -> Result<Self, StartUpError> {
        let named = [(CURRENT, Some(current)), (PREVIOUS, previous)];
        let mut accepted = Vec::new();
        for (name, key) in named {
            let Some(key) = key else { continue };
            if key.len() < MIN_LENGTH {
                return Err(StartUpError::BadVariable(name, "at least 32 characters"));
            }
            accepted.push(DecodingKey::from_secret(key.as_bytes()));
        }
        Ok(Self { current: EncodingKey::from_secret(current.as_bytes()), accepted })
    }

    /// The keys in `KEYSPOT_SIGNING_KEY` and `KEYSPOT_PREVIOUS_SIGNING_KEY`.
    ///
    /// # Errors
    /// A key that is missing or too short.
    pub fn from_env() -> Result<Self, StartUpError> {
        Self::new(&required_variable(CURRENT)?, optional_variable(PREVIOUS).as_deref())
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
        encode(&Header::new(ALGORITHM), &claims, &self.current)
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
