use super::super::{
    Failure,
    accounts::AccountOptions,
    listing::{Format, Listing, write_json},
    session::Session,
};
use clap::Args;
use operator::{
    destinations::{Way, ways_of_lead},
    write_leads::{COLUMNS, cells},
};
use providers::{LeadRecord, read_id};
use serde::Serialize;
use serde_json::{Value, json};
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
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { id, accounts, output } = self;
        let (provider, lead_id) =
            read_id(&id).ok_or_else(|| Failure::Input(format!("`{id}` is not a lead's id")))?;
        let accounts = AccountOptions { provider: accounts.provider.or(provider), ..accounts };
        let accounts = accounts.find(session).await?;
        let ids: Vec<_> = accounts.into_iter().map(|account| (account, lead_id)).collect();
        let leads = session.table.get_leads(&ids).await?;
        if leads.is_empty() {
            return Err(Failure::NotFound(format!("there is no lead {id}")));
        }
        let destinations = session.table.destinations().await?;
        for (account, lead) in leads {
            let id = lead.id;
            let ways = ways_of_lead(&session.table, &destinations, &account, id).await?;
            print(&LeadRecord::new(&account, lead)?, &ways, output)?;
        }
        Ok(())
    }
}

/// A lead as JSON. Its details and unknown members are written as they were sent.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    lead: &'a LeadRecord,
    destinations: Vec<Value>,
}

/// Prints all fields of a lead, and where it was forwarded.
fn print(lead: &LeadRecord, ways: &[Way], format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        return write_json(&Shown { lead, destinations: ways.iter().map(to_json).collect() });
    }
    print_lead(lead, format)?;
    if format == Format::Table && !ways.is_empty() {
        let mut listing = Listing::new(&["destination", "host", "state", "status"]);
        for way in ways {
            listing.push([
                way.id.clone().into(),
                way.host.clone().into(),
                way.state.into(),
                way.status.into(),
            ]);
        }
        writeln!(stdout())?;
        listing.print(format)?;
    }
    Ok(())
}

fn to_json(way: &Way) -> Value {
    let Way { id, host, state, status } = way;
    json!({ "id": id, "host": host, "state": state, "status": status })
}

fn print_lead(lead: &LeadRecord, format: Format) -> Result<(), Failure> {
    let details = lead.details_text();
    let mut listing = Listing::new(&COLUMNS);
    listing.push(cells(lead, &details).map(Value::from));
    listing.print_one(format)
}
