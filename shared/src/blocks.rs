use crate::{
    Account, Contact, HeldDelivery, LeadTable, Rejection, Rule, StoreError, Violation,
    person::{contacts_in, contacts_in_held},
    ttl_cache::TtlCache,
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

    /// Lets a delivery pass that is from nobody the account blocks. The e-mail and the phone
    /// are each given with the name of their field; either may be several.
    ///
    /// # Errors
    /// A field at fault where the person is blocked; where the table could not tell.
    pub async fn check(
        &self,
        account: &Account,
        (email_field, email): (&'static str, Option<&str>),
        (phone_field, phone): (&'static str, Option<&str>),
        now: Timestamp,
    ) -> Result<(), Rejection> {
        if !self.are_any(account, now).await? {
            return Ok(());
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
        match given.iter().find(|(_, contact)| blocked.contains(contact)) {
            Some((field, _)) => Err(Violation { field, rule: Rule::NotBlocked, sent: None }.into()),
            None => Ok(()),
        }
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
