//! Lists destinations, and shows one.

use super::named::Named;
use crate::commands::{
    accounts::provider_parser,
    failure::Failure,
    listing::{Listing, Output},
    open_table::OpenTable,
};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use operator::{
    destinations::{COUNTED, Waiting, destination_state, host, write_counted},
    times::write_time,
};
use providers::write_id;
use serde_json::Value;
use shared::model::{AccountId, Destination, LeadId, Provider};

const LIST_COLUMNS: &str = "id provider account label host format state failing_since \
                            next_attempt_at waiting oldest last last_at";
/// The columns that a narrow terminal leaves out, the first ones first.
const SPARE_COLUMNS: &str =
    "format last_at provider oldest failing_since account label next_attempt_at last";
const SHOW_COLUMNS: &str = "id provider account label host format method headers template only passed_over in_flight created_at from state failures \
                            failing_since next_attempt_at stuck_at forwarded_to waiting oldest \
                            set_aside last last_at secret_version old_secret_until";

#[derive(Args)]
pub(super) struct List {
    /// Only of this provider
    #[arg(long, short, value_parser = provider_parser())]
    provider: Option<Provider>,
    /// Only of this account
    #[arg(long, short)]
    account: Option<AccountId>,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Show {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    output: Output,
}

impl List {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { provider, account, output } = self;
        let mut destinations = opened.table.destinations().await?;
        destinations.retain(|destination| {
            provider.is_none_or(|provider| destination.provider == provider)
                && account.as_ref().is_none_or(|account| destination.account == *account)
        });
        let now = opened.table_time().await?;
        let mut listing = Listing::new(LIST_COLUMNS).sparing(SPARE_COLUMNS);
        for destination in destinations {
            let waiting = Waiting::count(&opened.table, &destination).await?;
            listing.push([
                destination.id.as_str().into(),
                destination.provider.as_str().into(),
                destination.account.as_str().into(),
                destination.label.clone().into(),
                host(&destination).into(),
                destination.format.as_str().into(),
                destination_state(&destination, now).into(),
                destination.failing_since.map(write_time).into(),
                destination.next_attempt_at.map(write_time).into(),
                number(&waiting),
                age(&waiting, now).into(),
                last(&destination),
                destination.last.as_ref().map(|last| write_time(last.at)).into(),
            ]);
        }
        listing.print(output.output)
    }
}

impl Show {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let destination = self.named.find(opened).await?;
        let (account, now) = (destination.account(), opened.table_time().await?);
        let waiting = Waiting::count(&opened.table, &destination).await?;
        let set_aside =
            opened.table.events_set_aside(&account, Some(&destination.id), None, now).await?;
        let mut listing = Listing::new(SHOW_COLUMNS);
        let time = |id: LeadId| (id > LeadId::FIRST).then(|| write_time(id.time()));
        listing.push([
            destination.id.as_str().into(),
            destination.provider.as_str().into(),
            destination.account.as_str().into(),
            destination.label.clone().into(),
            host(&destination).into(),
            destination.format.as_str().into(),
            destination.request.method.as_str().into(),
            destination
                .request
                .headers
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" ")
                .into(),
            destination.request.template.clone().into(),
            destination.only.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ").into(),
            destination.passed_over.into(),
            destination.in_flight.get().into(),
            write_time(destination.created_at).into(),
            time(destination.starts_after).unwrap_or_else(|| "all".to_owned()).into(),
            destination_state(&destination, now).into(),
            destination.failures.into(),
            destination.failing_since.map(write_time).into(),
            destination.next_attempt_at.map(write_time).into(),
            destination.stuck.map(|stuck| write_id(account.provider, stuck.lead)).into(),
            time(destination.cursor).into(),
            number(&waiting),
            age(&waiting, now).into(),
            set_aside.len().into(),
            last(&destination),
            destination.last.as_ref().map(|last| write_time(last.at)).into(),
            destination.secret_version.into(),
            destination.old_secret_until.map(write_time).into(),
        ]);
        listing.print_one(self.output.output)
    }
}

/// The last answer: its status, or why there was none.
fn last(destination: &Destination) -> Value {
    let Some(last) = &destination.last else { return Value::Null };
    last.status.map_or_else(|| last.error.clone().into(), Value::from)
}

/// The number of waiting leads.
fn number(waiting: &Waiting) -> Value {
    if waiting.leads > COUNTED { write_counted(waiting.leads).into() } else { waiting.leads.into() }
}

/// How long the oldest of them has been waiting.
fn age(waiting: &Waiting, now: Timestamp) -> Option<String> {
    Some(write_age(now.duration_since(waiting.oldest?.time())))
}

/// A time span in its largest unit: `3d`, `2h`, `5m`, `8s`.
fn write_age(age: SignedDuration) -> String {
    let seconds = age.as_secs().max(0);
    match seconds {
        0..=59 => format!("{seconds}s"),
        60..=3_599 => format!("{}m", seconds / 60),
        3_600..=86_399 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}
