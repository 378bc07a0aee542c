use crate::{
    answer::answer_lead,
    contract::{CreateLead, Details, PROPERTY, Property},
    state::{Keyspot, check_network},
};
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields, Rejection},
    model::{Account, ApiKey, Provider},
    request::{Request, bearer_token},
    table::StoreError,
};

/// `POST /v1/leads`.
impl LeadEndpoint for Keyspot {
    const PROVIDER: Provider = Provider::Keyspot;
    type State = Self;
    type Details = Details;

    async fn authenticate(keyspot: &Self, request: &Request) -> Result<Account, Rejection> {
        let Self { context, signing_secret } = keyspot;
        let token = bearer_token(&request.headers)?;
        let now = context.system.now();
        let issued_to = signing_secret.verify(token, now).await?;
        let account_of = |key: &ApiKey| check_network(key, request).map(|()| key.account.clone());
        context.api_keys.authenticate(Provider::Keyspot, issued_to, now, account_of).await
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
