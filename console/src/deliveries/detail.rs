//! One delivery, with what came of it.

use super::{row::milliseconds, send::why_not_again};
use crate::{
    address::{held_path, lead_path},
    app::{Console, Live},
    json::{Line, lines, pretty},
    snippets::{Snippet, masked_headers, needs_secret, snippets},
    words::{Ending, When, ending, size},
};
use local::{SeenBody, SeenDelivery};
use providers::{about, write_id};
use shared::model::{BrokenRule, HeldKind};

/// One delivery.
pub(super) struct Detail {
    pub(super) number: u64,
    pub(super) ending: Ending,
    pub(super) when: When,
    pub(super) provider: &'static str,
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) milliseconds: String,
    pub(super) account: Option<String>,
    pub(super) lead: Option<LeadLink>,
    pub(super) held: Option<HeldLink>,
    pub(super) broken: Vec<BrokenRule>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: BodyView,
    pub(super) answer_headers: Vec<(String, String)>,
    pub(super) answer: BodyView,
    pub(super) snippets: Vec<Snippet>,
    /// Whether the snippets also need a secret.
    pub(super) needs_secret: bool,
    pub(super) can_send: bool,
}

pub(super) struct LeadLink {
    pub(super) shown: String,
    pub(super) path: String,
}

pub(super) struct HeldLink {
    pub(super) path: String,
    pub(super) is_repeat: bool,
}

/// A body for people, and as it was sent.
pub(super) struct BodyView {
    pub(super) lines: Vec<Line>,
    pub(super) raw: String,
    /// Whether the lines differ from what was sent.
    pub(super) is_formatted: bool,
    /// Says what of it is not kept.
    pub(super) cut: Option<String>,
}

impl BodyView {
    fn new(body: &SeenBody, broken: &[BrokenRule]) -> Self {
        let cut = why_not_again(body).map(|why| {
            if body.is_whole() {
                return why.to_owned();
            }
            format!("the first 16 KiB of {}; the rest is not kept", size(body.size))
        });
        Self {
            lines: lines(&body.text, broken),
            is_formatted: pretty(&body.text).is_some_and(|text| text != body.text),
            raw: body.text.clone(),
            cut,
        }
    }

    fn hidden() -> Self {
        let text = "a token, which is not shown here";
        Self { lines: lines(text, &[]), raw: text.to_owned(), is_formatted: false, cut: None }
    }
}

impl Detail {
    pub(super) fn new(console: &Console, live: &Live, seen: &SeenDelivery) -> Self {
        let summary = &seen.summary;
        let token = about(seen.provider).token.as_ref();
        let issues_token = token.is_some_and(|token| token.path == seen.path) && seen.status < 300;
        let answer =
            if issues_token { BodyView::hidden() } else { BodyView::new(&seen.answer_body, &[]) };
        Self {
            number: seen.number,
            ending: ending(summary.outcome),
            when: When::new(seen.at, console.system().now()),
            provider: seen.provider.as_str(),
            path: seen.path.clone(),
            status: seen.status,
            milliseconds: milliseconds(seen.duration),
            account: summary.account.as_ref().map(|account| account.id.to_string()),
            lead: lead_link(seen),
            held: held_link(seen),
            headers: masked_headers(&seen.headers),
            body: BodyView::new(&seen.body, &summary.broken),
            answer_headers: seen.answer_headers.clone(),
            answer,
            snippets: snippets(&live.base, seen),
            needs_secret: needs_secret(&seen.headers),
            can_send: why_not_again(&seen.body).is_none(),
            broken: summary.broken.clone(),
        }
    }

    pub(super) fn status_text(&self) -> &'static str {
        let status = axum::http::StatusCode::from_u16(self.status).ok();
        status.and_then(|status| status.canonical_reason()).unwrap_or_default()
    }
}

fn lead_link(seen: &SeenDelivery) -> Option<LeadLink> {
    let (account, id) = (seen.summary.account.as_ref()?, seen.summary.lead?);
    let shown = write_id(account.provider, id);
    Some(LeadLink { path: lead_path(account, id), shown })
}

fn held_link(seen: &SeenDelivery) -> Option<HeldLink> {
    let (account, id) = (seen.summary.account.as_ref()?, seen.summary.held.as_ref()?);
    Some(HeldLink { path: held_path(account, id), is_repeat: id.kind == HeldKind::Repeat })
}
