use crate::all::api;
use shared::{
    delivery::{Context, Handled},
    model::{Account, HeldDelivery},
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
) -> Result<Handled, StoreError> {
    let redeliver = api(account.provider).redeliver;
    let handled = redeliver(context, account, held, body).await;
    if handled.summary.became_lead() {
        context.table.delete_held(account, &held.id).await?;
    }
    Ok(handled)
}
