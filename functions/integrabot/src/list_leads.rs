use crate::{
    access::Integrabot,
    answer::LeadBody,
    contract::{Details, STATUSES, TYPES},
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};
use lambda_http::http::StatusCode;
use serde::Serialize;
use shared::{
    account_request::{AccountOperation, AccountRequest, Page, is_found},
    delivery::{Answer, Rejection, json_answer},
    model::{Lead, LeadSpan, OutcomeName},
    request::{Fields, rules},
};

/// How many leads a page has if the request does not say.
const PAGE: u64 = 25;
/// How many leads a page may have.
const MAX_PAGE: u64 = 100;

/// `GET /v1/leads`.
pub struct ListLeads;

/// The query, with the days in UTC.
struct Query {
    status: Option<String>,
    channel: Option<String>,
    agent_id: Option<String>,
    search: Option<String>,
    date_from: Option<Date>,
    date_to: Option<Date>,
    page: Page,
}

impl Query {
    fn read(query: &mut Fields<'_>) -> Self {
        Self {
            status: query.choice("status", &STATUSES),
            channel: query.choice("type", &TYPES),
            agent_id: query.formatted_string("agent_id", &[rules::uuid]),
            search: query.formatted_string("search", &[]),
            date_from: query.date("date_from"),
            date_to: query.date("date_to"),
            page: Page {
                number: query.number_text("page", None).unwrap_or(1),
                size: query.number_text("per_page", Some(MAX_PAGE)).unwrap_or(PAGE),
            },
        }
    }

    /// The leads of its days; `None` if there can be none.
    fn span(&self) -> Option<LeadSpan> {
        let until = self.date_to.map(|day| day.saturating_add(1.day()));
        LeadSpan::of_time(self.date_from.and_then(beginning), until.and_then(beginning))
    }

    fn wants(&self, request: &AccountRequest<'_>, lead: &Lead<Details>) -> bool {
        request.is_equal(self.status.as_deref(), lead.status.as_deref())
            && request.is_equal(self.channel.as_deref(), lead.source.as_deref())
            && self.agent_id.as_deref().is_none_or(|wanted| {
                let own = lead.details.agent_id.as_deref();
                own.is_some_and(|own| own.eq_ignore_ascii_case(wanted))
            })
            && is_found(self.search.as_deref(), [&lead.name, &lead.email, &lead.phone])
    }
}

/// The beginning of a day in UTC. No lead has an id of a day before or after these years.
fn beginning(day: Date) -> Option<Timestamp> {
    let day = day.clamp(date(2000, 1, 1), date(2100, 1, 1));
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// A page, as the provider shows it.
#[derive(Serialize)]
struct ListBody<'a> {
    data: Vec<LeadBody<'a>>,
    meta: Meta,
}

#[derive(Serialize)]
struct Meta {
    current_page: u64,
    per_page: u64,
    total: usize,
    last_page: u64,
}

impl AccountOperation for ListLeads {
    type Endpoint = Integrabot;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "leads_listed", words: "leads listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let query = request.read_query(Query::read)?;
        let page = query.page;
        let wants = |lead: &Lead<Details>| query.wants(request, lead);
        let leads = request.list_leads(query.span(), wants).await?;
        let (total, last_page) = (leads.len(), page.last(leads.len()));
        let body = ListBody {
            data: page.of(&leads).iter().map(LeadBody::of).collect(),
            meta: Meta { current_page: page.number, per_page: page.size, total, last_page },
        };
        Ok(json_answer(StatusCode::OK, &body))
    }
}
