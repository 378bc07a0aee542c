use crate::commands::{failure::Failure, listing::count, open_table::OpenTable};
use indicatif::{ProgressBar, ProgressStyle};
use shared::model::{Account, LeadSpan, StoredLead};
use std::{fmt, time::Duration};

/// Calls `take` with each lead of the accounts, the oldest of each account first.
pub(super) async fn each_lead(
    opened: &OpenTable,
    accounts: &[Account],
    span: LeadSpan,
    mut take: impl FnMut(&Account, StoredLead) -> Result<(), Failure>,
) -> Result<Read, Failure> {
    let bar = progress();
    let take = |account: &Account, lead| {
        bar.inc(1);
        take(account, lead)
    };
    let read = operator::leads::each_lead(&opened.table, accounts, span, take).await?;
    bar.finish_and_clear();
    Ok(Read(read))
}

/// How many leads were read, and the read units.
pub(super) struct Read(operator::leads::Read);

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(operator::leads::Read { leads, units }) = *self;
        let leads = count(leads, "lead");
        write!(f, "{leads}, {units} read {}", if units == 1.0 { "unit" } else { "units" })
    }
}

fn progress() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {human_pos} leads, {per_sec}, {elapsed}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
