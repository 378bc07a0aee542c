//! The master secret in AWS Secrets Manager.

use crate::secret::{MasterSecret, SecretTooShort};
use aws_sdk_secretsmanager::{
    Client, error::ProvideErrorMetadata, operation::get_secret_value::GetSecretValueError,
};
use shared::aws::SdkConfig;

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManagedSecretError {
    /// There is none with this name.
    #[error("there is no such secret in AWS Secrets Manager")]
    Missing,
    /// These credentials may not read it.
    #[error("these credentials may not read it (secretsmanager:GetSecretValue)")]
    NotAllowed,
    /// Secrets Manager cannot be reached, or has a fault.
    #[error("AWS Secrets Manager gave no answer")]
    Unavailable,
    /// It is not text.
    #[error("it is not text")]
    NotText,
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
    let client = Client::new(config);
    let read = client.get_secret_value().secret_id(id).send().await;
    let read = read.map_err(|error| match error.as_service_error() {
        Some(GetSecretValueError::ResourceNotFoundException(_)) => ManagedSecretError::Missing,
        Some(error) if error.code() == Some("AccessDeniedException") => {
            ManagedSecretError::NotAllowed
        }
        _ => ManagedSecretError::Unavailable,
    })?;
    let text = read.secret_string.ok_or(ManagedSecretError::NotText)?;
    Ok(MasterSecret::new(&text)?)
}
