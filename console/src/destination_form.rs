//! The forms that add a destination and change one, and what they would post.

use crate::{
    address::read_account,
    app::Console,
    page::{Answer, Failed, Frame, Tab, go, show},
    sessions::SessionState,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, State},
};
use forwarding::{Forwarder, HttpsClient};
use operator::{
    destinations::{find_destination, host},
    settings::{Settings, Start, add_destination, preview, store_settings},
};
use serde::Deserialize;
use shared::model::{Destination, DestinationFormat, DestinationId, LeadId, RequestMethod};
use std::{str::FromStr, sync::Arc};

/// A destination as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct DestinationForm {
    provider: String,
    account: String,
    url: String,
    format: String,
    from: String,
    label: String,
    method: String,
    template: String,
    content_type: String,
    signature_header: String,
    headers: String,
    removed_headers: String,
    only: String,
    in_flight: String,
    /// Which button was pressed: `preview`, or else the one that stores.
    act: String,
}

impl DestinationForm {
    fn settings(&self) -> Result<Settings, Failed> {
        let text = |text: &str| Some(text.trim().to_owned());
        let method = match self.method.as_str() {
            "" => None,
            "POST" => Some(RequestMethod::Post),
            "PUT" => Some(RequestMethod::Put),
            "PATCH" => Some(RequestMethod::Patch),
            _ => return Err(Failed::input("choose a method")),
        };
        let in_flight = match self.in_flight.trim() {
            "" => None,
            number => Some(number.parse().map_err(|_| Failed::input("in flight: 1 to 128"))?),
        };
        // Browsers send the lines of a text with CR and LF.
        let template = self.template.replace("\r\n", "\n");
        Ok(Settings {
            label: text(&self.label),
            url: text(&self.url).filter(|url| !url.is_empty()),
            method,
            headers: read_lines(&self.headers)?,
            removed_headers: self.removed_headers.split_whitespace().map(Into::into).collect(),
            template: Some(template)
                .map(|text| if text.trim().is_empty() { String::new() } else { text }),
            content_type: text(&self.content_type),
            signature_header: text(&self.signature_header),
            only: Some(read_lines(&self.only)?),
            in_flight,
        })
    }

    /// A new destination in memory.
    fn new_destination(&self, console: &Console) -> Result<Destination, Failed> {
        let account = read_account(&self.provider, self.account.trim().to_owned())?;
        let (system, url) = (console.system(), String::new());
        let id = DestinationId::random(system);
        let new = Destination::new(&account, id, url, LeadId::FIRST, system.now());
        let format = match self.format.as_str() {
            "slack" => DestinationFormat::Slack,
            _ => DestinationFormat::Standard,
        };
        if self.url.trim().is_empty() {
            return Err(Failed::input("write the address that each lead is posted to"));
        }
        Ok(Destination { format, ..new })
    }
}

/// Reads each line that is not empty.
fn read_lines<T: FromStr<Err: ToString>>(text: &str) -> Result<Vec<T>, Failed> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| line.parse().map_err(|error: T::Err| Failed::input(error.to_string())))
        .collect()
}

/// What posts messages, and seals headers.
fn forwarder(console: &Console) -> Result<&Forwarder<HttpsClient>, Failed> {
    let missing = || Failed::missing("no secret signs messages here");
    console.forwarder.as_deref().ok_or_else(missing)
}

#[derive(Template)]
#[template(path = "destination_shown.html")]
struct ShownPage {
    frame: Frame,
    host: String,
    provider: &'static str,
    account: String,
    secret: String,
}

/// Adds a destination, or shows what it would get.
pub(crate) async fn add(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Form(form): Form<DestinationForm>,
) -> Answer {
    let forwarder = forwarder(&console)?;
    let (master, system) = (&forwarder.master, console.system());
    let mut destination = form.new_destination(&console)?;
    let account = destination.account();
    if !console.table().accounts(Some(account.provider)).await?.contains(&account) {
        return Err(Failed::missing("no such account ever had a key"));
    }
    let settings = form.settings()?;
    settings.apply(&mut destination, forwarder.post.allowed(), Some(master), system).await?;
    if form.act == "preview" {
        return show_preview(&console, session, &destination).await;
    }
    let from = if form.from.trim().is_empty() { "now" } else { form.from.trim() };
    let start = Start::from_str(from).map_err(Failed::input)?;
    let added = add_destination(console.table(), destination, start, system.now()).await?;
    show(&ShownPage {
        frame: Frame::new(&console, session, Tab::Destinations),
        host: host(&added),
        provider: added.provider.as_str(),
        account: added.account.to_string(),
        secret: master.secret(&added.id, added.secret_version),
    })
}

/// Changes a destination, or shows what it would get.
pub(crate) async fn update(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path(id): Path<String>,
    Form(form): Form<DestinationForm>,
) -> Answer {
    let forwarder = forwarder(&console)?;
    let (master, allowed) = (&forwarder.master, forwarder.post.allowed());
    let mut destination = find_destination(console.table(), &id).await?;
    form.settings()?.apply(&mut destination, allowed, Some(master), console.system()).await?;
    if form.act == "preview" {
        return show_preview(&console, session, &destination).await;
    }
    store_settings(console.table(), &destination).await?;
    go("/console/destinations?done=destination")
}

#[derive(Template)]
#[template(path = "destination_preview.html")]
struct PreviewPage {
    frame: Frame,
    host: String,
    method: &'static str,
    /// The path and the query; the rest of an address may be a secret.
    url: String,
    content_type: String,
    headers: String,
    body: String,
    lead: Option<String>,
}

/// Shows what a destination would get about the newest lead of its account; a sample, if contacts
/// are masked.
async fn show_preview(
    console: &Console,
    session: SessionState,
    destination: &Destination,
) -> Answer {
    let frame = Frame::new(console, session, Tab::Destinations);
    let with_lead = !frame.mask.hides;
    let (message, lead) =
        preview(console.table(), destination, with_lead, console.system()).await?;
    show(&PreviewPage {
        frame,
        host: host(destination),
        method: message.method.as_str(),
        url: message.url,
        content_type: message.content_type,
        headers: destination.request.headers.keys().cloned().collect::<Vec<_>>().join(", "),
        body: message.body,
        lead: lead.map(|lead| providers::write_id(destination.provider, lead)),
    })
}
