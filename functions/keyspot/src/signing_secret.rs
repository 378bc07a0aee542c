use crate::token::{KeyTooShort, SigningKeys};
use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    aws::SdkConfig,
    delivery::Rejection,
    function::{Environment, StartUpError},
    model::TokenHash,
    request::Unauthorized,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

const SIGNING_SECRET: &str = "KEYSPOT_SIGNING_SECRET";
/// The variable that holds the signing key itself.
pub const SIGNING_KEY: &str = "KEYSPOT_SIGNING_KEY";
/// How long the keys are cached.
const CACHED_FOR: SignedDuration = SignedDuration::from_mins(5);
/// How soon they are read again after a failure.
const RETRIED_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// How old a key must be before it signs tokens: then every instance has read it. One minute more
/// than the cache, because clocks differ.
const SIGNS_FROM: SignedDuration = SignedDuration::from_mins(6);
/// How long both versions may take to be read. The sender waits during this time.
const TIMEOUT: Duration = Duration::from_millis(1_500);
/// The stages of the secret's current version and of the version before it.
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// Where the signing keys come from.
pub enum SigningSecret {
    /// Keys that never change.
    Fixed(Arc<SigningKeys>),
    /// A secret in AWS Secrets Manager. It may be rotated at any time.
    Managed(ManagedSecret),
}

/// A secret in AWS Secrets Manager.
///
/// Tokens of its current version and of the version before it are valid. A new version signs no
/// token until every instance has read it, so a rotation does not invalidate tokens.
pub struct ManagedSecret {
    client: Client,
    id: String,
    cached: Mutex<Option<CachedKeys>>,
}

/// The keys of the last successful read.
#[derive(Clone)]
struct CachedKeys {
    keys: Arc<SigningKeys>,
    read_at: Timestamp,
    /// When to read them again.
    again_at: Timestamp,
}

/// A version of the secret.
struct Version {
    key: String,
    created_at: Timestamp,
}

/// Why the keys could not be read. It contains no part of them.
#[derive(Debug, thiserror::Error)]
enum SecretError {
    #[error("Secrets Manager does not answer")]
    NoAnswer,
    #[error("Secrets Manager answers {0}")]
    Refused(String),
    #[error("the secret is not text")]
    NotText,
    #[error(transparent)]
    TooShort(#[from] KeyTooShort),
}

impl SigningSecret {
    /// The secret that `KEYSPOT_SIGNING_SECRET` names. If it is not set: the key in
    /// `KEYSPOT_SIGNING_KEY`.
    ///
    /// # Errors
    /// If neither is set, or if the key is too short.
    pub fn from_env(environment: &Environment, aws: &SdkConfig) -> Result<Self, StartUpError> {
        match environment.optional(SIGNING_SECRET) {
            Some(id) => Ok(Self::Managed(ManagedSecret::new(Client::new(aws), id))),
            None => Self::fixed(&environment.required(SIGNING_KEY)?),
        }
    }

    /// One key that never changes.
    ///
    /// # Errors
    /// If the key is too short.
    pub fn fixed(key: &str) -> Result<Self, StartUpError> {
        let keys = SigningKeys::new(key);
        let too_short = |_| StartUpError::BadVariable(SIGNING_KEY, "at least 32 characters long");
        Ok(keys.map_err(too_short)?.into())
    }

    /// The keys to use at `now`.
    ///
    /// # Errors
    /// `Unavailable` if they cannot be read.
    pub(crate) async fn keys(&self, now: Timestamp) -> Result<Arc<SigningKeys>, Rejection> {
        match self {
            Self::Fixed(keys) => Ok(Arc::clone(keys)),
            Self::Managed(secret) => {
                secret.keys(now).await.map(|cached| cached.keys).ok_or(Rejection::Unavailable)
            }
        }
    }

    /// The hash of the API key that a token was issued to.
    ///
    /// # Errors
    /// `Unauthorized` if the token is not valid; `Unavailable` if there are no keys, or if they may
    /// be too old to decide.
    pub(crate) async fn verify(&self, token: &str, now: Timestamp) -> Result<TokenHash, Rejection> {
        let (keys, outdated) = match self {
            Self::Fixed(keys) => (Arc::clone(keys), false),
            Self::Managed(secret) => {
                let cached = secret.keys(now).await.ok_or(Rejection::Unavailable)?;
                (cached.keys, now.duration_since(cached.read_at) >= SIGNS_FROM)
            }
        };
        match keys.verify(token, now) {
            Some(issued_to) => Ok(issued_to),
            None if outdated => Err(Rejection::Unavailable),
            None => Err(Unauthorized::Invalid.into()),
        }
    }
}

impl From<SigningKeys> for SigningSecret {
    fn from(keys: SigningKeys) -> Self {
        Self::Fixed(Arc::new(keys))
    }
}

impl ManagedSecret {
    /// The secret with this name or ARN.
    pub fn new(client: Client, id: String) -> Self {
        Self { client, id, cached: Mutex::default() }
    }

    /// The cached keys, or new ones if the cache is too old. If they cannot be read, the cached
    /// keys stay in use.
    async fn keys(&self, now: Timestamp) -> Option<CachedKeys> {
        let last = self.cached().clone();
        if let Some(cached) = last.clone().filter(|cached| now < cached.again_at) {
            return Some(cached);
        }
        let read = timeout(TIMEOUT, self.read(now)).await.unwrap_or(Err(SecretError::NoAnswer));
        let cached = match read {
            Ok(keys) => {
                CachedKeys { keys: Arc::new(keys), read_at: now, again_at: now + CACHED_FOR }
            }
            Err(error) => {
                tracing::error!(%error, "the signing keys cannot be read");
                CachedKeys { again_at: now + RETRIED_AFTER, ..last? }
            }
        };
        *self.cached() = Some(cached.clone());
        Some(cached)
    }

    async fn read(&self, now: Timestamp) -> Result<SigningKeys, SecretError> {
        let missing = || SecretError::Refused("that the secret has no current version".to_owned());
        let current = self.version(CURRENT).await?.ok_or_else(missing)?;
        let keys = SigningKeys::new(&current.key)?;
        let Some(previous) = self.version(PREVIOUS).await? else { return Ok(keys) };
        // If the previous version is not a valid key, it was a mistake and has been corrected.
        let Ok(previous) = SigningKeys::new(&previous.key) else { return Ok(keys) };
        if now.duration_since(current.created_at) < SIGNS_FROM {
            Ok(previous.accepting(keys))
        } else {
            Ok(keys.accepting(previous))
        }
    }

    /// The version at this stage. A secret that was never rotated has no previous version.
    async fn version(&self, stage: &str) -> Result<Option<Version>, SecretError> {
        let request = self.client.get_secret_value().secret_id(&self.id).version_stage(stage);
        let version = match request.send().await {
            Ok(version) => version,
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let created_at = version.created_date.map(|date| date.secs()).unwrap_or_default();
        Ok(Some(Version {
            key: version.secret_string.ok_or(SecretError::NotText)?,
            created_at: Timestamp::from_second(created_at).unwrap_or_default(),
        }))
    }

    fn cached(&self) -> MutexGuard<'_, Option<CachedKeys>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_not_found(error: &SdkError<GetSecretValueError>) -> bool {
    error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception)
}

impl From<SdkError<GetSecretValueError>> for SecretError {
    fn from(error: SdkError<GetSecretValueError>) -> Self {
        match error.as_service_error() {
            Some(fault) => Self::Refused(fault.code().unwrap_or("no error code").to_owned()),
            None => Self::NoAnswer,
        }
    }
}
