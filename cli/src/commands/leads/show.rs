use crate::commands::{
    accounts::AccountOptions,
    failure::Failure,
    listing::{Format, Listing, write_json},
    open_table::OpenTable,
};
use clap::Args;
use operator::{
    destinations::{ForwardingState, forwarding_states},
    write_leads::{COLUMNS, cells},
};
use providers::{LeadRecord, read_id, write_time};
use serde::Serialize;
use serde_json::Value;
use shared::model::{BrokenRule, Update};
use std::io::{Write, stdout};

#[derive(Args)]
pub(super) struct Show {
    /// The lead's id: ours, or as its provider writes it
    id: String,
    #[command(flatten)]
    accounts: AccountOptions,
    /// How to print it
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    output: Format,
}

impl Show {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { id, accounts, output } = self;
        let (provider, lead_id) =
            read_id(&id).ok_or_else(|| Failure::Input(format!("`{id}` is not a lead's id")))?;
        let accounts = AccountOptions { provider: accounts.provider.or(provider), ..accounts };
        let accounts = accounts.find(opened).await?;
        let ids: Vec<_> = accounts.into_iter().map(|account| (account, lead_id)).collect();
        let leads = opened.table.get_leads(&ids).await?;
        if leads.is_empty() {
            return Err(Failure::NotFound(format!("there is no lead {id}")));
        }
        let destinations = opened.table.destinations().await?;
        for (account, lead) in leads {
            let updates = lead.updates.clone();
            let forwarded =
                forwarding_states(&opened.table, &destinations, &account, &lead).await?;
            print(&LeadRecord::new(&account, lead)?, &updates, &forwarded, output)?;
        }
        Ok(())
    }
}

/// A lead as JSON. Its details and unknown members are written as they were sent.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    lead: &'a LeadRecord,
    updates: &'a [Update],
    destinations: &'a [ForwardingState],
}

/// Prints all fields of a lead, the rules it breaks, its last updates, and where it was forwarded.
fn print(
    lead: &LeadRecord,
    updates: &[Update],
    forwarded: &[ForwardingState],
    format: Format,
) -> Result<(), Failure> {
    if format == Format::Json {
        return write_json(&Shown { lead, updates, destinations: forwarded });
    }
    print_lead(lead, format)?;
    if format == Format::Table && !lead.broken_rules.is_empty() {
        let mut listing = Listing::new("field broken_rule");
        for BrokenRule { field, rule } in &lead.broken_rules {
            listing.push([field.clone().into(), rule.clone().into()]);
        }
        writeln!(stdout())?;
        listing.print(format)?;
    }
    if format == Format::Table && !updates.is_empty() {
        let mut listing = Listing::new("update at key");
        for Update { number, at, key } in updates {
            listing.push([(*number).into(), write_time(*at).into(), key.clone().into()]);
        }
        writeln!(stdout())?;
        listing.print(format)?;
    }
    if format == Format::Table && !forwarded.is_empty() {
        let mut listing = Listing::new("destination host state status");
        for state in forwarded {
            listing.push([
                state.id.clone().into(),
                state.host.clone().into(),
                state.state.into(),
                state.status.into(),
            ]);
        }
        writeln!(stdout())?;
        listing.print(format)?;
    }
    Ok(())
}

fn print_lead(lead: &LeadRecord, format: Format) -> Result<(), Failure> {
    let details = lead.details_text();
    let mut listing = Listing::of(COLUMNS);
    listing.push(cells(lead, &details).map(Value::from));
    listing.print_one(format)
}
