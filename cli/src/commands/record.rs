//! A lead as it is shown and exported.

use super::{Failure, providers::facts};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use shared::model::{Account, LeadId, Provider, StoredLead};
use std::collections::BTreeMap;

/// A lead with its account, in the same shape for every provider.
#[derive(Serialize)]
pub(super) struct LeadRecord {
    /// The id in the provider's form, as senders see it.
    pub(super) id: String,
    pub(super) provider: &'static str,
    pub(super) account: String,
    pub(super) created_at: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) source: Option<String>,
    pub(super) status: Option<String>,
    /// The fields of only its provider. JSON objects are as they were sent.
    pub(super) details: BTreeMap<String, Box<RawValue>>,
}

impl LeadRecord {
    pub(super) fn new(account: &Account, lead: StoredLead) -> Result<Self, Failure> {
        let provider = account.provider;
        let details = lead.details.into_iter().map(|(name, value)| {
            let text = match value {
                Value::String(json) if facts(provider).json_details.contains(&name.as_str()) => {
                    json
                }
                value => value.to_string(),
            };
            let unreadable =
                |_| Failure::Failed(format!("the lead {} has unreadable details", lead.id));
            Ok((name, RawValue::from_string(text).map_err(unreadable)?))
        });
        Ok(Self {
            id: write_id(provider, lead.id),
            provider: provider.as_str(),
            account: account.id.to_string(),
            // Providers show milliseconds at most, and ids have milliseconds.
            created_at: format!("{:.3}", lead.created_at),
            details: details.collect::<Result<_, Failure>>()?,
            name: lead.name,
            email: lead.email,
            phone: lead.phone,
            source: lead.source,
            status: lead.status,
        })
    }

    /// The details as one text.
    pub(super) fn details_text(&self) -> Result<String, Failure> {
        let unwritable = |_| Failure::Failed("details could not be written".to_owned());
        serde_json::to_string(&self.details).map_err(unwritable)
    }
}

/// An id as a provider writes it.
pub(super) fn write_id(provider: Provider, id: LeadId) -> String {
    facts(provider).lead_id.as_ref().map_or_else(|| id.to_string(), |form| form.write(id))
}

/// Reads an id. A provider's form names the provider; a number may be of any.
pub(super) fn read_id(text: &str) -> Option<(Option<Provider>, LeadId)> {
    if let Ok(id) = text.parse() {
        return Some((None, id));
    }
    Provider::ALL.into_iter().find_map(|provider| {
        let id = facts(provider).lead_id.as_ref()?.read(text)?;
        Some((Some(provider), id))
    })
}
