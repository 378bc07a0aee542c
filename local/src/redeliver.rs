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

/// Delivers again what was held for an account, with `body` in its place. Where that makes a
/// lead it is held no longer; where its person is known already it still is.
///
/// # Errors
/// Where the held delivery could not be deleted: delivered again, it makes no second lead
/// within a day.
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
