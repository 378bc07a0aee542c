//! What is posted to a destination.

use crate::{
    address::{Addresses, check_url},
    filter::{UnknownMember, check_names},
    own_headers::OwnHeader,
    post::PostRequest,
    sample::{PLAIN_NAME, names_of_members, sample},
    secret::SigningKeys,
    slack::{describe, escape, slack_text},
    template::{Escape, JSON, TemplateError, fill_in, is_template, names_of},
};
use jiff::{SignedDuration, Timestamp};
use providers::{LeadRecord, UnreadableLead, write_id, write_time};
use serde::Serialize;
use serde_json::{Value, json};
use shared::model::{
    Account, Destination, DestinationFormat, LeadId, OwnRequest, RequestMethod, StoredLead,
};

/// How long a lead that was read is sent. Then it is read again, because it may have been erased.
pub const LEAD_VALID_FOR: SignedDuration = SignedDuration::from_secs(1);
/// What a template names to tell the events apart.
const TYPE: &str = "type";
/// What a template names for the time of the event.
const TIMESTAMP: &str = "timestamp";

/// A message: the same for every attempt to post it.
pub struct Message {
    /// The value of `webhook-id`. A receiver that has seen it has the message already.
    pub id: String,
    /// Where it is posted to.
    pub url: String,
    /// The method.
    pub method: RequestMethod,
    /// The content type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
    /// The name of a header with a signature of the body alone.
    signature_header: Option<String>,
    /// Until when it may be sent. `None`: always.
    valid_until: Option<Timestamp>,
}

/// Why no message can be made of an event. It has nothing of the lead.
#[derive(Debug, thiserror::Error)]
pub enum CannotWrite {
    /// The lead's details are not JSON.
    #[error(transparent)]
    Unreadable(#[from] UnreadableLead),
    /// The owner's template names something that no lead has.
    #[error(transparent)]
    Unknown(#[from] UnknownMember),
    /// The owner's template does not fit.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A template cannot have a number of the lead.
    #[error("a template cannot have the lead's numbers: one is too large")]
    Number,
    /// The owner's template does not tell events apart.
    #[error("its template does not name `type`, so it cannot say that a lead was erased")]
    Erasure,
}

/// How the messages of an account's leads are written for a destination.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// The account.
    pub account: &'a Account,
    /// What the ids of messages end with: the destination's id.
    pub destination: &'a str,
    /// The form of the body, if there is no template.
    pub format: DestinationFormat,
    /// Where messages are posted to: a URL, or a template of one.
    pub url: &'a str,
    /// What the owner wants otherwise.
    pub request: &'a OwnRequest,
}

/// The body of Standard Webhooks.
#[derive(Serialize)]
struct Event<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: &'a T,
}

impl<'a> Form<'a> {
    /// The form of the messages to a destination of this account.
    pub fn of(destination: &'a Destination, account: &'a Account) -> Self {
        let Destination { id, format, url, request, .. } = destination;
        Self { account, destination: id.as_str(), format: *format, url, request }
    }

    /// Checks the owner's templates: what they name, and that they can be filled in with a lead
    /// whose name has quotation marks, a line break and an emoji.
    ///
    /// # Errors
    /// If a template is wrong.
    pub fn check(self) -> Result<(), CannotWrite> {
        let lead = sample(self.account, "Maria \"Mia\" Silva\n\u{1f642}");
        let values = values_of("lead.created", Timestamp::UNIX_EPOCH, &lead)?;
        let known = names_of_members(&values);
        let url = Some(self.url).filter(|url| is_template(url));
        for template in [self.request.template.as_deref(), url].into_iter().flatten() {
            let names = names_of(template)?;
            check_names(names.iter().map(String::as_str), &known)?;
        }
        self.fill(&values)?;
        Ok(())
    }

    /// A message about an event. `for_people` is its text if the format is one for people.
    fn write<T: Serialize>(
        self,
        id: String,
        (kind, at): (&'static str, Timestamp),
        data: &T,
        for_people: impl FnOnce(&T) -> String,
    ) -> Result<Message, CannotWrite> {
        let is_own = self.request.template.is_some() || is_template(self.url);
        let (url, own) = if is_own {
            self.fill(&values_of(kind, at, data)?)?
        } else {
            (self.url.to_owned(), None)
        };
        let body = own.unwrap_or_else(|| match self.format {
            DestinationFormat::Standard => write_event(kind, at, data),
            DestinationFormat::Slack => slack_text(&for_people(data)),
        });
        Ok(Message {
            id,
            url,
            method: self.request.method,
            content_type: self.content_type().to_owned(),
            body,
            signature_header: self.request.signature_header.clone(),
            valid_until: None,
        })
    }

    /// The URL and the body, as the owner's templates have them.
    fn fill(self, values: &Value) -> Result<(String, Option<String>), TemplateError> {
        let url =
            if is_template(self.url) { fill_url(self.url, values)? } else { self.url.to_owned() };
        let escape = Escape::of(self.content_type());
        let template = self.request.template.as_deref();
        let body = template.map(|template| fill_in(template, escape, values)).transpose()?;
        Ok((url, body))
    }

    fn content_type(self) -> &'a str {
        self.request.content_type.as_deref().unwrap_or(JSON)
    }
}

impl Message {
    /// A lead was created. The lead was read at `read_at`.
    ///
    /// # Errors
    /// If the lead's details are not JSON, or if a template of the form does not fit the lead.
    pub fn created(
        form: Form<'_>,
        lead: StoredLead,
        read_at: Timestamp,
    ) -> Result<Self, CannotWrite> {
        let id = format!("msg_{}_{}", lead.id, form.destination);
        let event = ("lead.created", lead.created_at);
        let record = LeadRecord::new(form.account, lead)?;
        let message = form.write(id, event, &record, |lead| describe("New lead", lead))?;
        Ok(message.valid_from(read_at))
    }

    /// A lead was updated. The message has the whole lead. The lead was read at `read_at`.
    ///
    /// # Errors
    /// If the lead's details are not JSON, or if a template of the form does not fit the lead.
    pub fn updated(
        form: Form<'_>,
        lead: StoredLead,
        read_at: Timestamp,
    ) -> Result<Self, CannotWrite> {
        let id = format!("msg_{}_{}_updated_{}", lead.id, form.destination, lead.version());
        let event = ("lead.updated", lead.updated_at());
        let record = LeadRecord::new(form.account, lead)?;
        let message = form.write(id, event, &record, |lead| describe("Updated lead", lead))?;
        Ok(message.valid_from(read_at))
    }

    /// A lead was erased.
    ///
    /// # Errors
    /// If the form has a template that does not tell events apart, or that does not fit.
    pub fn erased(form: Form<'_>, lead_id: LeadId, at: Timestamp) -> Result<Self, CannotWrite> {
        if let Some(template) = &form.request.template
            && !names_of(template)?.iter().any(|name| name == TYPE)
        {
            return Err(CannotWrite::Erasure);
        }
        let Account { provider, id: account } = form.account;
        let lead = write_id(*provider, lead_id);
        let text = format!(
            "The lead {lead} of {} ({}) was erased. Please delete its message.",
            provider.as_str(),
            escape(account.as_str())
        );
        let data =
            json!({ "id": lead, "provider": provider.as_str(), "account": account.as_str() });
        let id = format!("msg_{lead_id}_{}_erased", form.destination);
        form.write(id, ("lead.erased", at), &data, |_| text)
    }

    /// A message that only tests a destination. No two have the same id. A template is filled in
    /// with a sample.
    ///
    /// # Errors
    /// If a template of the form does not fit.
    pub fn test(form: Form<'_>, mark: &str, now: Timestamp) -> Result<Self, CannotWrite> {
        let (id, event) = (format!("msg_test_{mark}"), ("leadhook.test", now));
        if form.request.template.is_some() || is_template(form.url) {
            return form.write(id, event, &sample(form.account, PLAIN_NAME), |_| String::new());
        }
        let text = "leadhook can post leads here.";
        form.write(id, event, &json!({}), |_| text.to_owned())
    }

    fn valid_from(self, read_at: Timestamp) -> Self {
        Self { valid_until: Some(read_at + LEAD_VALID_FOR), ..self }
    }

    /// The message signed, if it is still valid.
    pub fn sign(
        &self,
        keys: &SigningKeys,
        own: &[OwnHeader],
        now: Timestamp,
    ) -> Option<PostRequest> {
        if self.valid_until.is_some_and(|until| until < now) {
            return None;
        }
        let seconds = now.as_second();
        let mut own = own.to_vec();
        let signature = |name: &String| format!("{name}: sha256={}", keys.sign_body(&self.body));
        own.extend(self.signature_header.iter().filter_map(|name| signature(name).parse().ok()));
        Some(PostRequest {
            id: self.id.clone(),
            timestamp: seconds.to_string(),
            signature: keys.sign(&self.id, seconds, &self.body),
            method: self.method,
            content_type: self.content_type.clone(),
            own,
            body: self.body.clone(),
        })
    }
}

/// What a template names: the members of the event's data, its type and its time.
fn values_of(
    kind: &'static str,
    at: Timestamp,
    data: &impl Serialize,
) -> Result<Value, CannotWrite> {
    let mut values = serde_json::to_value(data).map_err(|_| CannotWrite::Number)?;
    values[TYPE] = kind.into();
    values[TIMESTAMP] = write_time(at).into();
    Ok(values)
}

/// A URL whose template is filled in. The values do not change its host.
fn fill_url(template: &str, values: &Value) -> Result<String, TemplateError> {
    let url = fill_in(template, Escape::Url, values)?;
    let origin = |url: &str| check_url(url, Addresses::Any).map(|url| url.origin());
    match (origin(template), origin(&url)) {
        (Ok(expected), Ok(origin)) if origin == expected => Ok(url),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Err(TemplateError::NotUrl),
    }
}

fn write_event(kind: &'static str, at: Timestamp, data: &impl Serialize) -> String {
    let event = Event { kind, timestamp: write_time(at), data };
    // These types have only text members, so they can always be written.
    serde_json::to_string(&event).unwrap_or_default()
}
