use crate::{
    access::Flextell,
    directory::STATUS,
    paginated::{ListQuery, answer_page},
};
use serde::{Deserialize, Serialize};
use shared::{
    account_request::{AccountOperation, AccountRequest, is_found, sort_by_text},
    delivery::{Answer, Rejection},
    model::OutcomeName,
    provider::DEFAULT,
    request::Fields,
};

/// What statuses may be sorted by. The directory has no times, so these two keep the order.
const SORT_BY: [&str; 4] = ["sort_order", "name", "created_at", "updated_at"];

/// `GET /v1/leads/statuses`.
pub struct ListStatuses;

struct Query {
    list: ListQuery,
    is_default: Option<bool>,
    is_terminal: Option<bool>,
    is_system: Option<bool>,
}

impl Query {
    fn read(query: &mut Fields<'_>) -> Self {
        Self {
            list: ListQuery::read(query, &SORT_BY, true),
            is_default: query.flag_text("is_default"),
            is_terminal: query.flag_text("is_terminal"),
            is_system: query.flag_text("is_system"),
        }
    }

    fn wants(&self, status: &Status) -> bool {
        let is_same = |filter: Option<bool>, flag| filter.is_none_or(|filter| filter == flag);
        is_found(self.list.search.as_deref(), [&status.name])
            && is_same(self.is_default, status.is_default)
            && is_same(self.is_terminal, status.is_terminal == Some(true))
            && is_same(self.is_system, status.is_system)
    }
}

/// The provider's `LeadStatusResource`. Members of unit type are always null here.
#[derive(Serialize, Deserialize)]
struct Status {
    id: i64,
    name: Option<String>,
    slug: Option<String>,
    color: Option<String>,
    sort_order: Option<u64>,
    #[serde(default)]
    is_default: bool,
    is_terminal: Option<bool>,
    #[serde(default)]
    is_system: bool,
    #[serde(default)]
    created_at: (),
    #[serde(default)]
    updated_at: (),
}

impl AccountOperation for ListStatuses {
    type Endpoint = Flextell;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "statuses_listed", words: "statuses listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let query = request.read_query(Query::read)?;
        let entries = request.list_entries::<Status>(STATUS).await?;
        let default = entries.iter().find(|(id, _)| id.as_str() == DEFAULT);
        let default = default.map(|(_, status)| status.id);
        let statuses = entries.into_iter().filter(|(id, _)| id.as_str() != DEFAULT);
        let mut statuses: Vec<_> = statuses
            .map(|(_, status)| Status { is_default: Some(status.id) == default, ..status })
            .filter(|status| query.wants(status))
            .collect();
        statuses.sort_by_key(|status| (status.sort_order.unwrap_or_default(), status.id));
        if query.list.sort_by.as_deref() == Some("name") {
            sort_by_text(&mut statuses, |status| status.name.as_deref());
        }
        Ok(answer_page(request, &query.list, &mut statuses, |status| status))
    }
}
