use crate::{
    answer::answer_lead,
    contract::{CreateLead, Details, PROPERTY, Property},
    state::Keyspot,
};
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields},
    model::Outcome,
    table::StoreError,
};

/// `POST /v1/leads`.
impl LeadEndpoint for Keyspot {
    type Details = Details;

    async fn accept(delivery: &mut Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims =
            delivery.claims()?.replay(delivery.context.replay_window, lead.email(), lead.phone());
        let property = find_property(delivery, lead.property_code.as_ref()).await?;
        let lead = lead.into_lead(delivery, property);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(outcome: &Outcome<Details>) -> Answer {
        answer_lead(outcome)
    }
}

/// The property with this code. An unknown code is not an error.
async fn find_property(
    delivery: &Delivery<'_>,
    code: Option<&String>,
) -> Result<Option<Property>, StoreError> {
    match code {
        Some(code) => delivery.context.find_entry(delivery.account, PROPERTY, code).await,
        None => Ok(None),
    }
}
