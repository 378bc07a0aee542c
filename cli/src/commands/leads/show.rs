use super::super::{
    Failure,
    accounts::AccountOptions,
    destinations::host,
    listing::{Format, Listing, write_json},
    session::Session,
};
use clap::Args;
use forwarding::{LeadRecord, read_id};
use serde_json::{Value, json};
use shared::model::{Account, Destination, LeadId, SetAside};
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
            let ways = forwarded(session, &destinations, &account, id).await?;
            print(&LeadRecord::new(&account, lead)?, &ways, output)?;
        }
        Ok(())
    }
}

/// A destination of a lead's account, and whether the lead was forwarded to it.
struct Way {
    id: String,
    host: String,
    state: &'static str,
    /// The status of the last refusal.
    status: Option<u16>,
}

/// Where a lead was forwarded.
async fn forwarded(
    session: &Session,
    destinations: &[Destination],
    account: &Account,
    lead: LeadId,
) -> Result<Vec<Way>, Failure> {
    let of_account = destinations.iter().filter(|destination| destination.account() == *account);
    let destinations: Vec<_> = of_account.cloned().collect();
    let events = session.table.lead_set_aside(lead, &destinations).await?;
    let way = |destination: &Destination| {
        let event = events.iter().find(|event| event.destination == destination.id);
        let (id, host) = (destination.id.to_string(), host(destination));
        let (state, status) = state(destination, lead, event);
        Way { id, host, state, status }
    };
    Ok(destinations.iter().map(way).collect())
}

/// The state of a lead at a destination, and the status of the last refusal.
fn state(
    destination: &Destination,
    lead: LeadId,
    event: Option<&SetAside>,
) -> (&'static str, Option<u16>) {
    let Destination { starts_after, cursor, reached, .. } = destination;
    let state = match event {
        Some(event) if event.tries > 0 => return ("set aside", event.status),
        None if lead <= *starts_after => "older than its start",
        None if lead <= *cursor => "forwarded",
        None if reached.is_some_and(|reached| lead <= reached) => {
            "forwarded, and waiting to be posted again"
        }
        _ => "waiting",
    };
    (state, None)
}

/// Prints all fields of a lead, and where it was forwarded.
fn print(lead: &LeadRecord, ways: &[Way], format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        let mut lead = serde_json::to_value(lead).map_err(std::io::Error::from)?;
        lead["destinations"] = ways.iter().map(Way::to_json).collect();
        return write_json(&lead);
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

impl Way {
    fn to_json(&self) -> Value {
        let Self { id, host, state, status } = self;
        json!({ "id": id, "host": host, "state": state, "status": status })
    }
}

fn print_lead(lead: &LeadRecord, format: Format) -> Result<(), Failure> {
    let mut listing = Listing::new(&[
        "id",
        "provider",
        "account",
        "created_at",
        "name",
        "email",
        "phone",
        "source",
        "status",
        "details",
    ]);
    listing.push([
        Value::from(lead.id.clone()),
        lead.provider.into(),
        lead.account.clone().into(),
        lead.created_at.clone().into(),
        lead.name.clone().into(),
        lead.email.clone().into(),
        lead.phone.clone().into(),
        lead.source.clone().into(),
        lead.status.clone().into(),
        lead.details_text().into(),
    ]);
    listing.print_one(format)
}
