use super::handle::AccountRequest;
use crate::{
    delivery::{LeadChange, Rejection, UpdateRequest},
    model::LeadId,
    table::Updated,
};

impl AccountRequest<'_> {
    /// Updates a lead of the account with the body. Returns what was read of the body, too.
    ///
    /// # Errors
    /// If there is no such lead, a field is invalid, the person is blocked, or the table fails.
    pub async fn update_lead<C: LeadChange>(
        &self,
        id: Option<LeadId>,
    ) -> Result<(C, Updated<C::Details>), Rejection> {
        let Self { context, account, key, is_lenient, http } = *self;
        let (lead, key) = (id.ok_or(Rejection::NotFound)?, key.as_str());
        let update = UpdateRequest { context, account, lead, body: &http.body, key, is_lenient };
        update.run().await
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
        let repeats = table.repeats_of(account, id).await?;
        table.erase_held(account, &repeats).await?;
        let erased = table.erase_lead(account, id, system.now(), &system.random_mark()).await?;
        if erased.leads == 0 { Err(Rejection::NotFound) } else { Ok(id) }
    }
}
