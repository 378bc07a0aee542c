mod redeliver;

use super::{
    Failure,
    accounts::AccountOptions,
    listing::{Format, Listing, Output},
    session::{Access, Session, TableOptions},
    terminal::{Escapes, data_out},
};
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::Table;
use providers::{LeadRecord, write_id};
use redeliver::RedeliverHeld;
use shared::{
    model::{Account, HeldDelivery, HeldId, HeldKind, HeldReason, pretty, text_of},
    table::WhichHeld,
};
use std::io::Write;

/// Deliveries that did not become leads.
#[derive(Args)]
pub(super) struct Held {
    #[command(flatten)]
    table: TableOptions,
    #[command(flatten)]
    accounts: AccountOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List held deliveries, the newest first
    #[command(after_help = "Example:\n  leadhook held list --reason invalid --provider integrabot")]
    List(List),
    /// Show a delivery; a repeat is shown beside the lead of the same person
    Show {
        /// The delivery, as `held list` names it
        id: String,
    },
    /// Correct and redeliver a delivery; it is no longer held when it is a lead
    #[command(after_help = "\
Examples:
  leadhook held redeliver invalid-3f2a9c51d0e4 --set email=ana@exemplo.com
  leadhook held redeliver invalid-3f2a9c51d0e4 --set 'email:=null'
  leadhook held redeliver invalid-3f2a9c51d0e4 --edit
  leadhook held redeliver invalid-3f2a9c51d0e4 --encoding windows-1252 \\
    --set email=ana@exemplo.com")]
    #[command(alias = "replay")]
    Redeliver(RedeliverHeld),
    /// Delete held deliveries
    Discard {
        /// The deliveries, as `held list` names them
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

impl Command {
    fn access(&self) -> Access {
        match self {
            Self::List(_) | Self::Show { .. } => Access::Read,
            Self::Redeliver(_) | Self::Discard { .. } => Access::Write,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Reason {
    /// Refused for what they contain
    Invalid,
    /// From people who are already leads
    Repeat,
}

#[derive(Args)]
struct List {
    /// Held for this reason
    #[arg(long, value_enum)]
    reason: Option<Reason>,
    #[command(flatten)]
    output: Output,
}

impl Held {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.table.open(self.command.access()).await?;
        let done = match self.command {
            Command::List(list) => list.run(&session, &self.accounts).await,
            Command::Show { id } => show(&session, &self.accounts, &id).await,
            Command::Redeliver(redeliver) => redeliver.run(&session, &self.accounts).await,
            Command::Discard { ids } => discard(&session, &self.accounts, &ids).await,
        };
        session.close(done).await
    }
}

/// The only delivery whose id begins with `id`.
async fn find(
    session: &Session,
    accounts: &AccountOptions,
    id: &str,
) -> Result<(Account, HeldDelivery), Failure> {
    let mut found = Vec::new();
    if let Ok(id) = id.parse::<HeldId>() {
        let which = WhichHeld::Id(id);
        for account in accounts.find(session).await? {
            let take = |held| found.push((account.clone(), held));
            session.table.each_held(&account, &which, session.sources.now(), take).await?;
        }
    }
    match <[_; 1]>::try_from(found) {
        Ok([found]) => Ok(found),
        Err(found) if found.is_empty() => {
            let text = format!("nothing is held as {id}; `leadhook held list` shows what is");
            Err(Failure::NotFound(text))
        }
        Err(_) => {
            let text = format!(
                "several deliveries are held as {id}; write more of it, or name the account"
            );
            Err(Failure::Input(text))
        }
    }
}

impl List {
    async fn run(self, session: &Session, accounts: &AccountOptions) -> Result<(), Failure> {
        let which = match self.reason {
            None => WhichHeld::All,
            Some(Reason::Invalid) => WhichHeld::Kind(HeldKind::Invalid),
            Some(Reason::Repeat) => WhichHeld::Kind(HeldKind::Repeat),
        };
        let mut rows = Vec::new();
        for account in accounts.find(session).await? {
            // Only the listed data stays in memory, not the bodies.
            let take = |held: HeldDelivery| {
                let lead = match held.reason {
                    HeldReason::Invalid => None,
                    HeldReason::Repeat(id) => Some(write_id(account.provider, id)),
                };
                let row = (held.received_at, account.clone(), held.id.short(), lead, held.why());
                rows.push(row);
            };
            session.table.each_held(&account, &which, session.sources.now(), take).await?;
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.0));
        let columns = &["id", "provider", "account", "received_at", "lead", "why"];
        let spare = &["account", "provider", "received_at"];
        let mut listing = Listing::new(columns).sparing(spare).wrapping();
        for (received_at, account, id, lead, why) in rows {
            listing.push([
                id.to_string().into(),
                account.provider.as_str().into(),
                account.id.as_str().into(),
                format!("{received_at:.3}").into(),
                lead.into(),
                why.into(),
            ]);
        }
        listing.print(self.output.output)
    }
}

async fn show(session: &Session, accounts: &AccountOptions, id: &str) -> Result<(), Failure> {
    let (account, held) = find(session, accounts, id).await?;
    let mut listing =
        Listing::new(&["id", "provider", "account", "received_at", "chatbot", "answered", "why"]);
    listing.push([
        held.id.short().to_string().into(),
        account.provider.as_str().into(),
        account.id.as_str().into(),
        format!("{:.3}", held.received_at).into(),
        held.target.clone().into(),
        held.answer.as_ref().map(|answer| answer.status).into(),
        held.why().into(),
    ]);
    listing.print_one(Format::Table)?;
    let delivered = shown(&held.body);
    let mut out = data_out(Escapes::Text);
    match held.reason {
        HeldReason::Invalid => writeln!(out, "\n{delivered}")?,
        HeldReason::Repeat(lead_id) => {
            let leads = session.table.get_leads(&[(account, lead_id)]).await?;
            let lead = match leads.into_iter().next() {
                Some((account, lead)) => {
                    let lead = LeadRecord::new(&account, lead)?;
                    shown(&serde_json::to_vec(&lead).map_err(std::io::Error::from)?)
                }
                None => "(the lead is gone)".to_owned(),
            };
            let mut table = Table::new();
            table.set_header(["the lead", "what came again"]).add_row([lead, delivered]);
            writeln!(out, "\n{table}")?;
        }
    }
    Ok(out.flush()?)
}

/// A body for people: JSON line by line.
fn shown(body: &[u8]) -> String {
    let lines = text_of(body).and_then(pretty);
    lines.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

async fn discard(
    session: &Session,
    accounts: &AccountOptions,
    ids: &[String],
) -> Result<(), Failure> {
    let mut found = Vec::new();
    for id in ids {
        found.push(find(session, accounts, id).await?);
    }
    for (account, held) in found {
        session.table.delete_held(&account, &held.id).await?;
        eprintln!("{} is held no longer", held.id.short());
    }
    Ok(())
}
