//! Secrets in AWS Secrets Manager.

use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};
use jiff::Timestamp;

/// A version of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStage {
    /// The version that is in use.
    Current,
    /// The version before it. A secret that was never rotated has none.
    Previous,
}

/// The text of a version of a secret.
pub struct Secret {
    /// The text.
    pub text: String,
    /// When the version was created.
    pub created_at: Timestamp,
}

/// Why a secret cannot be read. It contains no part of the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is no secret with this name, or it has no such version.
    #[error("there is no such secret in AWS Secrets Manager")]
    Missing,
    /// These credentials may not read it.
    #[error("these credentials may not read it (secretsmanager:GetSecretValue)")]
    NotAllowed,
    /// Secrets Manager answers with another error.
    #[error("AWS Secrets Manager answers {0}")]
    Refused(String),
    /// Secrets Manager cannot be reached.
    #[error("AWS Secrets Manager does not answer")]
    NoAnswer,
    /// The secret is binary.
    #[error("it is not text")]
    NotText,
}

/// Reads a version of the secret with this name or ARN.
///
/// # Errors
/// If it cannot be read, or is not text.
pub async fn read_secret(
    client: &Client,
    id: &str,
    stage: SecretStage,
) -> Result<Secret, SecretError> {
    let request = client.get_secret_value().secret_id(id).version_stage(stage.as_str());
    let version = request.send().await?;
    let created_at = version.created_date.map(|date| date.secs()).unwrap_or_default();
    Ok(Secret {
        text: version.secret_string.ok_or(SecretError::NotText)?,
        created_at: Timestamp::from_second(created_at).unwrap_or_default(),
    })
}

impl SecretStage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Previous => "AWSPREVIOUS",
        }
    }
}

impl From<SdkError<GetSecretValueError>> for SecretError {
    fn from(error: SdkError<GetSecretValueError>) -> Self {
        let Some(fault) = error.as_service_error() else { return Self::NoAnswer };
        if fault.is_resource_not_found_exception() {
            return Self::Missing;
        }
        match fault.code() {
            Some("AccessDeniedException") => Self::NotAllowed,
            code => Self::Refused(code.unwrap_or("an error without a code").to_owned()),
        }
    }
}
