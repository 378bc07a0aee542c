use crate::{
    Keyspot,
    answer::answer_lead,
    check_network,
    contract::{CreateLead, Details, PROPERTY, Property, Refusal},
};
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields},
    model::{Account, ApiKey, Provider},
    request::{Request, bearer_token},
    table::StoreError,
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
        let account_of = |key: &ApiKey| check_network(key, request).map(|()| key.account.clone());
        context.authenticate(Provider::Keyspot, issued_to, account_of).await
    }

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims =
            delivery.claims()?.replay(delivery.context.replay_window, lead.email(), lead.phone());
        let property = find_property(delivery, lead.property_code.as_ref()).await?;
        let lead = lead.into_lead(delivery, property);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(accepted: Accepted<Self>) -> Answer {
        answer_lead(accepted)
    }
}

/// The property with this code. An unknown code is not an error.
async fn find_property(
    delivery: &Delivery<'_>,
    code: Option<&String>,
) -> Result<Option<Property>, StoreError> {
    match code {
        Some(code) => delivery.find_entry(PROPERTY, code).await,
        None => Ok(None),
    }
}
