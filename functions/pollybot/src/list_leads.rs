use crate::{
    access::PollyBot,
    answer::{Answered, LeadBody},
    chatbot::find_chatbot,
    contract::{Details, STATUSES},
};
use lambda_http::http::StatusCode;
use serde::Serialize;
use shared::{
    account_request::{AccountOperation, AccountRequest, Page, is_found, sort_by_text},
    delivery::{Answer, Rejection, json_answer},
    model::{Lead, LeadSpan, Members, OutcomeName, read_string},
    request::Fields,
};

/// How many leads a page has if the request does not say. The provider's sample asks for as many.
const PAGE: u64 = 10;
/// How many leads a page may have.
const MAX_PAGE: u64 = 100;
/// What leads may be sorted by. The provider's documents have no order; public clients ask for it.
const SORT_BY: [&str; 6] = ["createdAt", "updatedAt", "name", "email", "status", "priority"];
/// The member in which public clients send a priority, and the priorities that they know.
const PRIORITY: &str = "priority";
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "urgent"];
const SORT_ORDER: [&str; 2] = ["desc", "asc"];

/// `GET /api/v1/chatbots/{chatbotId}/leads` and `GET /api/v1/leads`.
pub struct ListLeads;

struct Query {
    status: Option<String>,
    source: Option<String>,
    priority: Option<String>,
    search: Option<String>,
    sort_by: Option<String>,
    ascending: bool,
    page: Page,
}

impl Query {
    fn read(query: &mut Fields<'_>) -> Self {
        Self {
            status: query.choice("status", &STATUSES),
            source: query.formatted_string("source", &[]),
            priority: query.formatted_string(PRIORITY, &[]),
            search: query.formatted_string("search", &[]),
            sort_by: query.choice("sortBy", &SORT_BY),
            ascending: query.choice("sortOrder", &SORT_ORDER).as_deref() == Some(SORT_ORDER[1]),
            page: Page {
                number: query.number_text("page", None).unwrap_or(1),
                size: query.number_text("limit", Some(MAX_PAGE)).unwrap_or(PAGE),
            },
        }
    }

    fn wants(&self, request: &AccountRequest<'_>, lead: &Lead<Details>) -> bool {
        request.is_equal(self.status.as_deref(), lead.status.as_deref())
            && request.is_equal(self.source.as_deref(), lead.source.as_deref())
            && (self.priority.is_none()
                || request.is_equal(self.priority.as_deref(), priority(lead).as_deref()))
            && is_found(self.search.as_deref(), [&lead.name, &lead.email])
    }

    /// Sorts leads that come newest first.
    fn sort(&self, leads: &mut [Lead<Details>]) {
        leads.reverse();
        match self.sort_by.as_deref() {
            Some("updatedAt") => leads.sort_by_key(Lead::updated_at),
            Some("name") => sort_by_text(leads, |lead| lead.name.as_deref()),
            Some("email") => sort_by_text(leads, |lead| lead.email.as_deref()),
            Some(PRIORITY) => leads.sort_by_cached_key(|lead| {
                let own = priority(lead).map(|own| own.to_lowercase());
                own.and_then(|own| PRIORITIES.iter().position(|known| *known == own))
            }),
            Some("status") => sort_by_text(leads, |lead| lead.status.as_deref()),
            _ => {}
        }
        if !self.ascending {
            leads.reverse();
        }
    }
}

/// The priority of a lead: the provider's documents have none, so it is an unknown member.
fn priority(lead: &Lead<Details>) -> Option<String> {
    let members = Members::read(lead.extra.as_ref()?.as_sent())?;
    let place = members.position(PRIORITY)?;
    Some(read_string(members[place].value).into_owned())
}

/// A page, as the provider shows it.
#[derive(Serialize)]
struct ListBody<'a> {
    leads: Vec<LeadBody<'a>>,
    pagination: Pagination,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    page: u64,
    limit: u64,
    total: usize,
    total_pages: u64,
    has_next: bool,
    has_prev: bool,
}

impl AccountOperation for ListLeads {
    type Endpoint = PollyBot;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "leads_listed", words: "leads listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let chatbot = find_chatbot(request).await?;
        let query = request.read_query(Query::read)?;
        let page = query.page;
        let wants = |lead: &Lead<Details>| {
            request.is_equal(chatbot.as_deref(), lead.details.chatbot_id.as_deref())
                && query.wants(request, lead)
        };
        let mut leads = request.list_leads(Some(LeadSpan::ALL), wants).await?;
        query.sort(&mut leads);
        let total_pages = page.last(leads.len());
        let data = ListBody {
            leads: page.of(&leads).iter().map(LeadBody::in_list).collect(),
            pagination: Pagination {
                page: page.number,
                limit: page.size,
                total: leads.len(),
                total_pages,
                has_next: page.number < total_pages,
                has_prev: page.number > 1,
            },
        };
        Ok(json_answer(StatusCode::OK, &Answered::of(data)))
    }
}
