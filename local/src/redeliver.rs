use flextell::Flextell;
use integrabot::Integrabot;
use keyspot::Keyspot;
use pollybot::PollyBot;
use rdstation::RdStation;
use shared::{
    delivery::{Context, Redelivered, redeliver},
    model::{Account, HeldDelivery, Provider},
    table::StoreError,
};

/// Redelivers a held delivery of an account with another body. If it becomes a new lead, the held
/// delivery is deleted; otherwise it stays.
///
/// # Errors
/// If the held delivery cannot be deleted. Another redelivery within a day makes no second lead.
pub async fn redeliver_held(
    context: &Context,
    account: &Account,
    held: &HeldDelivery,
    body: &[u8],
) -> Result<Redelivered, StoreError> {
    let redelivered = match account.provider {
        Provider::Integrabot => redeliver::<Integrabot>(context, account, held, body).await,
        Provider::RdStation => redeliver::<RdStation>(context, account, held, body).await,
        Provider::PollyBot => redeliver::<PollyBot>(context, account, held, body).await,
        Provider::Keyspot => redeliver::<Keyspot>(context, account, held, body).await,
        Provider::Flextell => redeliver::<Flextell>(context, account, held, body).await,
    };
    if redelivered.became_lead {
        context.table.delete_held(account, &held.id).await?;
    }
    Ok(redelivered)
}
