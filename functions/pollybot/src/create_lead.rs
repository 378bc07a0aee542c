use crate::{
    answer::answer,
    contract::{CHATBOT, CreateLead, Details, Refusal},
};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use shared::{
    Account, Answer, Context, Delivery, EntryKey, LeadEndpoint, Outcome, Provider, Request,
    Standing, TokenHash, bearer_token, read_body,
};

/// `POST /api/v1/chatbots/{chatbotId}/leads`, and its alias `POST /api/v1/leads`, which the
/// provider's own samples use.
pub struct PollyBot;

impl LeadEndpoint for PollyBot {
    const PROVIDER: Provider = Provider::PollyBot;
    type State = Context;
    type Details = Details;
    type Refusal = Refusal;

    async fn authenticate(context: &Context, request: &Request) -> Result<Account, Refusal> {
        let token = TokenHash::of(bearer_token(&request.headers)?);
        context.authenticate(Provider::PollyBot, token, |key| Ok(key.account.clone())).await
    }

    /// The chatbot's id: a path parameter, or where a function URL gives none, what stands
    /// behind `chatbots/` in the path. Some gateways decode it and some do not.
    fn target(request: &Request) -> Option<String> {
        let mut segments = request.path.split('/').skip_while(|segment| *segment != "chatbots");
        let parameter = request.path_parameters.get("chatbotId").map(String::as_str);
        let id = parameter.or_else(|| segments.nth(1))?;
        Some(percent_decode_str(id).decode_utf8_lossy().into_owned())
    }

    async fn accept(
        context: &Context,
        delivery: &Delivery<'_>,
    ) -> Result<Outcome<Details>, Refusal> {
        let (account, now) = (delivery.account, delivery.received_at);
        check_chatbot(context, delivery).await?;
        let lead = CreateLead::read(read_body(delivery.body)?)?;
        let (email, phone) = (lead.email.clone(), lead.phone.as_deref());
        context.blocks.check(account, ("email", Some(&email)), ("phone", phone), now).await?;
        let claims = delivery.claims()?.email(Some(&email));
        let id = context.sources.draw_lead_id(now);
        let chatbot_id = delivery.target.map(str::to_owned);
        let lead = lead.into_lead(id, now, account.id.clone(), chatbot_id);
        let outcome = delivery.store(context, claims, lead).await?;
        match outcome.standing {
            Standing::New => Ok(outcome),
            Standing::Known => Err(Refusal::DuplicateEmail { email, met: Box::new(outcome) }),
        }
    }

    fn answer(result: Result<Outcome<Details>, Refusal>) -> Answer {
        answer(result)
    }
}

/// Holds a delivery to the chatbots of its workspace, where it names one.
async fn check_chatbot(context: &Context, delivery: &Delivery<'_>) -> Result<(), Refusal> {
    let Some(id) = delivery.target else { return Ok(()) };
    let key = EntryKey::new(CHATBOT, id);
    let wanted = vec![key.clone()];
    let found = context.directory.find(delivery.account, wanted, delivery.received_at).await?;
    match found.get::<Value>(&key)? {
        Some(_) => Ok(()),
        None => Err(Refusal::ChatbotNotFound),
    }
}
