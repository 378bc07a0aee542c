use crate::{
    model::{Account, LeadSpan, StoredLead},
    table::fault::StoreError,
    table::lead_table::{LeadTable, PAGE},
    table::leads::Order,
};
use std::cmp::Reverse;

impl LeadTable {
    /// The newest leads of several accounts in a span of ids, the newest first: `limit` leads, from
    /// as many pages as necessary.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn newest_leads(
        &self,
        accounts: &[Account],
        span: LeadSpan,
        limit: usize,
    ) -> Result<Vec<(Account, StoredLead)>, StoreError> {
        let page_limit = i32::try_from(limit).unwrap_or(PAGE).min(PAGE);
        let mut newest: Vec<(Account, StoredLead)> = Vec::new();
        for account in accounts {
            let mut rest = Some(span);
            while let Some(span) = rest {
                let page = self.leads(account, span, Order::NewestFirst, Some(page_limit)).await?;
                newest.extend(page.leads.into_iter().map(|lead| (account.clone(), lead)));
                newest.sort_by_key(|(_, lead)| Reverse(lead.id));
                newest.truncate(limit);
                // If the list is full, leads that are older than its oldest one do not matter.
                let is_full = newest.len() == limit;
                let oldest = newest.last().filter(|_| is_full).map(|(_, lead)| lead.id);
                rest = page.rest.filter(|rest| oldest.is_none_or(|oldest| rest.last > oldest));
            }
        }
        Ok(newest)
    }
}
