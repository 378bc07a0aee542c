use crate::{
    Keyspot,
    answer::answer_lead,
    check_network,
    contract::{CreateLead, Details, PROPERTY, Property, Refusal},
};
use shared::{
    Account, Answer, ApiKey, Context, Delivery, EntryKey, LeadEndpoint, Outcome, Provider,
    Rejection, Request, bearer_token, read_body,
};

/// `POST /v1/leads`.
impl LeadEndpoint for Keyspot {
    const PROVIDER: Provider = Provider::Keyspot;
    type State = Self;
    type Details = Details;
    type Refusal = Refusal;

    async fn authenticate(keyspot: &Self, request: &Request) -> Result<Account, Refusal> {
        let Self { context, signing_secret } = keyspot;
        let token = bearer_token(&request.headers)?;
        let issued_to = signing_secret.verify(token, context.sources.now()).await?;
        let check = |key: &ApiKey| check_network(key, request).map(|()| key.account.clone());
        context.authenticate(Provider::Keyspot, issued_to, check).await
    }

    async fn accept(
        context: &Context,
        delivery: &Delivery<'_>,
    ) -> Result<Outcome<Details>, Refusal> {
        let (account, now) = (delivery.account, delivery.received_at);
        let lead = CreateLead::read(read_body(delivery.body)?)?;
        let (email, phone) = (Some(lead.email.as_str()), Some(lead.phone.as_str()));
        context.blocks.check(account, ("email", email), ("phone", phone), now).await?;
        let claims = delivery.claims()?.replay(context.replay_window, email, phone);
        let property = find_property(context, delivery, lead.property_code.as_ref()).await?;
        let lead = lead.into_lead(context.sources.draw_lead_id(now), now, property);
        Ok(delivery.store(context, claims, lead).await?)
    }

    fn answer(result: Result<Outcome<Details>, Refusal>) -> Answer {
        answer_lead(result)
    }
}

/// The property with this code; a code that is unknown is no fault.
async fn find_property(
    context: &Context,
    delivery: &Delivery<'_>,
    code: Option<&String>,
) -> Result<Option<Property>, Rejection> {
    let Some(code) = code else { return Ok(None) };
    let key = EntryKey::new(PROPERTY, code);
    let wanted = vec![key.clone()];
    let found = context.directory.find(delivery.account, wanted, delivery.received_at).await?;
    Ok(found.get(&key)?)
}
