use crate::token::{KeyTooShort, SigningKeys};
use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use shared::{
    aws::SdkConfig,
    delivery::Rejection,
    function::{Environment, SecretError, SecretStage, StartUpError, read_secret},
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

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum NoKeys {
    #[error(transparent)]
    Unread(#[from] SecretError),
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
        let read =
            timeout(TIMEOUT, self.read(now)).await.unwrap_or(Err(SecretError::NoAnswer.into()));
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

    async fn read(&self, now: Timestamp) -> Result<SigningKeys, NoKeys> {
        let current = read_secret(&self.client, &self.id, SecretStage::Current).await?;
        let keys = SigningKeys::new(&current.text)?;
        // A secret that was never rotated has no previous version.
        let previous = match read_secret(&self.client, &self.id, SecretStage::Previous).await {
            Ok(previous) => previous,
            Err(SecretError::Missing) => return Ok(keys),
            Err(error) => return Err(error.into()),
        };
        // If the previous version is not a valid key, it was a mistake and has been corrected.
        let Ok(previous) = SigningKeys::new(&previous.text) else { return Ok(keys) };
        if now.duration_since(current.created_at) < SIGNS_FROM {
            Ok(previous.accepting(keys))
        } else {
            Ok(keys.accepting(previous))
        }
    }

    fn cached(&self) -> MutexGuard<'_, Option<CachedKeys>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
