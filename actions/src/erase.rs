//! Finds a person's leads and held deliveries, and erases them.

use crate::{Failure, held::short_id, moment::write_moment};
use forwarding::{LeadRecord, write_id};
use jiff::Timestamp;
use shared::{
    long_work::run_long,
    model::{
        Account, Destination, DestinationId, HeldDelivery, HeldReason, LeadId, LeadSpan, Provider,
        SetAside, SetAsideEvent, StoredLead,
    },
    operator::Erased,
    person_search::Person,
    table::{LeadTable, Order, StoreError},
};
use std::collections::HashSet;

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
    /// A held delivery, by its id in the table.
    Held(String),
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
        let page = table.held_page(account, "", Timestamp::UNIX_EPOCH, after).await?;
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
    let (item, id) = (FoundItem::Held(held.id.clone()), short_id(held));
    let received = write_moment(held.received_at);
    (!places.is_empty()).then_some(Find { item, id, received, places, name, email, phone })
}

/// Erases what was found, and tells the destinations that may have one of the leads. The accounts
/// and their leads are erased in the order of `finds`. Calls `receipt` with what was deleted in each
/// account. Returns how many messages will be sent.
///
/// # Errors
/// If the table cannot be read or written. Some may be deleted nevertheless; another call deletes
/// the rest.
pub async fn erase_finds(
    table: &LeadTable,
    finds: &Finds,
    now: Timestamp,
    mut receipt: impl FnMut(&Account, Erased),
) -> Result<usize, Failure> {
    let mut messages = Messages::new(table, finds, now);
    // Before the leads are deleted: a crash in between must not leave a deleted lead without its
    // message. The message is posted when the lead is deleted.
    messages.set_aside().await?;
    for (account, finds) in finds {
        receipt(account, erase(table, account, finds).await?);
    }
    // A destination may have got a lead meanwhile.
    messages.set_aside().await?;
    Ok(messages.set_aside.len())
}

/// Held deliveries first: after an interruption, the leads that they are linked to can still be
/// found.
async fn erase(table: &LeadTable, account: &Account, finds: &[Find]) -> Result<Erased, Failure> {
    let held = finds.iter().filter_map(|find| match &find.item {
        FoundItem::Held(id) => Some(id.clone()),
        FoundItem::Lead(_) => None,
    });
    let mut erased = table.erase_held(account, &held.collect::<Vec<_>>()).await?;
    for lead in finds.iter().filter_map(Find::lead_id) {
        let Erased { leads, claims, .. } = table.erase_lead(account, lead).await?;
        erased.leads += leads;
        erased.claims += claims;
    }
    Ok(erased)
}

/// The messages that tell destinations which leads are erased.
struct Messages<'a> {
    table: &'a LeadTable,
    leads: Vec<(Account, LeadId)>,
    now: Timestamp,
    set_aside: HashSet<(LeadId, DestinationId)>,
}

impl<'a> Messages<'a> {
    fn new(table: &'a LeadTable, found: &Finds, now: Timestamp) -> Self {
        let of_account = |(account, finds): &(Account, Vec<Find>)| {
            let leads = finds.iter().filter_map(Find::lead_id);
            leads.map(|lead| (account.clone(), lead)).collect::<Vec<_>>()
        };
        let leads = found.iter().flat_map(of_account).collect();
        Self { table, leads, now, set_aside: HashSet::new() }
    }

    /// Sets a message aside for each destination that may have one of the leads.
    async fn set_aside(&mut self) -> Result<(), Failure> {
        if self.leads.is_empty() {
            return Ok(());
        }
        let destinations = self.table.destinations().await?;
        for (account, lead) in &self.leads {
            let told = destinations.iter().filter(|destination| {
                destination.account() == *account && destination.may_have(*lead)
            });
            for Destination { id, .. } in told {
                if self.set_aside.insert((*lead, id.clone())) {
                    let event = SetAsideEvent::Erased;
                    let event = SetAside::due(*lead, id.clone(), event, self.now);
                    self.table.set_aside(account, &event).await?;
                }
            }
        }
        Ok(())
    }
}
