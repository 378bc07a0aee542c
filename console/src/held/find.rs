use crate::{address::read_account, app::Console, page::Failed};
use axum::extract::Path;
use shared::{
    model::{Account, HeldDelivery, HeldId},
    table::{StoreError, WhichHeld},
};

pub(super) type HeldPath = Path<(String, String, String)>;

pub(super) async fn find(
    console: &Console,
    Path((provider, account, id)): HeldPath,
) -> Result<(Account, HeldDelivery), Failed> {
    let account = read_account(&provider, account)?;
    let missing = || Failed::missing("it is not held; it may have become a lead");
    let id = id.parse().map_err(|_| missing())?;
    let held = read_one(console, &account, id).await?;
    Ok((account, held.ok_or_else(missing)?))
}

pub(super) async fn read_one(
    console: &Console,
    account: &Account,
    id: HeldId,
) -> Result<Option<HeldDelivery>, StoreError> {
    let mut found = None;
    let take = |held| found = Some(held);
    console.table().each_held(account, &WhichHeld::Id(id), console.system().now(), take).await?;
    Ok(found)
}
