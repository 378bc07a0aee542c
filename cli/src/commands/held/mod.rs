mod find;
mod redeliver;

use super::{
    accounts::AccountOptions,
    failure::Failure,
    listing::{Format, Listing, Output},
    open_table::OpenTable,
    table_options::{Access, TableOptions},
};
use crate::terminal::{Escapes, data_out};
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::Table;
use find::{find, shown};
use providers::{LeadRecord, write_id};
use redeliver::RedeliverHeld;
use shared::{
    model::{HeldDelivery, HeldKind, HeldReason},
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
    /// Correct and redeliver a delivery, or update the lead of a repeat; then it is no longer held
    #[command(after_help = "\
Examples:
  leadhook held redeliver invalid-3f2a9c51d0e4 --set email=ana@exemplo.com
  leadhook held redeliver invalid-3f2a9c51d0e4 --set 'email:=null'
  leadhook held redeliver invalid-3f2a9c51d0e4 --edit
  leadhook held redeliver repeat-8b1c2d3e4f50 --update
  leadhook held redeliver invalid-3f2a9c51d0e4 --encoding windows-1252 \\
    --set email=ana@exemplo.com")]
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
        let opened = self.table.open(self.command.access()).await?;
        let done = match self.command {
            Command::List(list) => list.run(&opened, &self.accounts).await,
            Command::Show { id } => show(&opened, &self.accounts, &id).await,
            Command::Redeliver(redeliver) => redeliver.run(&opened, &self.accounts).await,
            Command::Discard { ids } => discard(&opened, &self.accounts, &ids).await,
        };
        opened.close(done).await
    }
}

impl List {
    async fn run(self, opened: &OpenTable, accounts: &AccountOptions) -> Result<(), Failure> {
        let which = match self.reason {
            None => WhichHeld::All,
            Some(Reason::Invalid) => WhichHeld::Kind(HeldKind::Invalid),
            Some(Reason::Repeat) => WhichHeld::Kind(HeldKind::Repeat),
        };
        let mut rows = Vec::new();
        for account in accounts.find(opened).await? {
            // Only the listed data stays in memory, not the bodies.
            let take = |held: HeldDelivery| {
                let lead = match held.reason {
                    HeldReason::Invalid => None,
                    HeldReason::Repeat(id) => Some(write_id(account.provider, id)),
                };
                let row = (held.received_at, account.clone(), held.id.short(), lead, held.why());
                rows.push(row);
            };
            opened.table.each_held(&account, &which, opened.system.now(), take).await?;
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.0));
        let columns = "id provider account received_at lead why";
        let spare = "account provider received_at";
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

async fn show(opened: &OpenTable, accounts: &AccountOptions, id: &str) -> Result<(), Failure> {
    let (account, held) = find(opened, accounts, id).await?;
    let mut listing = Listing::new("id provider account received_at chatbot answered why");
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
            let leads = opened.table.get_leads(&[(account, lead_id)]).await?;
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

async fn discard(
    opened: &OpenTable,
    accounts: &AccountOptions,
    ids: &[String],
) -> Result<(), Failure> {
    let mut found = Vec::new();
    for id in ids {
        found.push(find(opened, accounts, id).await?);
    }
    for (account, held) in found {
        opened.table.delete_held(&account, &held.id).await?;
        eprintln!("{} is held no longer", held.id.short());
    }
    Ok(())
}
