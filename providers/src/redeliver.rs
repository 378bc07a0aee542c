use crate::all::api;
use shared::{
    delivery::{Context, Handled, OperatorUpdate},
    model::{Account, HeldDelivery, LeadId},
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

/// Updates the lead of a held repeat with a body. Then the delivery is no longer held.
///
/// # Errors
/// If the held delivery cannot be deleted. Another update changes nothing.
pub async fn update_by_held(
    context: &Context,
    account: &Account,
    held: &HeldDelivery,
    lead: LeadId,
    body: &[u8],
) -> Result<OperatorUpdate, StoreError> {
    let Some(update) = api(account.provider).update else {
        return Ok(OperatorUpdate::NotPossible);
    };
    let updated = update(context, account, lead, body).await;
    if let OperatorUpdate::Updated = updated {
        context.table.delete_held(account, &held.id).await?;
    }
    Ok(updated)
}
