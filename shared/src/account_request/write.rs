use super::handle::AccountRequest;
use crate::{
    delivery::{LeadFields, Rejection, read_fields},
    model::{BrokenRule, Contact, Lead, LeadId},
    table::{LeadUpdate, Updated},
};
use serde::{Serialize, de::DeserializeOwned};

impl AccountRequest<'_> {
    /// Reads the body, and which rules of form it breaks.
    ///
    /// # Errors
    /// Those of [`read_fields`].
    pub async fn read<F: LeadFields>(&self) -> Result<(F, Vec<BrokenRule>), Rejection> {
        read_fields(self.context, self.account, &self.http.body, self.is_lenient).await
    }

    /// Updates a lead of the account. `contacts` are those that no other lead may have.
    ///
    /// # Errors
    /// Those of `change`; if there is no such lead, or if the table fails.
    pub async fn update_lead<D: Serialize + DeserializeOwned + Send>(
        &self,
        id: Option<LeadId>,
        contacts: fn(&Lead<D>) -> Vec<Contact>,
        change: impl Fn(&mut Lead<D>) -> Result<(), Rejection> + Send + Sync,
    ) -> Result<Updated<D>, Rejection> {
        let id = id.ok_or(Rejection::NotFound)?;
        let (account, key) = (self.account, self.key.as_str());
        let update = LeadUpdate { account, id, key, contacts, change };
        self.context.table.update_lead(update, &self.context.system).await
    }

    /// Deletes a lead of the account with its claims and the deliveries that are held as its
    /// repeats. Destinations that may have it get a message.
    ///
    /// # Errors
    /// If there is no such lead, or if the table fails. Then some may be deleted nevertheless;
    /// another call deletes the rest.
    pub async fn delete_lead(&self, id: Option<LeadId>) -> Result<LeadId, Rejection> {
        let id = id.ok_or(Rejection::NotFound)?;
        let (table, system, account) = (&self.context.table, &self.context.system, self.account);
        if !table.has_lead(account, id).await? {
            return Err(Rejection::NotFound);
        }
        let (now, mut told) = (system.now(), Vec::new());
        // Before the lead is deleted: a crash in between must not leave a deleted lead without its
        // message. The message is posted when the lead is deleted.
        table.set_erasure_aside(account, id, now, &mut told).await?;
        let repeats = table.repeats_of(account, id).await?;
        table.erase_held(account, &repeats).await?;
        let erased = table.erase_lead(account, id, &system.random_mark()).await?;
        // A destination may have got the lead meanwhile.
        table.set_erasure_aside(account, id, now, &mut told).await?;
        if erased.leads == 0 { Err(Rejection::NotFound) } else { Ok(id) }
    }
}
