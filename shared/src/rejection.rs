use crate::{CreateLeadError, Denial, StoreError, Violation};

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
            // AWS renews the credentials of a function by itself.
            StoreError::Unavailable(_) | StoreError::Denied(Denial::Expired) => {
                tracing::warn!(%error, "a delivery could not be stored");
                Self::Unavailable
            }
            StoreError::Denied(Denial::NotAllowed | Denial::Unknown | Denial::BadSignature)
            | StoreError::NoTable
            | StoreError::Canceled
            | StoreError::Unexpected(_) => {
                tracing::error!(%error, "a delivery could not be stored");
                Self::Internal
            }
        }
    }
}
