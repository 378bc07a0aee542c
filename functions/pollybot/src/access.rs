use crate::answer::reject;
use percent_encoding::percent_decode_str;
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

    /// The chatbot's id: the path parameter, or the path segment after `chatbots/`, because
    /// function URLs have no path parameters. Some gateways decode it and some do not.
    fn target(request: &Request) -> Option<String> {
        let mut segments = request.path.split('/').skip_while(|segment| *segment != "chatbots");
        let parameter = request.path_parameters.get("chatbotId").map(String::as_str);
        let id = parameter.or_else(|| segments.nth(1))?;
        Some(percent_decode_str(id).decode_utf8_lossy().into_owned())
    }

    fn reject(rejection: Rejection) -> Answer {
        reject(rejection)
    }
}
