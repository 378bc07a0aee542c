/// How a delivery or another request ended, for the log, the metrics and the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeName {
    /// A new lead.
    Created,
    /// A replay: the first answer again.
    Replayed,
    /// The person already had a lead.
    Existing,
    /// A token was issued.
    TokenIssued,
    /// No valid credentials.
    Unauthorized,
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
            Self::TokenIssued => "token_issued",
            Self::Unauthorized => "unauthorized",
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
}
