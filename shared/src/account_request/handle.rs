use crate::{
    delivery::{
        Answer, Caller, Context, DeliveryLog, DeliverySummary, Endpoint, Handled, Rejection,
        add_limit_headers, authenticate,
    },
    model::{Account, Entry, EntryId, EntryKey, KeyId, Lead, LeadId, OutcomeName, Scope},
    request::{Fields, Request, Rule},
    table::StoreError,
};
use serde::de::DeserializeOwned;

/// An operation on what an account has: the part of [`handle`] that differs between operations.
pub trait AccountOperation {
    /// The provider of the operation.
    type Endpoint: Endpoint;
    /// The scope that a key needs for it.
    const SCOPE: Scope = Scope::Read;
    /// The name of its outcome in the log.
    const OUTCOME: OutcomeName;

    /// Does what a request asks for, and answers it.
    fn answer(
        request: &AccountRequest<'_>,
    ) -> impl Future<Output = Result<Answer, Rejection>> + Send;
}

/// A request whose account is known.
pub struct AccountRequest<'a> {
    /// The context of its handler.
    pub context: &'a Context,
    /// The account of the request.
    pub account: &'a Account,
    /// The id of its key.
    pub key: KeyId,
    /// Whether its key is lenient.
    pub is_lenient: bool,
    /// The request as it was sent.
    pub http: &'a Request,
}

impl AccountRequest<'_> {
    /// Reads the query. A lenient key may ask for values that are not in a list.
    ///
    /// # Errors
    /// If a parameter breaks its rule, or if the request was not read from an event: then it has no
    /// query.
    pub fn read_query<Q>(&self, read: impl FnOnce(&mut Fields<'_>) -> Q) -> Result<Q, Rejection> {
        let mut fields = Fields::parse(&self.http.query).ok_or(Rejection::Internal)?;
        let query = read(&mut fields);
        let mut violations = fields.violations();
        if self.is_lenient {
            violations.retain(|violation| !matches!(violation.rule, Rule::Choice(_)));
        }
        if violations.is_empty() { Ok(query) } else { Err(violations.into()) }
    }

    /// The lead of the account with this id.
    ///
    /// # Errors
    /// If there is none, or if the table cannot be read.
    pub async fn find_lead<D: DeserializeOwned>(
        &self,
        id: Option<LeadId>,
    ) -> Result<Lead<D>, Rejection> {
        let id = id.ok_or(Rejection::NotFound)?;
        self.context.table.get_lead(self.account, id).await?.ok_or(Rejection::NotFound)
    }

    /// The entries of a kind in the account's directory with their ids, in the order of the ids.
    /// Entries of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn list_entries<T: DeserializeOwned>(
        &self,
        kind: &'static str,
    ) -> Result<Vec<(EntryId, T)>, StoreError> {
        let entries = self.context.table.entries(self.account, &[kind]).await?.into_iter();
        let read =
            |(key, entry): (EntryKey, Entry)| Some((key.id, serde_json::from_value(entry).ok()?));
        Ok(entries.filter_map(read).collect())
    }
}

/// Answers a request for what an account has.
pub async fn handle<O: AccountOperation>(
    state: &<O::Endpoint as Endpoint>::State,
    request: &Request,
) -> Handled {
    let context = state.as_ref();
    let log = DeliveryLog::start(context.report, O::Endpoint::PROVIDER, request.id.clone());
    let mut usage = None;
    let steps = async {
        let caller = authenticate::<O::Endpoint>(state, request, O::SCOPE, &mut usage).await?;
        let Caller { account, key, is_lenient } = caller;
        let account = &account;
        O::answer(&AccountRequest { context, account, key, is_lenient, http: request }).await
    };
    let result = context.in_time(steps).await;
    let outcome = result.as_ref().map_or_else(Rejection::name, |_| O::OUTCOME);
    let mut answer = result.unwrap_or_else(O::Endpoint::reject);
    add_limit_headers::<O::Endpoint>(&mut answer, usage);
    log.finish(outcome, &answer);
    Handled { answer, summary: DeliverySummary::of(outcome) }
}
