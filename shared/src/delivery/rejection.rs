use super::answer::Answer;
use crate::{
    model::{BrokenRule, HeldReason, LeadId, OutcomeName, Scope, Usage},
    request::{BodyError, Rule, Unauthorized, Violation},
    table::{CreateLeadError, CredentialsError, StoreError},
};
use std::fmt;

/// Why a delivery did not become a lead. Each provider has its own answer to each reason.
///
/// Handlers match this without a catch-all arm, so a new reason does not compile until every
/// provider has an answer to it.
#[derive(Debug)]
pub enum Rejection {
    /// The sender has no valid credentials.
    Unauthorized(Unauthorized),
    /// The sender's key does not have the scope of the request.
    OutOfScope(Scope),
    /// The sender's key has used its limit.
    OverLimit(Usage),
    /// There is nothing with this id in the account.
    NotFound,
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
    /// A reason of only this provider.
    Own(Box<OwnRejection>),
}

impl From<OwnRejection> for Rejection {
    fn from(own: OwnRejection) -> Self {
        Self::Own(Box::new(own))
    }
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
            StoreError::Unavailable(_) | StoreError::Denied(CredentialsError::Expired) => {
                tracing::warn!(%error, "a request failed at the table");
                Self::Unavailable
            }
            // The sender sends it again, when a copy of the database may be back.
            StoreError::Damaged => {
                tracing::error!(%error, "a request failed at the table");
                Self::Unavailable
            }
            StoreError::Denied(
                CredentialsError::NotAllowed
                | CredentialsError::Unknown
                | CredentialsError::BadSignature,
            )
            | StoreError::NoTable
            | StoreError::Canceled
            | StoreError::Unexpected(_) => {
                tracing::error!(%error, "a request failed at the table");
                Self::Internal
            }
        }
    }
}

/// A provider's own reason to refuse a delivery, with its answer. The answer may repeat what was
/// sent, so the `Debug` output has only the reason.
pub struct OwnRejection {
    /// The reason's name.
    pub outcome: OutcomeName,
    /// The answer to the sender.
    pub answer: Answer,
    /// Why the delivery is held; `None` if it is not.
    pub held: Option<HeldReason>,
    /// The lead that its person already is, if that is the reason.
    pub lead: Option<LeadId>,
}

impl OwnRejection {
    /// A rejection of a delivery that is not held.
    pub fn new(outcome: OutcomeName, answer: Answer) -> Self {
        Self { outcome, answer, held: None, lead: None }
    }
}

impl fmt::Debug for OwnRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnRejection").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

impl Rejection {
    /// The reason's name.
    pub fn name(&self) -> OutcomeName {
        match self {
            Self::Unauthorized(_) => OutcomeName::Unauthorized,
            Self::OutOfScope(_) => OutcomeName::OutOfScope,
            Self::OverLimit(_) => OutcomeName::OverLimit,
            Self::NotFound => OutcomeName::NotFound,
            Self::BodyTooLarge => OutcomeName::BodyTooLarge,
            Self::NotAnObject => OutcomeName::NotAnObject,
            Self::Invalid(_) => OutcomeName::Invalid,
            Self::IdempotencyKeyReused => OutcomeName::IdempotencyKeyReused,
            Self::Unavailable => OutcomeName::Unavailable,
            Self::Internal => OutcomeName::Internal,
            Self::Own(own) => own.outcome,
        }
    }

    /// Why the delivery is held. It is not if its account is unknown, or if its sender should send
    /// it again.
    pub(super) fn held_reason(&self) -> Option<HeldReason> {
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
            Self::Unauthorized(_)
            | Self::OutOfScope(_)
            | Self::OverLimit(_)
            | Self::NotFound
            | Self::BodyTooLarge
            | Self::Unavailable
            | Self::Internal => None,
            Self::Own(own) => own.held,
        }
    }

    /// The lead that the person of the delivery already is, if that is the reason.
    pub(super) fn known_lead(&self) -> Option<LeadId> {
        match self {
            Self::Own(own) => own.lead,
            Self::Unauthorized(_)
            | Self::OutOfScope(_)
            | Self::OverLimit(_)
            | Self::NotFound
            | Self::BodyTooLarge
            | Self::NotAnObject
            | Self::Invalid(_)
            | Self::IdempotencyKeyReused
            | Self::Unavailable
            | Self::Internal => None,
        }
    }

    /// The fields that break a rule.
    pub(super) fn broken_rules(&self) -> Vec<BrokenRule> {
        match self {
            Self::Invalid(violations) => violations.iter().map(Violation::to_broken_rule).collect(),
            Self::Unauthorized(_)
            | Self::OutOfScope(_)
            | Self::OverLimit(_)
            | Self::NotFound
            | Self::BodyTooLarge
            | Self::NotAnObject
            | Self::IdempotencyKeyReused
            | Self::Unavailable
            | Self::Internal
            | Self::Own(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_output_of_an_own_rejection_has_no_part_of_its_answer() {
        let answer = Answer::new("maria@exemplo.com".to_owned());
        let rejection = Rejection::from(OwnRejection::new(OutcomeName::Existing, answer));
        assert_eq!(format!("{rejection:?}"), "Own(OwnRejection { outcome: Existing, .. })");
    }
}
