//! The master secret in AWS Secrets Manager.

use crate::secret::{MasterSecret, SecretTooShort};
use aws_sdk_secretsmanager::Client;
use shared::{
    aws::SdkConfig,
    function::{SecretError, SecretStage, read_secret},
};

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManagedSecretError {
    /// It cannot be read.
    #[error(transparent)]
    Unread(#[from] SecretError),
    /// It is too short.
    #[error(transparent)]
    TooShort(#[from] SecretTooShort),
}

/// Reads the master secret with this name or ARN from AWS Secrets Manager.
///
/// # Errors
/// If it cannot be read, or is too short.
pub async fn read_managed_secret(
    id: &str,
    config: &SdkConfig,
) -> Result<MasterSecret, ManagedSecretError> {
    let secret = read_secret(&Client::new(config), id, SecretStage::Current).await?;
    Ok(MasterSecret::new(&secret.text)?)
}
