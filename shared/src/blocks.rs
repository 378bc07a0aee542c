use crate::{Account, Contact, LeadTable, Rejection, Rule, StoreError, Violation, kept::Kept};
use jiff::Timestamp;

/// The people whom accounts take no leads of: they asked to be forgotten.
///
/// Whether an account blocks anybody is kept for a minute once it was looked up, so that
/// accounts that block nobody, as most do, are not asked for each delivery.
pub struct Blocks {
    table: LeadTable,
    kept: Kept<Account, bool>,
}

impl Blocks {
    /// The blocks of `table`, nothing looked up yet.
    pub fn new(table: LeadTable) -> Self {
        Self { table, kept: Kept::default() }
    }

    /// Lets a delivery pass that is from nobody the account blocks. A contact is given with
    /// the name of its field.
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
        let email = email.map(|email| (email_field, Contact::email(email)));
        let phone = phone.map(|phone| (phone_field, Contact::phone(phone)));
        let given: Vec<_> = email.into_iter().chain(phone).collect();
        let contacts = given.iter().map(|(_, contact)| contact.clone()).collect();
        let blocked = self.table.blocked(account, contacts).await?;
        match given.iter().find(|(_, contact)| blocked.contains(contact)) {
            Some((field, _)) => Err(Violation { field, rule: Rule::NotBlocked, sent: None }.into()),
            None => Ok(()),
        }
    }

    async fn are_any(&self, account: &Account, now: Timestamp) -> Result<bool, StoreError> {
        if let Some(are_any) = self.kept.get(account, now) {
            return Ok(are_any);
        }
        let are_any = self.table.blocks_anybody(account).await?;
        self.kept.put(account.clone(), are_any, now);
        Ok(are_any)
    }
}
