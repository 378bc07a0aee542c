//! Finding a person in leads and in bodies.

use percent_encoding::percent_decode;
use serde_json::Value;
use shared::{Contact, HeldDelivery, HeldReason, LeadId, StoredLead};
use std::collections::HashSet;

/// A person, by what tells one from another.
#[derive(clap::Args)]
pub(super) struct Person {
    /// The person's e-mail address, compared trimmed and in lower case
    #[arg(long, required_unless_present = "phone", value_parser = read_email)]
    email: Option<String>,
    /// The person's phone number, compared by its digits
    #[arg(long, value_parser = read_phone)]
    phone: Option<String>,
}

impl Person {
    /// What the person is blocked by.
    pub(super) fn contacts(&self) -> HashSet<Contact> {
        let email = self.email.as_deref().map(Contact::email);
        email.into_iter().chain(self.phone.as_deref().map(Contact::phone)).collect()
    }

    /// Whether a lead is this person's.
    pub(super) fn is(&self, lead: &StoredLead) -> bool {
        let email = lead.email.as_deref().is_some_and(|text| self.has_email(text));
        email || lead.phone.as_deref().is_some_and(|text| self.has_phone(text))
    }

    /// Whether a held delivery is this person's: it says so, or was linked to one of `leads`.
    pub(super) fn sent(&self, held: &HeldDelivery, leads: &[LeadId]) -> bool {
        if let HeldReason::Repeat(id) = held.reason
            && leads.contains(&id)
        {
            return true;
        }
        match serde_json::from_slice(&held.body) {
            Ok(body) => self.is_in(&body),
            // No JSON: a form perhaps, so as it stands and decoded.
            Err(_) => {
                let sent = String::from_utf8_lossy(&held.body);
                self.is_in_text(&sent)
                    || self.is_in_text(&percent_decode(&held.body).decode_utf8_lossy())
            }
        }
    }

    fn is_in(&self, body: &Value) -> bool {
        match body {
            Value::String(text) => self.is_in_text(text),
            Value::Number(number) => self.has_phone(&number.to_string()),
            Value::Array(items) => items.iter().any(|item| self.is_in(item)),
            Value::Object(members) => {
                members.iter().any(|(name, value)| self.is_in_text(name) || self.is_in(value))
            }
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// Whether a text holds the address, or a run of digits and what stands between digits
    /// that is the number.
    fn is_in_text(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let email = self.email.as_ref().is_some_and(|email| lower.contains(email.as_str()));
        let is_dialled = |c: char| c.is_ascii_digit() || " ()+-./".contains(c);
        email || text.split(|c| !is_dialled(c)).any(|run| self.has_phone(run))
    }

    fn has_email(&self, text: &str) -> bool {
        self.email.as_ref().is_some_and(|email| *email == text.trim().to_lowercase())
    }

    fn has_phone(&self, text: &str) -> bool {
        self.phone.as_ref().is_some_and(|phone| *phone == digits(text))
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn read_email(text: &str) -> Result<String, String> {
    let email = text.trim().to_lowercase();
    if email.contains('@') { Ok(email) } else { Err("an e-mail address has an @".to_owned()) }
}

fn read_phone(text: &str) -> Result<String, String> {
    let phone = digits(text);
    if phone.is_empty() { Err("a phone number has digits".to_owned()) } else { Ok(phone) }
}
