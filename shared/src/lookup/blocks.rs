use super::ttl_cache::TtlCache;
use crate::{
    long_work::run_long,
    model::{Account, Contact, HeldDelivery},
    person_search::{Contacts, contacts_in, contacts_in_held},
    table::{LeadTable, StoreError},
};
use jiff::Timestamp;
use std::collections::HashSet;

/// From how many bytes on a text is searched outside of the threads that answer deliveries.
const LONG_TEXT: usize = 4 * 1024;

/// The people whom accounts block: they asked to be forgotten.
///
/// A TTL cache stores whether an account blocks anybody. Most accounts block nobody, so most
/// deliveries need no request.
pub struct Blocks {
    table: LeadTable,
    cache: TtlCache<Account, bool>,
}

impl Blocks {
    /// The blocks of `table`. The cache is empty.
    pub fn new(table: LeadTable) -> Self {
        Self { table, cache: TtlCache::default() }
    }

    /// The field with a contact that the account blocks; `None` if there is none. The e-mail and
    /// the phone come with the names of their fields. Each text may have several contacts.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn find_field(
        &self,
        account: &Account,
        (email_field, email): (&'static str, Option<&str>),
        (phone_field, phone): (&'static str, Option<&str>),
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError> {
        if !self.are_any(account, now).await? {
            return Ok(None);
        }
        let emails = email.map(|text| (email_field, text, Contact::email(text)));
        let phones = phone.map(|text| (phone_field, text, Contact::phone(text)));
        let mut given = Vec::new();
        for (field, text, whole) in emails.into_iter().chain(phones) {
            given
                .extend(contacts_of(text).await?.found.into_iter().map(|contact| (field, contact)));
            given.push((field, whole));
        }
        let contacts: HashSet<_> = given.iter().map(|(_, contact)| contact.clone()).collect();
        let blocked = self.table.blocked(account, contacts).await?;
        let field = given.into_iter().find(|(_, contact)| blocked.contains(contact));
        Ok(field.map(|(field, _)| field))
    }

    /// Whether a delivery contains a contact that the account blocks. Also true if it has too many
    /// contacts to check.
    pub(crate) async fn are_named_in(
        &self,
        account: &Account,
        held: &HeldDelivery,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if !self.are_any(account, now).await? {
            return Ok(false);
        }
        let held = held.clone();
        let contacts = run_long(move || contacts_in_held(&held)).await;
        let contacts = contacts.ok_or(StoreError::Unavailable("the process ends"))?;
        Ok(!contacts.are_all || !self.table.blocked(account, contacts.found).await?.is_empty())
    }

    /// Notes that an account blocks nobody, as one of its keys says at `now`.
    pub(crate) fn note_nobody(&self, account: &Account, now: Timestamp) {
        self.cache.put(account.clone(), false, now);
    }

    async fn are_any(&self, account: &Account, now: Timestamp) -> Result<bool, StoreError> {
        if let Some(are_any) = self.cache.get(account, now) {
            return Ok(are_any);
        }
        let are_any = self.table.blocks_anybody(account).await?;
        self.cache.put(account.clone(), are_any, now);
        Ok(are_any)
    }
}

async fn contacts_of(text: &str) -> Result<Contacts, StoreError> {
    if text.len() < LONG_TEXT {
        return Ok(contacts_in(text));
    }
    let text = text.to_owned();
    let contacts = run_long(move || contacts_in(&text)).await;
    contacts.ok_or(StoreError::Unavailable("the process ends"))
}
