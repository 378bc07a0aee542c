use crate::{
    access::Flextell,
    directory::REFERENCE_SOURCE,
    paginated::{ListQuery, answer_page},
};
use serde::{Deserialize, Serialize};
use shared::{
    account_request::{AccountOperation, AccountRequest, is_found, sort_by_text},
    delivery::{Answer, Rejection},
    model::OutcomeName,
    request::{Fields, rules},
};

/// What reference sources may be sorted by. The directory has no times, so the last two keep the
/// order.
const SORT_BY: [&str; 3] = ["name", "created_at", "updated_at"];

/// `GET /v1/leads/reference-sources`.
pub struct ListReferenceSources;

struct Query {
    list: ListQuery,
    color: Option<String>,
    external_id: Option<String>,
}

impl Query {
    fn read(query: &mut Fields<'_>) -> Self {
        Self {
            list: ListQuery::read(query, &SORT_BY, true),
            color: query.formatted_string("color", &[rules::max_length::<20>]),
            external_id: query.formatted_string("external_id", &[rules::max_length::<255>]),
        }
    }

    fn wants(&self, request: &AccountRequest<'_>, source: &ReferenceSource) -> bool {
        is_found(self.list.search.as_deref(), [&source.name])
            && request.is_equal(self.color.as_deref(), source.color.as_deref())
            && request.is_equal(self.external_id.as_deref(), source.external_id.as_deref())
    }
}

/// The provider's `LeadReferenceSourceResource`. Members of unit type are always null here.
#[derive(Serialize, Deserialize)]
struct ReferenceSource {
    id: i64,
    name: Option<String>,
    external_id: Option<String>,
    color: Option<String>,
    #[serde(default)]
    created_at: (),
    #[serde(default)]
    updated_at: (),
}

impl AccountOperation for ListReferenceSources {
    type Endpoint = Flextell;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "sources_listed", words: "reference sources listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let query = request.read_query(Query::read)?;
        let sources = request.list_entries::<ReferenceSource>(REFERENCE_SOURCE).await?;
        let sources = sources.into_iter().map(|(_, source)| source);
        let mut sources: Vec<_> = sources.filter(|source| query.wants(request, source)).collect();
        sources.sort_by_key(|source| source.id);
        if query.list.sort_by.as_deref() == Some("name") {
            sort_by_text(&mut sources, |source| source.name.as_deref());
        }
        Ok(answer_page(request, &query.list, &mut sources, |source| source))
    }
}
