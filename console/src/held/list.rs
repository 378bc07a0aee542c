//! The list of held deliveries, and the redelivery of all.

use super::find::read_one;
use crate::{
    address::{held_path, read_provider},
    app::Console,
    page::{Answer, Failed, Frame, Tab, show},
    sessions::SessionState,
    words::When,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Query, State},
};
use providers::write_id;
use serde::Deserialize;
use shared::{
    delivery::Handled,
    model::{Account, HeldDelivery, HeldKind, HeldReason},
    table::{LeadTable, StoreError, WhichHeld},
};
use std::{cmp::Reverse, sync::Arc};

/// How many held deliveries the list has.
const SHOWN: usize = 200;

#[derive(Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    reason: String,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "held.html")]
struct ListPage {
    frame: Frame,
    provider: String,
    reason: String,
    rows: Vec<Row>,
    total: usize,
    /// How many can be redelivered.
    invalid: usize,
}

struct Row {
    path: String,
    provider: &'static str,
    account: String,
    is_repeat: bool,
    why: String,
    when: When,
}

pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Query(Filter { provider, reason, done }): Query<Filter>,
) -> Answer {
    let table = console.table().afresh();
    let mut held = read_all(&console, &table, &provider, &reason).await?;
    let frame = Frame::new(&console, session, Tab::Held).after(done.as_deref());
    let frame = frame.naming_skipped(&table);
    let total = held.len();
    let invalid = held.iter().filter(|row| !row.is_repeat).count();
    held.sort_by_key(|row| Reverse(row.received_at));
    held.truncate(SHOWN);
    let now = console.system().now();
    let rows = held.into_iter().map(|Listed { received_at, path, account, is_repeat, why }| Row {
        path,
        provider: account.provider.as_str(),
        account: account.id.to_string(),
        is_repeat,
        why,
        when: When::new(received_at, now),
    });
    show(&ListPage { rows: rows.collect(), frame, provider, reason, total, invalid })
}

/// What the list needs of a held delivery: its body stays in the table.
struct Listed {
    received_at: jiff::Timestamp,
    path: String,
    account: Account,
    is_repeat: bool,
    why: String,
}

fn listed(account: &Account, held: HeldDelivery) -> Listed {
    let why = match held.reason {
        HeldReason::Repeat(lead) => {
            format!("the person is already the lead {}", write_id(account.provider, lead))
        }
        HeldReason::Invalid => held.why().unwrap_or_default(),
    };
    Listed {
        received_at: held.received_at,
        path: held_path(account, &held.id),
        account: account.clone(),
        is_repeat: held.reason != HeldReason::Invalid,
        why,
    }
}

/// Reads the held deliveries of a provider, or of all, for a reason, or for all.
async fn read_all(
    console: &Console,
    table: &LeadTable,
    provider: &str,
    reason: &str,
) -> Result<Vec<Listed>, Failed> {
    let which = match reason {
        "invalid" => WhichHeld::Kind(HeldKind::Invalid),
        "repeat" => WhichHeld::Kind(HeldKind::Repeat),
        _ => WhichHeld::All,
    };
    let mut all = Vec::new();
    for account in table.accounts(read_provider(provider)?).await? {
        let take = |held| all.push(listed(&account, held));
        table.each_held(&account, &which, console.system().now(), take).await?;
    }
    Ok(all)
}

#[derive(Deserialize)]
pub(crate) struct AllForm {
    #[serde(default)]
    provider: String,
}

#[derive(Template)]
#[template(path = "held_all.html")]
struct AllPage {
    frame: Frame,
    became: usize,
    stayed: usize,
    /// Why the rest was not redelivered.
    failed: Option<String>,
}

/// Redelivers every invalid delivery as it is: what it refers to may exist now.
pub(crate) async fn redeliver_all(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Form(AllForm { provider }): Form<AllForm>,
) -> Answer {
    let accounts = console.table().accounts(read_provider(&provider)?).await?;
    let (mut became, mut stayed) = (0, 0);
    let count = |redelivered: &Handled| {
        *(if redelivered.summary.became_lead() { &mut became } else { &mut stayed }) += 1;
    };
    let table = console.table().afresh();
    let failed = redeliver_each(&console, &table, &accounts, count).await.err();
    let frame = Frame::new(&console, session, Tab::Held).naming_skipped(&table);
    show(&AllPage { frame, became, stayed, failed })
}

/// Redelivers the invalid deliveries of some accounts, until the table fails. Reads each body when
/// it is redelivered: together they may be large. Calls `count` with each result.
async fn redeliver_each(
    console: &Console,
    table: &LeadTable,
    accounts: &[Account],
    mut count: impl FnMut(&Handled),
) -> Result<(), String> {
    let failed = |error: StoreError| error.to_string();
    let invalid = WhichHeld::Kind(HeldKind::Invalid);
    for account in accounts {
        let mut ids = Vec::new();
        let take = |held: HeldDelivery| ids.push(held.id);
        let now = console.system().now();
        table.each_held(account, &invalid, now, take).await.map_err(failed)?;
        for id in ids {
            // It may have become a lead meanwhile.
            let Some(held) = read_one(console, account, id).await.map_err(failed)? else {
                continue;
            };
            let redelivered = console.redeliver(account, &held, &held.body).await;
            let redelivered = redelivered.map_err(failed)?;
            let status = redelivered.answer.status();
            if status.is_server_error() {
                return Err(format!("a delivery was answered {status}"));
            }
            count(&redelivered);
        }
    }
    Ok(())
}
