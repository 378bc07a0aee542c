use crate::{KeyTooShort, SigningKeys};
use aws_sdk_secretsmanager::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    aws::{self, Overrides},
    delivery::Rejection,
    function::{Environment, StartUpError},
    model::TokenHash,
    request::Unauthorized,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const SIGNING_SECRET: &str = "KEYSPOT_SIGNING_SECRET";
/// The variable that holds the signing key itself.
pub const SIGNING_KEY: &str = "KEYSPOT_SIGNING_KEY";
/// How long the keys that were read are used before they are read again.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);
/// How soon they are read again where that failed.
const RETRIED_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// How old a key must be to sign: by then every instance has read it, with a minute to
/// spare for clocks that differ.
const SIGNS_FROM: SignedDuration = SignedDuration::from_mins(6);
/// How long Secrets Manager may take; the sender waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);
/// The version of a secret that counts, and the one before it.
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// Where the signing keys come from.
pub enum SigningSecret {
    /// The same keys for as long as the process lives.
    Fixed(Arc<SigningKeys>),
    /// A secret in AWS Secrets Manager, which may be rotated at any time.
    Managed(ManagedSecret),
}

/// A secret in AWS Secrets Manager.
///
/// Tokens of its current version and of the one before are good. A new version signs
/// nothing until every instance must have read it: no token is refused for a rotation.
pub struct ManagedSecret {
    client: Client,
    id: String,
    kept: Mutex<Option<Kept>>,
}

/// The keys that were read last.
#[derive(Clone)]
struct Kept {
    keys: Arc<SigningKeys>,
    read_at: Timestamp,
    /// When they are to be read again.
    again_at: Timestamp,
}

/// A version of the secret.
struct Version {
    key: String,
    created_at: Timestamp,
}

/// Why no keys could be had. Holds nothing of them.
#[derive(Debug, thiserror::Error)]
enum SecretError {
    #[error("Secrets Manager does not answer")]
    Away,
    #[error("Secrets Manager answers {0}")]
    Refused(String),
    #[error("the secret is not text")]
    NotText,
    #[error(transparent)]
    TooShort(#[from] KeyTooShort),
}

impl SigningSecret {
    /// The secret that `KEYSPOT_SIGNING_SECRET` names, or else the key in
    /// `KEYSPOT_SIGNING_KEY`.
    ///
    /// # Errors
    /// Where neither is set, or the key is too short.
    pub async fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        match environment.optional(SIGNING_SECRET) {
            Some(id) => Ok(Self::Managed(ManagedSecret::from_env(id).await)),
            None => Self::fixed(&environment.required(SIGNING_KEY)?),
        }
    }

    /// One key for as long as the process lives.
    ///
    /// # Errors
    /// Where it is too short.
    pub fn fixed(key: &str) -> Result<Self, StartUpError> {
        let keys = SigningKeys::new(key);
        let too_short = |_| StartUpError::BadVariable(SIGNING_KEY, "at least 32 characters long");
        Ok(keys.map_err(too_short)?.into())
    }

    /// The keys to sign with at `now`.
    ///
    /// # Errors
    /// `Unavailable` where there are none to be had.
    pub(crate) async fn keys(&self, now: Timestamp) -> Result<Arc<SigningKeys>, Rejection> {
        match self {
            Self::Fixed(keys) => Ok(Arc::clone(keys)),
            Self::Managed(secret) => {
                secret.keys(now).await.map(|kept| kept.keys).ok_or(Rejection::Unavailable)
            }
        }
    }

    /// The API key that a token was issued to.
    ///
    /// # Errors
    /// `Unauthorized` where the token is not good; `Unavailable` where it may be, and there
    /// are no keys, or none new enough to tell.
    pub(crate) async fn verify(&self, token: &str, now: Timestamp) -> Result<TokenHash, Rejection> {
        let (keys, outdated) = match self {
            Self::Fixed(keys) => (Arc::clone(keys), false),
            Self::Managed(secret) => {
                let kept = secret.keys(now).await.ok_or(Rejection::Unavailable)?;
                (kept.keys, now.duration_since(kept.read_at) >= SIGNS_FROM)
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
    /// The secret with this name or ARN, reached through `client`.
    pub fn new(client: Client, id: String) -> Self {
        Self { client, id, kept: Mutex::default() }
    }

    async fn from_env(id: String) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
        let config =
            Builder::from(&aws::load_config(Overrides::default()).await).timeout_config(timeouts);
        Self::new(Client::from_conf(config.build()), id)
    }

    /// The keys, read again every five minutes. While they cannot be, those that were read
    /// last stay in use.
    async fn keys(&self, now: Timestamp) -> Option<Kept> {
        let last = self.kept().clone();
        if let Some(kept) = last.clone().filter(|kept| now < kept.again_at) {
            return Some(kept);
        }
        let kept = match self.read(now).await {
            Ok(keys) => Kept { keys: Arc::new(keys), read_at: now, again_at: now + KEPT_FOR },
            Err(error) => {
                tracing::error!(%error, "the signing keys cannot be read");
                Kept { again_at: now + RETRIED_AFTER, ..last? }
            }
        };
        *self.kept() = Some(kept.clone());
        Some(kept)
    }

    async fn read(&self, now: Timestamp) -> Result<SigningKeys, SecretError> {
        let missing = || SecretError::Refused("that it has no current version".to_owned());
        let current = self.version(CURRENT).await?.ok_or_else(missing)?;
        let keys = SigningKeys::new(&current.key)?;
        let Some(previous) = self.version(PREVIOUS).await? else { return Ok(keys) };
        // A previous version that is no key is a mistake that has been mended.
        let Ok(previous) = SigningKeys::new(&previous.key) else { return Ok(keys) };
        if now.duration_since(current.created_at) < SIGNS_FROM {
            Ok(previous.accepting(keys))
        } else {
            Ok(keys.accepting(previous))
        }
    }

    /// The version at this stage; a secret that was never rotated has no previous one.
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

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_not_found(error: &SdkError<GetSecretValueError>) -> bool {
    error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception)
}

impl From<SdkError<GetSecretValueError>> for SecretError {
    fn from(error: SdkError<GetSecretValueError>) -> Self {
        match error.as_service_error() {
            Some(fault) => Self::Refused(fault.code().unwrap_or("no error code").to_owned()),
            None => Self::Away,
        }
    }
}
