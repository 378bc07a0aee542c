//! What the owner of a destination chooses: its label, its URL, and what its requests have.

use crate::{
    Failure,
    destinations::store,
    times::{WrittenTime, read_time},
};
use forwarding::{
    Addresses, Form, MAX_HEADERS, MasterSecret, Message, OwnHeader, check_conditions, check_host,
    check_url, is_template,
};
use jiff::Timestamp;
use shared::{
    model::{ClockAndRandom, Condition, Destination, LeadId, LeadSpan, RequestMethod},
    table::{DestinationChange, LeadTable, MAX_DESTINATIONS, Order},
};
use std::{num::NonZeroU8, str::FromStr};

/// How many leads may be posted to a destination at the same time.
pub const MAX_IN_FLIGHT: u8 = 128;
/// How many conditions a destination may have.
const MAX_CONDITIONS: usize = 20;

/// Changes of these choices. What is `None` stays as it is.
#[derive(Default, PartialEq, Eq)]
pub struct Settings {
    /// The label; an empty one removes it.
    pub label: Option<String>,
    /// The URL, or a template of one.
    pub url: Option<String>,
    /// The method.
    pub method: Option<RequestMethod>,
    /// Headers to add, or to replace.
    pub headers: Vec<OwnHeader>,
    /// The names of headers to remove.
    pub removed_headers: Vec<String>,
    /// The template of the body; an empty one removes it.
    pub template: Option<String>,
    /// The content type of what the template makes; an empty one is JSON.
    pub content_type: Option<String>,
    /// The name of a header with a signature of the body alone; an empty one removes it.
    pub signature_header: Option<String>,
    /// The conditions that leads must meet, all of them; none: all leads.
    pub only: Option<Vec<Condition>>,
    /// How many leads are posted at the same time.
    pub in_flight: Option<NonZeroU8>,
}

impl Settings {
    /// Applies them to a destination in memory, and checks the result: its host, and that its
    /// templates can be filled in. `master` seals new headers.
    ///
    /// # Errors
    /// If a choice cannot be used.
    pub async fn apply(
        self,
        destination: &mut Destination,
        allowed: Addresses,
        master: Option<&MasterSecret>,
        system: &ClockAndRandom,
    ) -> Result<(), Failure> {
        let Self { label, url, method, headers, removed_headers, template, .. } = self;
        let Self { content_type, signature_header, only, in_flight, .. } = self;
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        if let Some(label) = label {
            destination.label = given(label);
        }
        if let Some(url) = url {
            let checked = check_url(&url, allowed).map_err(input)?;
            let resolved = check_host(&checked, allowed).await;
            resolved.map_err(|error| Failure::Input(format!("the URL cannot be used: {error}")))?;
            // A template stays as it was written: a URL would escape its braces.
            destination.url = if is_template(&url) { url } else { checked.to_string() };
        }
        let request = &mut destination.request;
        request.method = method.unwrap_or(request.method);
        if let Some(template) = template {
            request.template = given(template);
        }
        if let Some(content_type) = content_type {
            check_content_type(&content_type)?;
            request.content_type = given(content_type);
        }
        if request.template.is_none() && request.content_type.is_some() {
            return Err(Failure::Input("only a template has a content type".to_owned()));
        }
        if let Some(name) = signature_header {
            request.signature_header = given(name);
        }
        if let Some(name) = &request.signature_header {
            format!("{name}: sha256=").parse::<OwnHeader>().map_err(input)?;
        }
        for name in removed_headers {
            if request.headers.remove(&name.to_ascii_lowercase()).is_none() {
                return Err(Failure::Input(format!("it has no header {name}")));
            }
        }
        for header in &headers {
            let sealed = master.map(|master| master.seal(&destination.id, header, system));
            let sealed = sealed.transpose().map_err(input)?;
            request.headers.extend(sealed.map(|sealed| (header.name.to_string(), sealed)));
        }
        if request.headers.len() > MAX_HEADERS {
            return Err(Failure::Input(format!("a destination has {MAX_HEADERS} headers at most")));
        }
        let account = destination.account();
        destination.in_flight = in_flight.unwrap_or(destination.in_flight);
        if let Some(only) = only {
            check_conditions(&only, &account).map_err(input)?;
            if only.len() > MAX_CONDITIONS {
                let text = format!("a destination has {MAX_CONDITIONS} conditions at most");
                return Err(Failure::Input(text));
            }
            destination.only = only;
        }
        Form::of(destination, &account).check().map_err(input)
    }
}

/// The first lead that a new destination gets.
#[derive(Clone, Copy)]
pub enum Start {
    /// Only new leads.
    Now,
    /// All leads.
    All,
    /// The first one from this time on.
    At(WrittenTime),
}

impl FromStr for Start {
    type Err = String;

    /// Reads `now`, `all` or a time. The error says what to write.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "now" => Ok(Self::Now),
            "all" => Ok(Self::All),
            time => read_time(time).map(Self::At).map_err(|_| {
                "write now, all, or a time: 2h, 2026-11-21, 2026-11-21T12:00:00Z".to_owned()
            }),
        }
    }
}

impl Start {
    /// The cursor before the first of these leads.
    fn cursor(self, now: Timestamp) -> Result<LeadId, Failure> {
        let at = match self {
            Self::All => return Ok(LeadId::FIRST),
            Self::Now => now,
            Self::At(time) => time.resolve(now).map_err(Failure::Input)?,
        };
        if at > now {
            return Err(Failure::Input("the start must not be in the future".to_owned()));
        }
        Ok(LeadId::new(at, 0).previous())
    }
}

/// Adds a destination that gets the leads from `start` on. `now` is the table's time.
///
/// # Errors
/// If the start is in the future, if the account has too many destinations, or if the table cannot
/// be used.
pub async fn add_destination(
    table: &LeadTable,
    new: Destination,
    start: Start,
    now: Timestamp,
) -> Result<Destination, Failure> {
    let cursor = start.cursor(now)?;
    let destination = Destination { created_at: now, starts_after: cursor, cursor, ..new };
    if table.count_destinations(&destination.account()).await? >= MAX_DESTINATIONS {
        return Err(Failure::Input(format!("the account has {MAX_DESTINATIONS} destinations")));
    }
    table.add_destination(&destination).await?;
    Ok(destination)
}

fn input(error: impl std::error::Error) -> Failure {
    Failure::Input(error.to_string())
}

/// A content type is one line, as a header's value.
fn check_content_type(text: &str) -> Result<(), Failure> {
    let is_one = |c: u8| (b' '..=b'~').contains(&c);
    let fits = text.is_empty() || text.contains('/') && text.bytes().all(is_one);
    let wrong = || Failure::Input("a content type is written such as application/json".to_owned());
    if fits { Ok(()) } else { Err(wrong()) }
}

/// Stores the choices of a destination. A running pass uses them from its next post on.
///
/// # Errors
/// If there is no such destination, or if the table cannot be used.
pub async fn store_settings(table: &LeadTable, destination: &Destination) -> Result<(), Failure> {
    store(table, destination, DestinationChange::Settings).await
}

/// The message that a destination would get about the newest lead of its account, and that lead.
/// Without a lead, or if `with_lead` is false, it is filled in with a sample.
///
/// # Errors
/// If no message can be made, or if the table cannot be read.
pub async fn preview(
    table: &LeadTable,
    destination: &Destination,
    with_lead: bool,
    system: &ClockAndRandom,
) -> Result<(Message, Option<LeadId>), Failure> {
    let (account, now) = (destination.account(), system.now());
    let form = Form::of(destination, &account);
    let newest = if with_lead {
        table.leads(&account, LeadSpan::ALL, Order::NewestFirst, Some(1)).await?.leads.pop()
    } else {
        None
    };
    let Some(lead) = newest else {
        return Ok((Message::test(form, &system.random_mark(), now).map_err(input)?, None));
    };
    let id = lead.id;
    Ok((Message::created(form, lead, now).map_err(input)?, Some(id)))
}
