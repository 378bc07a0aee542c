//! A lead as it is forwarded, shown and exported.

use crate::all::about;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::model::{Account, BrokenRule, LeadId, Provider, StoredLead, well_formed};
use std::collections::BTreeMap;

/// A lead with its account, in the same shape for every provider.
#[derive(Serialize)]
pub struct LeadRecord {
    /// The id in the provider's form, as senders see it.
    pub id: String,
    /// The provider's name.
    pub provider: &'static str,
    /// The account at the provider.
    pub account: String,
    /// When the lead was received, in UTC with milliseconds.
    pub created_at: String,
    /// When the lead was last updated, or else received.
    pub updated_at: String,
    /// The person's name, as sent.
    pub name: Option<String>,
    /// The person's e-mail address, as sent.
    pub email: Option<String>,
    /// The person's phone number, as sent.
    pub phone: Option<String>,
    /// Where the lead came from, as its provider writes it.
    pub source: Option<String>,
    /// The lead's status, as its provider writes it.
    pub status: Option<String>,
    /// The fields of only its provider. JSON is as it was sent, but [`well_formed`].
    pub details: BTreeMap<String, Box<RawValue>>,
    /// The members that its provider does not know, in the same way.
    pub extra: Option<Box<RawValue>>,
    /// The rules of form that the lead breaks. A record without any has no such member.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken_rules: Vec<BrokenRule>,
}

/// A stored lead whose details are not JSON.
#[derive(Debug, thiserror::Error)]
#[error("the lead {0} has unreadable details")]
pub struct UnreadableLead(pub LeadId);

impl LeadRecord {
    /// The record of a lead.
    ///
    /// # Errors
    /// If the lead's details are not JSON.
    pub fn new(account: &Account, lead: StoredLead) -> Result<Self, UnreadableLead> {
        let (provider, updated_at) = (account.provider, write_time(lead.updated_at()));
        let details = lead.details.into_iter().map(|(name, value)| {
            let is_json = about(provider).json_details.contains(&name.as_str());
            let text = match value.as_str() {
                Some(json) if is_json => well_formed(json).into_owned(),
                _ => value.to_string(),
            };
            Ok((name, RawValue::from_string(text).map_err(|_| UnreadableLead(lead.id))?))
        });
        Ok(Self {
            id: write_id(provider, lead.id),
            provider: provider.as_str(),
            account: account.id.to_string(),
            created_at: write_time(lead.created_at),
            updated_at,
            details: details.collect::<Result<_, _>>()?,
            extra: lead.extra.map(|extra| extra.to_raw().into_owned()),
            broken_rules: lead.broken_rules,
            name: lead.name,
            email: lead.email,
            phone: lead.phone,
            source: lead.source,
            status: lead.status,
        })
    }

    /// The details as one JSON text.
    pub fn details_text(&self) -> String {
        // Texts and JSON can always be written.
        serde_json::to_string(&self.details).unwrap_or_default()
    }

    /// The unknown members as JSON text.
    pub fn extra_text(&self) -> Option<&str> {
        self.extra.as_deref().map(RawValue::get)
    }
}

/// A time with milliseconds. Providers show no more, and ids have milliseconds.
pub fn write_time(time: jiff::Timestamp) -> String {
    format!("{time:.3}")
}

/// An id as a provider writes it.
pub fn write_id(provider: Provider, id: LeadId) -> String {
    about(provider).lead_id.map_or_else(|| id.to_string(), |form| form.write(id))
}

/// Reads an id. A provider's form names the provider; a number may be of any.
pub fn read_id(text: &str) -> Option<(Option<Provider>, LeadId)> {
    if let Ok(id) = text.parse() {
        return Some((None, id));
    }
    Provider::ALL.into_iter().find_map(|provider| {
        let id = about(provider).lead_id?.read(text)?;
        Some((Some(provider), id))
    })
}
