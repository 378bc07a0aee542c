//! Finds a person's leads and held deliveries.

use crate::{Failure, moment::write_moment};
use jiff::Timestamp;
use providers::{LeadRecord, write_id};
use shared::{
    long_work::run_long,
    model::{Account, HeldDelivery, HeldId, HeldReason, LeadId, LeadSpan, Provider, StoredLead},
    person_search::Person,
    table::{LeadTable, Order, StoreError, WhichHeld},
};

/// A lead or a held delivery that has the person in it.
pub struct Find {
    /// What to delete.
    pub item: FoundItem,
    /// Its id as it is listed.
    pub id: String,
    /// When it was received.
    pub received: String,
    /// The places where the person was found.
    pub places: Vec<String>,
    /// The name of a lead.
    pub name: Option<String>,
    /// The e-mail address of a lead.
    pub email: Option<String>,
    /// The phone number of a lead.
    pub phone: Option<String>,
}

/// What to delete.
pub enum FoundItem {
    /// A lead.
    Lead(LeadId),
    /// A held delivery.
    Held(HeldId),
}

impl Find {
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
pub type Finds = Vec<(Account, Vec<Find>)>;

/// Finds a person's leads and held deliveries, without those that `is_kept` names.
///
/// # Errors
/// If the table cannot be read.
pub async fn find_person(
    table: &LeadTable,
    person: &Person,
    accounts: &[Account],
    mut is_kept: impl FnMut(&Find) -> bool,
) -> Result<Finds, Failure> {
    let mut found = Vec::new();
    for account in accounts {
        let mut finds = find_leads(table, person, account).await?;
        finds.retain(|find| !is_kept(find));
        let leads: Vec<_> = finds.iter().filter_map(Find::lead_id).collect();
        let mut held = find_held(table, person, account, &leads).await?;
        held.retain(|find| !is_kept(find));
        finds.append(&mut held);
        if !finds.is_empty() {
            found.push((account.clone(), finds));
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
) -> Result<Vec<Find>, Failure> {
    let (mut finds, mut rest) = (Vec::new(), Some(LeadSpan::ALL));
    while let Some(span) = rest {
        let page = table.leads(account, span, Order::OldestFirst, None).await?;
        let (person, account) = (person.clone(), account.clone());
        let find = move |lead| find_in_lead(&person, &account, lead).transpose();
        let find_all =
            move || page.leads.into_iter().filter_map(find).collect::<Result<Vec<_>, _>>();
        finds.extend(search(find_all).await??);
        rest = page.rest;
    }
    Ok(finds)
}

/// Reads every held delivery of an account: those of the person, and those that are linked to
/// one of `leads`.
async fn find_held(
    table: &LeadTable,
    person: &Person,
    account: &Account,
    leads: &[LeadId],
) -> Result<Vec<Find>, Failure> {
    let (mut finds, mut after) = (Vec::new(), None);
    loop {
        // Expired ones too: they are in the table until DynamoDB deletes them.
        let page = table.held_page(account, &WhichHeld::All, Timestamp::UNIX_EPOCH, after).await?;
        let (person, provider, leads) = (person.clone(), account.provider, leads.to_vec());
        let find = move |held| find_in_held(&person, provider, &leads, &held);
        let found = search(move || page.held.into_iter().filter_map(find).collect::<Vec<_>>());
        finds.extend(found.await?);
        after = page.rest;
        if after.is_none() {
            return Ok(finds);
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
) -> Result<Option<Find>, Failure> {
    let places = person.places_in_lead(&lead);
    if places.is_empty() {
        return Ok(None);
    }
    let item = FoundItem::Lead(lead.id);
    let LeadRecord { id, created_at, name, email, phone, .. } = LeadRecord::new(account, lead)?;
    Ok(Some(Find { item, id, received: created_at, places, name, email, phone }))
}

fn find_in_held(
    person: &Person,
    provider: Provider,
    leads: &[LeadId],
    held: &HeldDelivery,
) -> Option<Find> {
    let mut places = person.places_in_held(held);
    if let HeldReason::Repeat(lead) = held.reason
        && leads.contains(&lead)
    {
        places.push(format!("repeat of {}", write_id(provider, lead)));
    }
    let (name, email, phone) = (None, None, None);
    let (item, id) = (FoundItem::Held(held.id.clone()), held.id.short().to_string());
    let received = write_moment(held.received_at);
    (!places.is_empty()).then_some(Find { item, id, received, places, name, email, phone })
}
