use super::{
    super::{
        Failure,
        listing::{Listing, Output},
        session::Session,
    },
    Filter,
};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use providers::{LeadRecord, read_id, write_id};
use serde_json::Value;
use shared::{
    model::{Account, HeldDelivery, HeldKind, HeldReason, LeadSpan, StoredLead},
    table::WhichHeld,
};
use std::collections::BTreeMap;

/// The result of the deliveries.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Outcome {
    /// They are leads
    Created,
    /// They were refused for their content, and are held
    Invalid,
    /// Their person is already a lead; the deliveries are held
    Repeat,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    filter: Filter,
    /// The result of the deliveries
    #[arg(long, value_enum, default_value = "created")]
    outcome: Outcome,
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
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self.outcome {
            Outcome::Created => self.list_leads(session).await,
            Outcome::Invalid => self.list_held(session, HeldKind::Invalid).await,
            Outcome::Repeat => self.list_held(session, HeldKind::Repeat).await,
        }
    }

    /// Refuses invalid options before anything is opened.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.outcome != Outcome::Created && self.before.is_some() {
            let text = "--before is only for leads; for held deliveries, name a time with --until";
            return Err(Failure::input(text));
        }
        Ok(())
    }

    async fn list_leads(&self, session: &Session) -> Result<(), Failure> {
        let columns = &[
            "id",
            "provider",
            "account",
            "created_at",
            "name",
            "email",
            "phone",
            "source",
            "status",
        ];
        let spare = &["status", "source", "account", "phone", "provider", "created_at"];
        let mut listing = Listing::new(columns).sparing(spare);
        for (account, lead) in self.newest(session).await? {
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

    async fn newest(&self, session: &Session) -> Result<Vec<(Account, StoredLead)>, Failure> {
        let Some(span) = self.span(session.sources.now())? else { return Ok(Vec::new()) };
        let accounts = self.filter.accounts.find(session).await?;
        Ok(session.table.newest_leads(&accounts, span, self.limit.into()).await?)
    }

    fn span(&self, now: Timestamp) -> Result<Option<LeadSpan>, Failure> {
        let span = self.filter.span(now)?;
        let Some(before) = &self.before else { return Ok(Some(span)) };
        let (_, id) = read_id(before)
            .ok_or_else(|| Failure::Input(format!("`{before}` is not a lead's id")))?;
        Ok(span.before(id))
    }

    async fn list_held(&self, session: &Session, kind: HeldKind) -> Result<(), Failure> {
        let (since, until) = self.filter.times(session.sources.now())?;
        // Only the listed data stays in memory, not the bodies.
        let mut newest = BTreeMap::<_, [Value; 6]>::new();
        for account in self.filter.accounts.find(session).await? {
            let take = |held: HeldDelivery| {
                let at = held.received_at;
                if since.is_none_or(|since| since <= at) && until.is_none_or(|until| at < until) {
                    let row = held_row(&account, &held);
                    newest.insert((at, account.to_string(), held.id), row);
                }
                if newest.len() > self.limit.into() {
                    newest.pop_first();
                }
            };
            session
                .table
                .each_held(&account, &WhichHeld::Kind(kind), session.sources.now(), take)
                .await?;
        }
        let mut listing =
            Listing::new(&["id", "provider", "account", "received_at", "outcome", "lead"]);
        for row in newest.into_values().rev() {
            listing.push(row);
        }
        listing.print(self.output.output)
    }
}

/// The row of a held delivery.
fn held_row(account: &Account, held: &HeldDelivery) -> [Value; 6] {
    let lead = match held.reason {
        HeldReason::Invalid => None,
        HeldReason::Repeat(id) => Some(write_id(account.provider, id)),
    };
    [
        held.id.short().to_string().into(),
        account.provider.as_str().into(),
        account.id.as_str().into(),
        format!("{:.3}", held.received_at).into(),
        held.id.kind.as_str().into(),
        lead.into(),
    ]
}
