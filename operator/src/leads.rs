//! Reads the leads of accounts.

use crate::Failure;
use shared::{
    model::{Account, LeadSpan, StoredLead},
    table::{LeadTable, Order},
};

/// How many leads were read, and the read units.
#[derive(Clone, Copy, Debug, Default)]
pub struct Read {
    pub leads: usize,
    pub units: f64,
}

/// Calls `take` with each lead of the accounts, the oldest of each account first.
///
/// # Errors
/// If the table cannot be read, or if `take` fails.
pub async fn each_lead<E: From<Failure>>(
    table: &LeadTable,
    accounts: &[Account],
    span: LeadSpan,
    mut take: impl FnMut(&Account, StoredLead) -> Result<(), E>,
) -> Result<Read, E> {
    let mut read = Read::default();
    for account in accounts {
        let mut rest = Some(span);
        while let Some(span) = rest {
            let page = table.leads(account, span, Order::OldestFirst, None).await;
            let page = page.map_err(Failure::from)?;
            read.leads += page.leads.len();
            read.units += page.units;
            for lead in page.leads {
                take(account, lead)?;
            }
            rest = page.rest;
        }
    }
    Ok(read)
}
