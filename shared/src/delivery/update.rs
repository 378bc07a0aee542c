//! Updates of leads: by their senders, and by the operator with a held delivery.

use super::{
    access::Endpoint,
    answer::Answer,
    context::Context,
    endpoint::{LeadFields, read_fields},
    rejection::Rejection,
};
use crate::{
    model::{Account, Contact, Lead, LeadId},
    request::MAX_BODY_BYTES,
    table::{LeadUpdate, Updated},
};
use serde::{Serialize, de::DeserializeOwned};

/// The key that is noted for an update by the operator.
const OPERATOR: &str = "operator";

/// The fields of an update, as the bodies of one provider have them.
pub trait LeadChange: LeadFields + Send + Sync {
    /// The fields of a lead that only this provider has.
    type Details: Serialize + DeserializeOwned + Send;

    /// Changes the fields of a lead that are sent.
    ///
    /// # Errors
    /// If the lead becomes too large.
    fn apply(&self, lead: &mut Lead<Self::Details>) -> Result<(), Rejection>;

    /// The contacts of a lead that no other lead of its account may have.
    fn unique_contacts(lead: &Lead<Self::Details>) -> Vec<Contact>;
}

/// Refuses a lead whose fields have become larger than a body may be.
///
/// # Errors
/// If they have.
pub fn check_size(bytes: usize) -> Result<(), Rejection> {
    if bytes > MAX_BODY_BYTES { Err(Rejection::BodyTooLarge) } else { Ok(()) }
}

/// A body that updates a lead.
pub(crate) struct UpdateRequest<'a> {
    /// The context of its handler.
    pub(crate) context: &'a Context,
    /// The account of the lead.
    pub(crate) account: &'a Account,
    /// The lead.
    pub(crate) lead: LeadId,
    /// The body as it was sent.
    pub(crate) body: &'a [u8],
    /// The id of the key that sends it.
    pub(crate) key: &'a str,
    /// Whether the key is lenient.
    pub(crate) is_lenient: bool,
}

impl UpdateRequest<'_> {
    /// Updates the lead. Returns what was read of the body, too.
    ///
    /// # Errors
    /// If a field is invalid, if the person is blocked, or if the table fails.
    pub(crate) async fn run<C: LeadChange>(&self) -> Result<(C, Updated<C::Details>), Rejection> {
        let Self { context, account, lead: id, body, key, is_lenient } = *self;
        let (change, body) = read_fields::<C>(context, account, body, is_lenient).await?;
        let apply = |lead: &mut Lead<C::Details>| {
            // The rules that the sent fields break replace those that they broke.
            lead.broken_rules.retain(|rule| !body.has(&rule.field));
            lead.broken_rules.extend(body.broken_rules());
            change.apply(lead)
        };
        let update = LeadUpdate { account, id, key, contacts: C::unique_contacts, change: apply };
        let updated = context.table.update_lead(update, &context.system).await?;
        Ok((change, updated))
    }
}

/// What came of an update by the operator.
pub enum OperatorUpdate {
    /// The lead is as the update says.
    Updated,
    /// Another lead has a contact of the update: this one.
    Taken(LeadId),
    /// The lead was erased.
    Missing,
    /// The body is refused with this answer.
    Refused(Answer),
    /// The provider's leads are never updated.
    NotPossible,
}

/// Updates a lead of an account with a body, as the operator wants it.
pub async fn update_as_operator<E: Endpoint, C: LeadChange>(
    context: &Context,
    account: &Account,
    lead: LeadId,
    body: &[u8],
) -> OperatorUpdate {
    let (key, is_lenient) = (OPERATOR, false);
    let request = UpdateRequest { context, account, lead, body, key, is_lenient };
    match context.in_time(request.run::<C>()).await {
        Ok((_, Updated::Stored(_))) => OperatorUpdate::Updated,
        Ok((_, Updated::Taken(known))) => OperatorUpdate::Taken(known),
        Ok((_, Updated::Missing)) => OperatorUpdate::Missing,
        Err(rejection) => OperatorUpdate::Refused(E::reject(rejection)),
    }
}
