//! What is posted to a destination.

use crate::{own_headers::OwnHeader, post::PostRequest, secret::SigningKeys};
use jiff::{SignedDuration, Timestamp};
use providers::{LeadRecord, UnreadableLead, write_id, write_time};
use serde::Serialize;
use serde_json::{Value, json};
use shared::model::{Account, DestinationFormat, LeadId, StoredLead};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// How long a lead that was read is sent. Then it is read again, because it may have been erased.
pub const LEAD_VALID_FOR: SignedDuration = SignedDuration::from_secs(1);

/// A message: the same for every attempt to post it.
pub struct Message {
    /// The value of `webhook-id`. A receiver that has seen it has the message already.
    pub id: String,
    /// The body.
    pub body: String,
    /// Until when it may be sent. `None`: always.
    valid_until: Option<Timestamp>,
}

/// The body of Standard Webhooks.
#[derive(Serialize)]
struct Event<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: T,
}

impl Message {
    /// A lead was created. `destination` is the id of the destination. The lead was read at
    /// `read_at`.
    ///
    /// # Errors
    /// If the lead's details are not JSON.
    pub fn created(
        format: DestinationFormat,
        destination: &str,
        account: &Account,
        lead: StoredLead,
        read_at: Timestamp,
    ) -> Result<Self, UnreadableLead> {
        let id = format!("msg_{}_{destination}", lead.id);
        let at = lead.created_at;
        let body = write_lead(format, ("lead.created", "New lead"), at, account, lead)?;
        Ok(Self { id, body, valid_until: Some(read_at + LEAD_VALID_FOR) })
    }

    /// A lead was updated. The message has the whole lead. `destination` is the id of the
    /// destination. The lead was read at `read_at`.
    ///
    /// # Errors
    /// If the lead's details are not JSON.
    pub fn updated(
        format: DestinationFormat,
        destination: &str,
        account: &Account,
        lead: StoredLead,
        read_at: Timestamp,
    ) -> Result<Self, UnreadableLead> {
        let id = format!("msg_{}_{destination}_updated_{}", lead.id, lead.version());
        let at = lead.updated_at();
        let body = write_lead(format, ("lead.updated", "Updated lead"), at, account, lead)?;
        Ok(Self { id, body, valid_until: Some(read_at + LEAD_VALID_FOR) })
    }

    /// A lead was erased.
    pub fn erased(
        format: DestinationFormat,
        destination: &str,
        account: &Account,
        lead_id: LeadId,
        at: Timestamp,
    ) -> Self {
        let (id, provider) = (write_id(account.provider, lead_id), account.provider.as_str());
        let body = match format {
            DestinationFormat::Standard => {
                let data =
                    json!({ "id": id, "provider": provider, "account": account.id.as_str() });
                write_event("lead.erased", at, data)
            }
            DestinationFormat::Slack => slack_text(&format!(
                "The lead {id} of {provider} ({}) was erased. Please delete its message.",
                escape(account.id.as_str())
            )),
        };
        let id = format!("msg_{lead_id}_{destination}_erased");
        Self { id, body, valid_until: None }
    }

    /// A message that only tests a destination. No two have the same id.
    pub fn test(format: DestinationFormat, mark: &str, now: Timestamp) -> Self {
        let body = match format {
            DestinationFormat::Standard => write_event("leadhook.test", now, json!({})),
            DestinationFormat::Slack => slack_text("leadhook can post leads here."),
        };
        Self { id: format!("msg_test_{mark}"), body, valid_until: None }
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
        Some(PostRequest {
            id: self.id.clone(),
            timestamp: seconds.to_string(),
            signature: keys.sign(&self.id, seconds, &self.body),
            own: own.to_vec(),
            body: self.body.clone(),
        })
    }
}

/// The body of a message with a whole lead. It comes with its type, and with its name for people.
fn write_lead(
    format: DestinationFormat,
    (kind, name): (&'static str, &str),
    at: Timestamp,
    account: &Account,
    lead: StoredLead,
) -> Result<String, UnreadableLead> {
    let record = LeadRecord::new(account, lead)?;
    Ok(match format {
        DestinationFormat::Standard => write_event(kind, at, record),
        DestinationFormat::Slack => slack_text(&describe(name, &record)),
    })
}

fn write_event(kind: &'static str, at: Timestamp, data: impl Serialize) -> String {
    let event = Event { kind, timestamp: write_time(at), data };
    // These types have only text members, so they can always be written.
    serde_json::to_string(&event).unwrap_or_default()
}

/// The lead's contact, line by line, in Slack's markup.
fn describe(what: &str, lead: &LeadRecord) -> String {
    let lines = [
        ("Name", &lead.name),
        ("E-mail", &lead.email),
        ("Phone", &lead.phone),
        ("Source", &lead.source),
    ];
    let mut text = format!("{what} from {} ({})", lead.provider, escape(&lead.account));
    for (label, value) in lines {
        if let Some(value) = value {
            text.push_str(&format!("\n*{label}:* {}", escape(value)));
        }
    }
    text.push_str(&format!("\n*Id:* {}", lead.id));
    text
}

/// A text on one line, in which the characters are escaped that Slack's markup gives a meaning:
/// <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
fn escape(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text without line breaks and without characters that are invisible or change the reading
/// direction. A sender could use them to forge another field.
fn one_line(text: &str) -> String {
    let is_shown = |c: &char| c.general_category() != GeneralCategory::Format;
    let is_break = |c: char| c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c);
    text.chars().filter(is_shown).map(|c| if is_break(c) { ' ' } else { c }).collect()
}

fn slack_text(text: &str) -> String {
    let body: Value = json!({ "text": text });
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_a_text_for_people_is_one_line() {
        let breaks = ["\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\0"];
        for text in breaks {
            let name = format!("Ana{text}*E-mail:* eve@example.com");
            let lead = LeadRecord {
                id: "1".to_owned(),
                provider: "integrabot",
                account: name.clone(),
                created_at: String::new(),
                updated_at: String::new(),
                name: Some(name.clone()),
                email: Some(name.clone()),
                phone: Some(name.clone()),
                source: Some(name),
                status: None,
                details: std::collections::BTreeMap::new(),
                extra: None,
                broken_rules: Vec::new(),
            };
            let described = describe("New lead", &lead);
            let ends = |c: char| c.is_control() || "\u{2028}\u{2029}".contains(c);
            let begin: Vec<_> =
                described.split(ends).filter_map(|line| line.split(' ').next()).collect();
            let expected = ["New", "*Name:*", "*E-mail:*", "*Phone:*", "*Source:*", "*Id:*"];
            assert_eq!(begin, expected, "{text:?}");
        }
        for text in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{ad}", "\u{e0041}"] {
            assert_eq!(escape(&format!("a{text}b")), "ab", "{text:?}");
        }
        assert_eq!(escape("João & <名前> 👍"), "João &amp; &lt;名前&gt; 👍");
    }
}
