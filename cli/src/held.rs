use shared::{Account, Context, HeldDelivery, Provider, Replayed, StoreError};

/// Delivers again what was held for an account, with `body` in its place. Where that makes a
/// lead it is held no longer; where its person is known already it still is.
///
/// # Errors
/// Where it could not be let go: replayed again, it makes no second lead within a day.
pub async fn replay_held(
    context: &Context,
    account: &Account,
    held: &HeldDelivery,
    body: Vec<u8>,
) -> Result<Replayed, StoreError> {
    let replayed = replay(context, account, held, body).await;
    if replayed.became_lead {
        context.table.delete_held(account, &held.id()).await?;
    }
    Ok(replayed)
}

async fn replay(
    context: &Context,
    account: &Account,
    held: &HeldDelivery,
    body: Vec<u8>,
) -> Replayed {
    let request = held.request(body);
    match account.provider {
        Provider::Integrabot => integrabot::replay(context, account, &request).await,
        Provider::RdStation => rdstation::replay(context, account, &request).await,
        Provider::PollyBot => pollybot::replay(context, account, &request).await,
        Provider::Keyspot => keyspot::replay(context, account, &request).await,
        Provider::Flextell => flextell::replay(context, account, &request).await,
    }
}
