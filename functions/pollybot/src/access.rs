use crate::answer::reject;
use shared::{
    delivery::{Answer, Context, Endpoint, Rejection},
    model::Provider,
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

    fn reject(rejection: Rejection) -> Answer {
        reject(rejection)
    }
}
