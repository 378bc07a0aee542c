//! Finds a person's leads and held deliveries in an account.

use super::{
    super::{Failure, held::short_id, listing::Listing, moment::write_moment, session::Session},
    each_lead,
};
use forwarding::{LeadRecord, write_id};
use jiff::Timestamp;
use shared::{
    model::{Account, HeldDelivery, HeldReason, LeadId, LeadSpan},
    person_search::Person,
};
use std::slice;

/// The columns of what was found.
const COLUMNS: [&str; 9] =
    ["what", "id", "provider", "account", "received", "name", "email", "phone", "found_in"];
/// The columns that a narrow terminal leaves out.
const SPARE: [&str; 5] = ["received", "account", "provider", "phone", "email"];

/// An empty list for the results.
pub(super) fn new_listing() -> Listing {
    Listing::new(&COLUMNS).sparing(&SPARE).wrapping()
}

/// A lead or a held delivery that has the person in it.
pub(super) struct Find {
    pub(super) item: FoundItem,
    /// Its id as it is listed.
    pub(super) id: String,
    received: String,
    /// The places where the person was found.
    places: Vec<String>,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// What to delete.
pub(super) enum FoundItem {
    Lead(LeadId),
    /// A held delivery, by its id in the table.
    Held(String),
}

impl Find {
    pub(super) fn lead_id(&self) -> Option<LeadId> {
        match self.item {
            FoundItem::Lead(id) => Some(id),
            FoundItem::Held(_) => None,
        }
    }

    pub(super) fn list(&self, account: &Account, listing: &mut Listing) {
        let what = match self.item {
            FoundItem::Lead(_) => "lead",
            FoundItem::Held(_) => "held",
        };
        listing.push([
            what.into(),
            self.id.clone().into(),
            account.provider.as_str().into(),
            account.id.as_str().into(),
            self.received.clone().into(),
            self.name.clone().into(),
            self.email.clone().into(),
            self.phone.clone().into(),
            self.places.join(", ").into(),
        ]);
    }
}

/// Reads every lead of an account: a person may be in it more than once, and only Integrabot's and
/// PollyBot's leads can be found by their claims.
pub(super) async fn find_leads(
    session: &Session,
    person: &Person,
    account: &Account,
) -> Result<Vec<Find>, Failure> {
    let mut finds = Vec::new();
    let take = |account: &Account, lead| {
        let places = person.places_in_lead(&lead);
        if !places.is_empty() {
            let item = FoundItem::Lead(lead.id);
            let LeadRecord { id, created_at, name, email, phone, .. } =
                LeadRecord::new(account, lead)?;
            finds.push(Find { item, id, received: created_at, places, name, email, phone });
        }
        Ok(())
    };
    each_lead(session, slice::from_ref(account), LeadSpan::ALL, take).await?;
    Ok(finds)
}

/// Reads every held delivery of an account: those of the person, and those that are linked to
/// one of `leads`.
pub(super) async fn find_held(
    session: &Session,
    person: &Person,
    account: &Account,
    leads: &[LeadId],
) -> Result<Vec<Find>, Failure> {
    let mut finds = Vec::new();
    let take = |held: HeldDelivery| {
        let mut places = person.places_in_held(&held);
        if let HeldReason::Repeat(lead) = held.reason
            && leads.contains(&lead)
        {
            places.push(format!("repeat of {}", write_id(account.provider, lead)));
        }
        if !places.is_empty() {
            let (name, email, phone) = (None, None, None);
            let (item, id) = (FoundItem::Held(held.id.clone()), short_id(&held));
            let received = write_moment(held.received_at);
            finds.push(Find { item, id, received, places, name, email, phone });
        }
    };
    // Expired ones too: they are in the table until DynamoDB deletes them.
    session.table.each_held(account, "", Timestamp::UNIX_EPOCH, take).await?;
    Ok(finds)
}
