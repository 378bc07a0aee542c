use serde::{Deserialize, Serialize};

/// How a delivery or another request ended, for the log, the metrics and the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeName {
    /// A new lead.
    Created,
    /// A replay: the first answer again.
    Replayed,
    /// The person already had a lead.
    Existing,
    /// A request that is no delivery was answered.
    #[serde(skip)]
    Answered {
        /// The outcome's name.
        #[serde(skip)]
        name: &'static str,
        /// The outcome in words.
        #[serde(skip)]
        words: &'static str,
    },
    /// No valid credentials.
    Unauthorized,
    /// The key does not have the scope of the request.
    OutOfScope,
    /// The key has used its limit.
    OverLimit,
    /// There is nothing with the id of the request.
    NotFound,
    /// The body is too large.
    BodyTooLarge,
    /// The body is not a JSON object.
    NotAnObject,
    /// A field breaks a rule.
    Invalid,
    /// The `Idempotency-Key` was used before, with another body.
    IdempotencyKeyReused,
    /// The table did not answer.
    Unavailable,
    /// A fault of leadhook.
    Internal,
    /// The account does not have the chatbot.
    ChatbotNotFound,
    /// The key may not be used from the sender's network.
    IpBlocked,
    /// The request names no tenant.
    BadTenant,
    /// The key may not act for the tenant.
    ForeignTenant,
}

impl OutcomeName {
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Replayed => "replayed",
            Self::Existing => "existing",
            Self::Answered { name, .. } => name,
            Self::Unauthorized => "unauthorized",
            Self::OutOfScope => "out_of_scope",
            Self::OverLimit => "over_limit",
            Self::NotFound => "not_found",
            Self::BodyTooLarge => "body_too_large",
            Self::NotAnObject => "not_an_object",
            Self::Invalid => "invalid",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
            Self::ChatbotNotFound => "chatbot_not_found",
            Self::IpBlocked => "ip_blocked",
            Self::BadTenant => "bad_tenant",
            Self::ForeignTenant => "foreign_tenant",
        }
    }

    /// The outcome in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Created => "new lead",
            Self::Replayed => "replay, the first answer again",
            Self::Existing => "already a lead",
            Self::Answered { words, .. } => words,
            Self::Unauthorized => "no valid key",
            Self::OutOfScope => "not a scope of this key",
            Self::OverLimit => "over the limit of this key",
            Self::NotFound => "not found",
            Self::BodyTooLarge => "too large",
            Self::NotAnObject => "not a JSON object",
            Self::Invalid => "invalid fields",
            Self::IdempotencyKeyReused => "Idempotency-Key used before",
            Self::Unavailable => "the table did not answer",
            Self::Internal => "a fault of leadhook",
            Self::ChatbotNotFound => "unknown chatbot",
            Self::IpBlocked => "network not allowed",
            Self::BadTenant => "no valid X-Tenant",
            Self::ForeignTenant => "not a tenant of this key",
        }
    }
}
