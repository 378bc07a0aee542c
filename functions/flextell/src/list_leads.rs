use crate::{
    access::Flextell,
    answer::LeadBody,
    contract::Details,
    paginated::{ListQuery, answer_page},
};
use shared::{
    account_request::{AccountOperation, AccountRequest, is_found, sort_by_text},
    delivery::{Answer, Rejection},
    model::{Lead, LeadSpan, OutcomeName},
    request::Fields,
};

/// What leads may be sorted by. The provider's page does not show its list.
const SORT_BY: [&str; 4] = ["created_at", "updated_at", "first_name", "last_name"];

/// `GET /v1/leads`.
pub struct ListLeads;

struct Query {
    list: ListQuery,
    status: Option<u64>,
    reference_source: Option<u64>,
    user: Option<u64>,
    country: Option<u64>,
}

impl Query {
    fn read(query: &mut Fields<'_>) -> Self {
        Self {
            list: ListQuery::read(query, &SORT_BY, false),
            status: query.number_text("lead_status_id", None),
            reference_source: query.number_text("lead_reference_source_id", None),
            user: query.number_text("assigned_user_id", None),
            country: query.number_text("country_id", None),
        }
    }

    fn wants(&self, lead: &Lead<Details>) -> bool {
        let is_id = |filter: Option<u64>, id: Option<i64>| {
            filter.is_none_or(|filter| id.is_some_and(|id| u64::try_from(id) == Ok(filter)))
        };
        let Details { status, reference_source, assigned_user, country_id, .. } = &lead.details;
        is_found(self.list.search.as_deref(), [&lead.name, &lead.email, &lead.phone])
            && is_id(self.status, status.as_ref().map(|status| status.id))
            && is_id(self.reference_source, reference_source.as_ref().map(|source| source.id))
            && is_id(self.user, assigned_user.as_ref().map(|user| user.id))
            && is_id(self.country, *country_id)
    }

    /// Sorts leads that come newest first, in ascending order.
    fn sort(&self, leads: &mut [Lead<Details>]) {
        leads.reverse();
        match self.list.sort_by.as_deref() {
            Some("first_name") => sort_by_text(leads, |lead| lead.details.first_name.as_deref()),
            Some("last_name") => sort_by_text(leads, |lead| lead.details.last_name.as_deref()),
            // A lead is never updated here.
            _ => {}
        }
    }
}

impl AccountOperation for ListLeads {
    type Endpoint = Flextell;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "leads_listed", words: "leads listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let query = request.read_query(Query::read)?;
        let wants = |lead: &Lead<Details>| query.wants(lead);
        let mut leads = request.list_leads(Some(LeadSpan::ALL), wants).await?;
        query.sort(&mut leads);
        Ok(answer_page(request, &query.list, &mut leads, LeadBody::of))
    }
}
