//! Held deliveries: why each was refused, and forms to correct and redeliver it.

mod beside;
mod fields;
mod list;

pub(crate) use list::{list, redeliver_all};

use crate::{
    app::Console,
    json::{Line, lines},
    leads::{encoded, path_of as lead_path, read_account},
    page::{Answer, Failed, Frame, Tab, compute, go, show},
    sessions::Seat,
    words::When,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
};
use beside::{Beside, lead_of};
use fields::{Field, base_of, body_of, fields_of};
use jiff::Timestamp;
use operator::readings::{decode, likely_readings, preview, read_encoding};
use providers::{LeadRecord, write_id};
use serde::Deserialize;
use shared::{
    delivery::Handled,
    model::{Account, BrokenRule, HeldDelivery, HeldId, HeldReason, LeadId, text_of},
    table::{StoreError, WhichHeld},
};
use std::{borrow::Cow, sync::Arc};

/// Where a held delivery is shown.
pub(crate) fn path_of(account: &Account, id: &HeldId) -> String {
    let (provider, account) = (account.provider.as_str(), encoded(account.id.as_str()));
    format!("/console/held/{provider}/{account}/{id}")
}

#[derive(Template)]
#[template(path = "held_one.html")]
struct OnePage {
    frame: Frame,
    account: Account,
    target: Option<String>,
    when: When,
    path: String,
    /// What the provider answered, text by text.
    why: Vec<String>,
    status: Option<u16>,
    /// Whether this is the answer to a correction.
    is_tried: bool,
    /// The lead that the person of a correction already is: its path and its id.
    known: Option<(String, String)>,
    fields: Option<Vec<Field>>,
    /// The body for people who correct it; none if its encoding is not known.
    body: Option<String>,
    base: String,
    lines: Vec<Line>,
    /// How a body that is not UTF-8 may be read; none if it is compressed.
    readings: Vec<ReadingView>,
    lead: Option<Beside>,
    is_repeat: bool,
    is_hidden: bool,
}

/// A likely reading of a body: the name of its encoding, and a part of the text.
struct ReadingView {
    encoding: String,
    preview: String,
}

/// What is shown of the last answer.
struct Tried {
    status: Option<u16>,
    broken: Vec<BrokenRule>,
    why: Vec<String>,
    is_new: bool,
    lead: Option<LeadId>,
}

impl Tried {
    fn of_held(held: &HeldDelivery) -> Self {
        let answer = held.answer.as_ref();
        Self {
            status: answer.map(|answer| answer.status),
            broken: held.broken.clone(),
            why: reasons(&held.broken, answer.map(|answer| answer.body.as_str())),
            is_new: false,
            lead: None,
        }
    }

    fn of_redelivery(Handled { answer, summary }: Handled) -> Self {
        Self {
            status: Some(answer.status().as_u16()),
            why: reasons(&summary.broken, Some(answer.body())),
            broken: summary.broken,
            is_new: true,
            lead: summary.lead,
        }
    }
}

/// Why a delivery was refused: its broken rules, or else the body of its answer.
fn reasons(broken: &[BrokenRule], answer: Option<&str>) -> Vec<String> {
    match broken {
        [] => answer.map(str::to_owned).into_iter().collect(),
        broken => broken.iter().map(BrokenRule::to_string).collect(),
    }
}

type HeldPath = Path<(String, String, String)>;

async fn find(
    console: &Console,
    Path((provider, account, id)): HeldPath,
) -> Result<(Account, HeldDelivery), Failed> {
    let account = read_account(&provider, account)?;
    let missing = || Failed::missing("it is not held; it may have become a lead");
    let id = id.parse().map_err(|_| missing())?;
    let held = read_one(console, &account, id).await?;
    Ok((account, held.ok_or_else(missing)?))
}

async fn read_one(
    console: &Console,
    account: &Account,
    id: HeldId,
) -> Result<Option<HeldDelivery>, StoreError> {
    let mut found = None;
    let take = |held| found = Some(held);
    console.table().each_held(account, &WhichHeld::Id(id), console.sources().now(), take).await?;
    Ok(found)
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    path: HeldPath,
    Query(ReadAs { encoding }): Query<ReadAs>,
) -> Answer {
    let (account, held) = find(&console, path).await?;
    let tried = Tried::of_held(&held);
    let body = match encoding {
        None => text_of(&held.body).map(str::to_owned),
        Some(name) => decode(&held.body, read_encoding(&name).map_err(Failed::input)?),
    };
    page(&console, seat, account, held, body, tried).await
}

/// The encoding that the operator chose for a body.
#[derive(Deserialize)]
pub(crate) struct ReadAs {
    encoding: Option<String>,
}

async fn page(
    console: &Console,
    seat: Seat,
    account: Account,
    held: HeldDelivery,
    body: Option<String>,
    tried: Tried,
) -> Answer {
    let frame = Frame::new(console, seat, Tab::Held);
    let now = console.sources().now();
    let lead = match held.reason {
        HeldReason::Invalid => None,
        HeldReason::Repeat(id) => lead_of(console, &account, id).await?,
    };
    // A body may be long, and is read, masked and laid out more than once.
    compute(move || show(&one_page(frame, account, &held, body, tried, lead, now))).await?
}

fn one_page(
    frame: Frame,
    account: Account,
    held: &HeldDelivery,
    body: Option<String>,
    tried: Tried,
    lead: Option<(LeadId, LeadRecord)>,
    now: Timestamp,
) -> OnePage {
    let is_hidden = frame.mask.hides;
    let text = body.as_deref().map_or_else(|| String::from_utf8_lossy(&held.body), Cow::Borrowed);
    let is_unread = body.is_none() && !is_hidden;
    let readings = if is_unread { likely_readings(&held.body) } else { Vec::new() };
    let readings = readings.iter().map(|reading| ReadingView {
        encoding: reading.encoding.name().to_lowercase(),
        preview: preview(&reading.text),
    });
    OnePage {
        path: path_of(&account, &held.id),
        target: held.target.as_deref().map(|target| frame.mask.text(Some(target))),
        when: When::new(held.received_at, now),
        why: tried.why,
        status: tried.status,
        is_tried: tried.is_new,
        known: tried.lead.map(|id| (lead_path(&account, id), write_id(account.provider, id))),
        fields: body
            .as_deref()
            .filter(|_| !is_hidden)
            .and_then(|body| fields_of(body, &tried.broken)),
        lines: lines(&frame.mask.all(&text), &tried.broken),
        base: body.as_deref().map(base_of).unwrap_or_default(),
        readings: readings.collect(),
        is_repeat: held.reason != HeldReason::Invalid,
        lead: lead.map(|lead| Beside::new(&frame, &account, lead)),
        body,
        account,
        frame,
        is_hidden,
    }
}

/// Redelivers a held delivery with the body of a form.
pub(crate) async fn redeliver(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    path: HeldPath,
    Form(form): Form<Vec<(String, String)>>,
) -> Answer {
    let (account, held) = find(&console, path).await?;
    let body = body_of(&form).map_err(Failed::input)?;
    let redelivered = console.redeliver(&account, &held, body.as_bytes()).await?;
    let summary = &redelivered.summary;
    if let Some(lead) = summary.lead.filter(|_| summary.became_lead()) {
        return go(&format!("{}?done=redelivered", lead_path(&account, lead)));
    }
    let tried = Tried::of_redelivery(redelivered);
    page(&console, seat, account, held, Some(body), tried).await
}

pub(crate) async fn discard(State(console): State<Arc<Console>>, path: HeldPath) -> Answer {
    let (account, held) = find(&console, path).await?;
    console.table().delete_held(&account, &held.id).await?;
    go("/console/held?done=discarded")
}
