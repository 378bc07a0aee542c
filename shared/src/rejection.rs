use crate::{CreateLeadError, StoreError, Violation};

/// Why a delivery did not become a lead. Each provider has its own answer to each.
///
/// Handlers match this without a catch-all arm, so that a new reason does not compile
/// until every provider has answered it.
#[derive(Debug)]
pub enum Rejection {
    /// The sender did not prove who it is.
    Unauthorized(Unauthorized),
    /// The body is larger than [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES).
    BodyTooLarge,
    /// The body is not JSON, or not an object.
    NotAnObject,
    /// Fields that break a rule, in the order the provider documents them; never empty.
    Invalid(Vec<Violation>),
    /// The `Idempotency-Key` was used before, with another body.
    IdempotencyKeyReused,
    /// The table is busy or away; the sender should send again.
    Unavailable,
    /// A fault of ours that nobody expected.
    Internal,
}

/// What is wrong with a sender's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// There are none.
    Missing,
    /// They are not of the form the provider asks for.
    Malformed,
    /// They are unknown, expired, revoked, or another provider's.
    Invalid,
}

impl Rejection {
    /// The reason's name in logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "unauthorized",
            Self::BodyTooLarge => "body_too_large",
            Self::NotAnObject => "not_an_object",
            Self::Invalid(_) => "invalid",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl From<Unauthorized> for Rejection {
    fn from(reason: Unauthorized) -> Self {
        Self::Unauthorized(reason)
    }
}

impl From<Violation> for Rejection {
    fn from(violation: Violation) -> Self {
        Self::Invalid(vec![violation])
    }
}

impl From<Vec<Violation>> for Rejection {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Invalid(violations)
    }
}

impl From<CreateLeadError> for Rejection {
    fn from(error: CreateLeadError) -> Self {
        match error {
            CreateLeadError::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            CreateLeadError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(fault) => {
                tracing::warn!(fault, "the table is unavailable");
                Self::Unavailable
            }
            StoreError::Unexpected(fault) => {
                tracing::error!(fault, "the table refused a request");
                Self::Internal
            }
        }
    }
}
