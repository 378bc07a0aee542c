use crate::{
    access::RdStation,
    answer::LeadBody,
    contract::{CAPTURES, Details},
};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use serde::Serialize;
use shared::{
    account_request::{AccountOperation, AccountRequest, Page, is_found},
    delivery::{Answer, Rejection, json_answer},
    model::{Lead, LeadSpan, OutcomeName},
    request::Fields,
};

/// How many leads a page has if the request does not say.
const PAGE: u64 = 20;
/// How many leads a page may have.
const MAX_PAGE: u64 = 100;
/// The orders of a list. The provider documents only the first, which is the default.
const ORDERS: [&str; 2] = ["createdAtDesc", "createdAtAsc"];

/// `GET /rest/leads`.
pub struct ListLeads;

struct Query {
    page: Page,
    search: Option<String>,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    ascending: bool,
    created_at_start: Option<Timestamp>,
    agent_id: Option<String>,
    capture: Option<String>,
}

impl Query {
    fn read(query: &mut Fields<'_>) -> Self {
        Self {
            page: Page {
                number: query.number_text("page", None).unwrap_or(1),
                size: query.number_text("size", Some(MAX_PAGE)).unwrap_or(PAGE),
            },
            search: query.formatted_string("search", &[]),
            name: query.formatted_string("name", &[]),
            email: query.formatted_string("email", &[]),
            phone: query.formatted_string("phone", &[]),
            ascending: query.choice("orderBy", &ORDERS).as_deref() == Some(ORDERS[1]),
            created_at_start: query.time("createdAtStart"),
            agent_id: query.formatted_string("agentId", &[]),
            capture: query.choice("capture", &CAPTURES),
        }
    }

    fn wants(&self, request: &AccountRequest<'_>, lead: &Lead<Details>) -> bool {
        let Details { company, site, agent_id, .. } = &lead.details;
        let searched = [&lead.name, &lead.email, &lead.phone, company, site];
        is_found(self.search.as_deref(), searched)
            && is_found(self.name.as_deref(), [&lead.name])
            && is_found(self.email.as_deref(), [&lead.email])
            && is_found(self.phone.as_deref(), [&lead.phone])
            && request.is_equal(self.agent_id.as_deref(), agent_id.as_deref())
            && request.is_equal(self.capture.as_deref(), lead.status.as_deref())
    }
}

/// A page, as the provider shows it.
#[derive(Serialize)]
struct ListBody<'a> {
    data: Vec<LeadBody<'a>>,
    meta: Meta,
}

#[derive(Serialize)]
struct Meta {
    total: usize,
    page: u64,
    size: u64,
    first: u64,
    last: u64,
    next: Option<u64>,
    previous: Option<u64>,
}

impl Meta {
    fn new(Page { number, size }: Page, total: usize) -> Self {
        let last = Page { number, size }.last(total);
        let next = (number < last).then(|| number + 1);
        let previous = (number > 1).then(|| (number - 1).min(last));
        Self { total, page: number, size, first: 1, last, next, previous }
    }
}

impl AccountOperation for ListLeads {
    type Endpoint = RdStation;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "leads_listed", words: "leads listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let query = request.read_query(Query::read)?;
        let span = LeadSpan::of_time(query.created_at_start, None);
        let mut leads = request.list_leads(span, |lead| query.wants(request, lead)).await?;
        if query.ascending {
            leads.reverse();
        }
        let data = query.page.of(&leads).iter().map(LeadBody::of).collect();
        let body = ListBody { data, meta: Meta::new(query.page, leads.len()) };
        Ok(json_answer(StatusCode::OK, &body))
    }
}
