//! Matches a person's leads and held deliveries.

use crate::{Failure, times::write_time};
use jiff::Timestamp;
use providers::{LeadRecord, write_id};
use shared::{
    long_work::run_long,
    model::{Account, HeldDelivery, HeldId, HeldReason, LeadId, LeadSpan, Provider, StoredLead},
    person_search::Person,
    table::{LeadTable, Order, StoreError, WhichHeld},
};

/// A lead or a held delivery that has the person in it.
pub struct Match {
    /// What to delete.
    pub item: FoundItem,
    /// Its id as it is listed.
    pub id: String,
    pub received: String,
    pub places: Vec<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// What to delete.
pub enum FoundItem {
    Lead(LeadId),
    /// A held delivery.
    Held(HeldId),
}

impl Match {
    /// The id of a lead; `None` for a held delivery.
    pub fn lead_id(&self) -> Option<LeadId> {
        match self.item {
            FoundItem::Lead(id) => Some(id),
            FoundItem::Held(_) => None,
        }
    }

    /// `lead` or `held`.
    pub fn what(&self) -> &'static str {
        match self.item {
            FoundItem::Lead(_) => "lead",
            FoundItem::Held(_) => "held",
        }
    }
}

/// What was found, by account.
pub type Matches = Vec<(Account, Vec<Match>)>;

/// Matches a person's leads and held deliveries, without those that `is_kept` names.
///
/// # Errors
/// If the table cannot be read.
pub async fn find_person(
    table: &LeadTable,
    person: &Person,
    accounts: &[Account],
    mut is_kept: impl FnMut(&Match) -> bool,
) -> Result<Matches, Failure> {
    let mut found = Vec::new();
    for account in accounts {
        let mut matches = find_leads(table, person, account).await?;
        matches.retain(|found| !is_kept(found));
        let leads: Vec<_> = matches.iter().filter_map(Match::lead_id).collect();
        let mut held = find_held(table, person, account, &leads).await?;
        held.retain(|found| !is_kept(found));
        matches.append(&mut held);
        if !matches.is_empty() {
            found.push((account.clone(), matches));
        }
    }
    Ok(found)
}

/// Reads every lead of an account: a person may be in it more than once, and only Integrabot's and
/// PollyBot's leads can be found by their claims.
async fn find_leads(
    table: &LeadTable,
    person: &Person,
    account: &Account,
) -> Result<Vec<Match>, Failure> {
    let (mut matches, mut rest) = (Vec::new(), Some(LeadSpan::ALL));
    while let Some(span) = rest {
        let page = table.leads(account, span, Order::OldestFirst, None).await?;
        let (person, account) = (person.clone(), account.clone());
        let find = move |lead| find_in_lead(&person, &account, lead).transpose();
        let find_all =
            move || page.leads.into_iter().filter_map(find).collect::<Result<Vec<_>, _>>();
        matches.extend(search(find_all).await??);
        rest = page.rest;
    }
    Ok(matches)
}

/// Reads every held delivery of an account: those of the person, and those that are linked to
/// one of `leads`.
async fn find_held(
    table: &LeadTable,
    person: &Person,
    account: &Account,
    leads: &[LeadId],
) -> Result<Vec<Match>, Failure> {
    let (mut matches, mut after) = (Vec::new(), None);
    loop {
        // Expired ones too: they are in the table until DynamoDB deletes them.
        let page = table.held_page(account, &WhichHeld::All, Timestamp::UNIX_EPOCH, after).await?;
        let (person, provider, leads) = (person.clone(), account.provider, leads.to_vec());
        let find = move |held| find_in_held(&person, provider, &leads, &held);
        let found = search(move || page.held.into_iter().filter_map(find).collect::<Vec<_>>());
        matches.extend(found.await?);
        after = page.rest;
        if after.is_none() {
            return Ok(matches);
        }
    }
}

/// Searches a page outside of the threads that answer deliveries.
async fn search<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    run_long(work).await.ok_or(StoreError::Unavailable("the process ends"))
}

fn find_in_lead(
    person: &Person,
    account: &Account,
    lead: StoredLead,
) -> Result<Option<Match>, Failure> {
    let places = person.places_in_lead(&lead);
    if places.is_empty() {
        return Ok(None);
    }
    let item = FoundItem::Lead(lead.id);
    let LeadRecord { id, created_at, name, email, phone, .. } = LeadRecord::new(account, lead)?;
    Ok(Some(Match { item, id, received: created_at, places, name, email, phone }))
}

fn find_in_held(
    person: &Person,
    provider: Provider,
    leads: &[LeadId],
    held: &HeldDelivery,
) -> Option<Match> {
    let mut places = person.places_in_held(held);
    if let HeldReason::Repeat(lead) = held.reason
        && leads.contains(&lead)
    {
        places.push(format!("repeat of {}", write_id(provider, lead)));
    }
    let (name, email, phone) = (None, None, None);
    let (item, id) = (FoundItem::Held(held.id.clone()), held.id.short().to_string());
    let received = write_time(held.received_at);
    (!places.is_empty()).then_some(Match { item, id, received, places, name, email, phone })
}
