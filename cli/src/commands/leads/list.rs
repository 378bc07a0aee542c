use super::filter::Filter;
use crate::commands::{
    failure::Failure,
    listing::{Listing, Output},
    open_table::OpenTable,
};
use clap::Args;
use jiff::Timestamp;
use providers::{LeadRecord, read_id};
use shared::model::{Account, LeadSpan, StoredLead};

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    filter: Filter,
    /// How many to list
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Only leads before this one; with the last listed lead, this is the next page
    #[arg(long, value_name = "LEAD")]
    before: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl List {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let columns = "id provider account created_at name email phone source status";
        let spare = "status source account phone provider created_at";
        let mut listing = Listing::new(columns).sparing(spare);
        for (account, lead) in self.newest(opened).await? {
            let lead = LeadRecord::new(&account, lead)?;
            listing.push([
                lead.id.into(),
                lead.provider.into(),
                lead.account.into(),
                lead.created_at.into(),
                lead.name.into(),
                lead.email.into(),
                lead.phone.into(),
                lead.source.into(),
                lead.status.into(),
            ]);
        }
        listing.print(self.output.output)
    }

    async fn newest(&self, opened: &OpenTable) -> Result<Vec<(Account, StoredLead)>, Failure> {
        let Some(span) = self.span(opened.system.now())? else { return Ok(Vec::new()) };
        let accounts = self.filter.accounts.find(opened).await?;
        Ok(opened.table.newest_leads(&accounts, span, self.limit.into()).await?)
    }

    fn span(&self, now: Timestamp) -> Result<Option<LeadSpan>, Failure> {
        let span = self.filter.span(now)?;
        let Some(before) = &self.before else { return Ok(Some(span)) };
        let (_, id) = read_id(before)
            .ok_or_else(|| Failure::Input(format!("`{before}` is not a lead's id")))?;
        Ok(span.before(id))
    }
}
