//! Held deliveries: why each was refused, and forms to correct and redeliver it.

mod fields;
mod find;
mod known_lead;
mod list;

pub(crate) use list::{list, redeliver_all};

use crate::{
    address::{held_path, lead_path},
    app::Console,
    json::{Line, lines},
    page::{Answer, Failed, Frame, Tab, compute, go, show},
    sessions::SessionState,
    words::When,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Query, State},
};
use fields::{Field, base_of, body_of, fields_of};
use find::{HeldPath, find};
use jiff::Timestamp;
use known_lead::{KnownLead, lead_of};
use operator::readings::{decode, likely_readings, preview, read_encoding};
use providers::{LeadRecord, write_id};
use serde::Deserialize;
use shared::{
    delivery::{Handled, OperatorUpdate},
    model::{Account, BrokenRule, HeldDelivery, HeldReason, LeadId, reasons, text_of},
};
use std::{borrow::Cow, sync::Arc};

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
    is_corrected: bool,
    /// The lead that the person of a correction already is: its path and its id.
    known: Option<(String, String)>,
    fields: Option<Vec<Field>>,
    /// The body for people who correct it; `None` if its encoding is not known.
    body: Option<String>,
    base: String,
    lines: Vec<Line>,
    /// How a body that is not UTF-8 may be read; none if it is compressed.
    readings: Vec<ReadingView>,
    lead: Option<KnownLead>,
    is_repeat: bool,
    is_hidden: bool,
}

/// A likely reading of a body: the name of its encoding, and a part of the text.
struct ReadingView {
    encoding: String,
    preview: String,
}

/// What is shown of the last answer.
struct LastAnswer {
    status: Option<u16>,
    broken: Vec<BrokenRule>,
    why: Vec<String>,
    is_new: bool,
    lead: Option<LeadId>,
}

impl LastAnswer {
    fn of_held(held: &HeldDelivery) -> Self {
        Self {
            status: held.answer.as_ref().map(|answer| answer.status),
            broken: held.broken.clone(),
            why: reasons(&held.broken, held.outcome),
            is_new: false,
            lead: None,
        }
    }

    fn of_redelivery(Handled { answer, summary }: Handled) -> Self {
        Self {
            status: Some(answer.status().as_u16()),
            why: reasons(&summary.broken, Some(summary.outcome)),
            broken: summary.broken,
            is_new: true,
            lead: summary.lead,
        }
    }
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    path: HeldPath,
    Query(ReadAs { encoding }): Query<ReadAs>,
) -> Answer {
    let (account, held) = find(&console, path).await?;
    let last = LastAnswer::of_held(&held);
    let body = match encoding {
        None => text_of(&held.body).map(str::to_owned),
        Some(name) => decode(&held.body, read_encoding(&name).map_err(Failed::input)?),
    };
    page(&console, session, account, held, body, last).await
}

/// The encoding that the operator chose for a body.
#[derive(Deserialize)]
pub(crate) struct ReadAs {
    encoding: Option<String>,
}

async fn page(
    console: &Console,
    session: SessionState,
    account: Account,
    held: HeldDelivery,
    body: Option<String>,
    last: LastAnswer,
) -> Answer {
    let frame = Frame::new(console, session, Tab::Held);
    let now = console.system().now();
    let lead = match held.reason {
        HeldReason::Invalid => None,
        HeldReason::Repeat(id) => lead_of(console, &account, id).await?,
    };
    // A body may be long, and is read, masked and laid out more than once.
    compute(move || show(&one_page(frame, account, &held, body, last, lead, now))).await?
}

fn one_page(
    frame: Frame,
    account: Account,
    held: &HeldDelivery,
    body: Option<String>,
    last: LastAnswer,
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
        path: held_path(&account, &held.id),
        target: held.target.as_deref().map(|target| frame.mask.text(Some(target))),
        when: When::new(held.received_at, now),
        why: last.why,
        status: last.status,
        is_corrected: last.is_new,
        known: last.lead.map(|id| (lead_path(&account, id), write_id(account.provider, id))),
        fields: body
            .as_deref()
            .filter(|_| !is_hidden)
            .and_then(|body| fields_of(body, &last.broken)),
        lines: lines(&frame.mask.all(&text), &last.broken),
        base: body.as_deref().map(base_of).unwrap_or_default(),
        readings: readings.collect(),
        is_repeat: held.reason != HeldReason::Invalid,
        lead: lead.map(|lead| KnownLead::new(&frame, &account, lead)),
        body,
        account,
        frame,
        is_hidden,
    }
}

/// Redelivers a held delivery with the body of a form.
pub(crate) async fn redeliver(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
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
    let last = LastAnswer::of_redelivery(redelivered);
    page(&console, session, account, held, Some(body), last).await
}

/// Updates the lead of a repeat with it.
pub(crate) async fn update(State(console): State<Arc<Console>>, path: HeldPath) -> Answer {
    let (account, held) = find(&console, path).await?;
    let HeldReason::Repeat(lead) = held.reason else {
        return Err(Failed::input("only a repeat has a lead to update"));
    };
    let other = |id| write_id(account.provider, id);
    Err(match console.update_by_held(&account, &held, lead).await? {
        OperatorUpdate::Updated => {
            return go(&format!("{}?done=updated", lead_path(&account, lead)));
        }
        OperatorUpdate::Taken(id) => {
            Failed::input(format!("the lead {} has the e-mail or phone of the repeat", other(id)))
        }
        OperatorUpdate::Missing => Failed::missing("the lead was erased; redeliver the repeat"),
        OperatorUpdate::NotPossible => Failed::input("leads of this provider are never updated"),
        OperatorUpdate::Refused(answer) => Failed::input(answer.body().clone()),
    })
}

pub(crate) async fn discard(State(console): State<Arc<Console>>, path: HeldPath) -> Answer {
    let (account, held) = find(&console, path).await?;
    console.table().delete_held(&account, &held.id).await?;
    go("/console/held?done=discarded")
}
