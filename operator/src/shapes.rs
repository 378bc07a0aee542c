//! Looks for items of another shape.

use jiff::Timestamp;
use providers::about;
use shared::{
    model::LeadSpan,
    table::{LeadPage, LeadTable, Order, SkippedItem, StoreError, WhichHeld},
};

/// Reads the whole table, except for claims and blocks, which are only compared. Returns the items
/// that have another shape than their kind.
///
/// # Errors
/// If the table cannot be read.
pub async fn find_other_shapes(
    table: &LeadTable,
    now: Timestamp,
) -> Result<Vec<SkippedItem>, StoreError> {
    let table = table.afresh();
    table.api_keys(None).await?;
    table.destinations().await?;
    for account in table.accounts(None).await? {
        let mut rest = Some(LeadSpan::ALL);
        while let Some(span) = rest {
            let page: LeadPage = table.leads(&account, span, Order::OldestFirst, None).await?;
            rest = page.rest;
        }
        table.each_held(&account, &WhichHeld::All, now, drop).await?;
        let kinds: Vec<_> = about(account.provider).kinds.iter().map(|kind| kind.name).collect();
        table.entries(&account, &kinds).await?;
        table.events_set_aside(&account, None, None, now).await?;
    }
    Ok(table.skipped())
}
