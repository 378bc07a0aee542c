use crate::{
    model::{HeldReason, LeadId},
    request::{BodyError, Rule, Unauthorized, Violation},
    table::{CreateLeadError, Denial, StoreError},
};

/// Why a delivery did not become a lead. Each provider has its own answer to each reason.
///
/// Handlers match this without a catch-all arm, so a new reason does not compile until every
/// provider has an answer to it.
#[derive(Debug)]
pub enum Rejection {
    /// The sender has no valid credentials.
    Unauthorized(Unauthorized),
    /// The body is larger than [`MAX_BODY_BYTES`](crate::request::MAX_BODY_BYTES).
    BodyTooLarge,
    /// The body is not JSON, or not an object.
    NotAnObject,
    /// Fields that break a rule, in the provider's documented order; never empty.
    Invalid(Vec<Violation>),
    /// The `Idempotency-Key` was used before, with another body.
    IdempotencyKeyReused,
    /// The table is busy or cannot be reached. The sender should send again.
    Unavailable,
    /// An unexpected fault in leadhook.
    Internal,
}

impl From<Unauthorized> for Rejection {
    fn from(reason: Unauthorized) -> Self {
        Self::Unauthorized(reason)
    }
}

impl From<BodyError> for Rejection {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::BodyTooLarge,
            BodyError::NotAnObject => Self::NotAnObject,
        }
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
            // The sender sends it again, when a copy of the database may be back.
            StoreError::Damaged => {
                tracing::error!(%error, "a delivery could not be stored");
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

/// A reason why a provider refuses a delivery: one that all providers have, or one of only this
/// provider.
///
/// ```
/// use leadhook_shared::{
///     delivery::{RefusalReason, Rejection},
///     model::HeldReason,
/// };
///
/// enum Refusal {
///     Rejected(Rejection),
///     FormNotFound,
/// }
///
/// // So `?` also works for what the functions of `shared` return.
/// impl<R: Into<Rejection>> From<R> for Refusal {
///     fn from(rejection: R) -> Self {
///         Self::Rejected(rejection.into())
///     }
/// }
///
/// impl RefusalReason for Refusal {
///     fn as_str(&self) -> &'static str {
///         match self {
///             Self::Rejected(rejection) => rejection.as_str(),
///             Self::FormNotFound => "form_not_found",
///         }
///     }
///
///     fn held_reason(&self) -> Option<HeldReason> {
///         match self {
///             Self::Rejected(rejection) => rejection.held_reason(),
///             Self::FormNotFound => Some(HeldReason::Invalid),
///         }
///     }
///
///     fn rejection(&self) -> Option<&Rejection> {
///         match self {
///             Self::Rejected(rejection) => Some(rejection),
///             Self::FormNotFound => None,
///         }
///     }
/// }
///
/// assert_eq!(Refusal::from(Rejection::NotAnObject).as_str(), "not_an_object");
/// assert_eq!(Refusal::FormNotFound.as_str(), "form_not_found");
/// ```
pub trait RefusalReason: From<Rejection> + From<Unauthorized> + From<StoreError> + Send {
    /// The reason's name in logs.
    fn as_str(&self) -> &'static str;

    /// Why the refused delivery is held; none: it is not.
    fn held_reason(&self) -> Option<HeldReason>;

    /// The reason, if it is one that all providers have.
    fn rejection(&self) -> Option<&Rejection>;

    /// The lead that the person of the delivery already is, if that is the reason.
    fn known_lead(&self) -> Option<LeadId> {
        None
    }
}

impl RefusalReason for Rejection {
    fn as_str(&self) -> &'static str {
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

    /// A delivery is not held if its account is unknown, or if its sender should send it again.
    fn held_reason(&self) -> Option<HeldReason> {
        match self {
            // The person asked to be forgotten: nothing of them may be stored.
            Self::Invalid(violations)
                if violations.iter().any(|violation| violation.rule == Rule::NotBlocked) =>
            {
                None
            }
            Self::NotAnObject | Self::Invalid(_) | Self::IdempotencyKeyReused => {
                Some(HeldReason::Invalid)
            }
            Self::Unauthorized(_) | Self::BodyTooLarge | Self::Unavailable | Self::Internal => None,
        }
    }

    fn rejection(&self) -> Option<&Rejection> {
        Some(self)
    }
}
