use crate::answer::reject;
use shared::{
    delivery::{Answer, Context, Endpoint, Rejection},
    model::{Provider, Usage},
    request::Request,
};

/// PollyBot's operations.
pub struct PollyBot;

impl Endpoint for PollyBot {
    const PROVIDER: Provider = Provider::PollyBot;
    type State = Context;

    /// The chatbot's id.
    fn target(request: &Request) -> Option<String> {
        request.path_value("chatbotId", "chatbots")
    }

    fn limit_headers(usage: &Usage) -> Vec<(&'static str, i64)> {
        vec![
            ("x-ratelimit-limit", usage.limit.into()),
            ("x-ratelimit-remaining", usage.remaining.into()),
            ("x-ratelimit-reset", usage.reset_second()),
            ("x-ratelimit-used", usage.used().into()),
        ]
    }

    fn reject(rejection: Rejection) -> Answer {
        reject(rejection)
    }
}
