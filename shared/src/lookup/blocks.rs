use super::ttl_cache::TtlCache;
use crate::{
    model::{Account, Contact, HeldDelivery},
    person_search::{contacts_in, contacts_in_held},
    table::{LeadTable, StoreError},
};
use jiff::Timestamp;
use std::collections::HashSet;

/// The people whom accounts take no leads of: they asked to be forgotten.
///
/// Whether an account blocks anybody is kept for a minute once it was looked up, so that
/// accounts that block nobody, as most do, are not asked for each delivery.
pub struct Blocks {
    table: LeadTable,
    cache: TtlCache<Account, bool>,
}

impl Blocks {
    /// The blocks of `table`, nothing looked up yet.
    pub fn new(table: LeadTable) -> Self {
        Self { table, cache: TtlCache::default() }
    }

    /// The field that names a person whom the account blocks, if one does. The e-mail and the
    /// phone are each given with the name of their field; either may be several.
    ///
    /// # Errors
    /// Where the table could not be read.
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
            given.extend(contacts_in(text).found.into_iter().map(|contact| (field, contact)));
            given.push((field, whole));
        }
        let contacts: HashSet<_> = given.iter().map(|(_, contact)| contact.clone()).collect();
        let blocked = self.table.blocked(account, contacts).await?;
        let field = given.into_iter().find(|(_, contact)| blocked.contains(contact));
        Ok(field.map(|(field, _)| field))
    }

    /// Whether a delivery names somebody the account blocks; also where it names so many that
    /// nobody can tell.
    pub(crate) async fn are_named_in(
        &self,
        account: &Account,
        held: &HeldDelivery,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if !self.are_any(account, now).await? {
            return Ok(false);
        }
        let contacts = contacts_in_held(held);
        Ok(!contacts.are_all || !self.table.blocked(account, contacts.found).await?.is_empty())
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
