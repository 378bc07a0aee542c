use crate::{
    answer::{answer, chatbot_not_found, duplicate_email},
    contract::{CHATBOT, CreateLead, Details},
};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use shared::{
    delivery::{Accepted, Answer, Context, Delivery, LeadEndpoint, LeadFields, Rejection},
    model::{Provider, Standing},
    request::Request,
};

/// `POST /api/v1/chatbots/{chatbotId}/leads`, and the alias `POST /api/v1/leads` of the provider's
/// samples.
pub struct PollyBot;

impl LeadEndpoint for PollyBot {
    const PROVIDER: Provider = Provider::PollyBot;
    type State = Context;
    type Details = Details;

    /// The chatbot's id: the path parameter, or the path segment after `chatbots/`, because
    /// function URLs have no path parameters. Some gateways decode it and some do not.
    fn target(request: &Request) -> Option<String> {
        let mut segments = request.path.split('/').skip_while(|segment| *segment != "chatbots");
        let parameter = request.path_parameters.get("chatbotId").map(String::as_str);
        let id = parameter.or_else(|| segments.nth(1))?;
        Some(percent_decode_str(id).decode_utf8_lossy().into_owned())
    }

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        check_chatbot(delivery).await?;
        let lead: CreateLead = delivery.read().await?;
        let claims = delivery.claims()?.email(lead.email());
        let email = lead.email.clone();
        let lead = lead.into_lead(delivery);
        let outcome = delivery.store(claims, lead).await?;
        match outcome.standing {
            Standing::New => Ok(outcome),
            Standing::Known => Err(duplicate_email(&email, &outcome).into()),
        }
    }

    fn answer(accepted: Accepted<Self>) -> Answer {
        answer(accepted)
    }
}

/// Refuses an unknown chatbot.
async fn check_chatbot(delivery: &Delivery<'_>) -> Result<(), Rejection> {
    let Some(id) = delivery.target else { return Ok(()) };
    match delivery.find_entry::<Value>(CHATBOT, id).await? {
        Some(_) => Ok(()),
        None => Err(chatbot_not_found().into()),
    }
}
