use crate::{
    access::Flextell,
    directory::REFERENCE_SOURCE,
    paginated::{answer_page, is_ascending, read_page},
};
use serde::{Deserialize, Serialize};
use shared::{
    account_request::{AccountOperation, AccountRequest, Page, is_equal, is_found},
    delivery::{Answer, Rejection},
    model::OutcomeName,
    request::{Fields, Violation, rules},
};

/// What reference sources may be sorted by. The directory has no times, so the last two keep the
/// order.
const SORT_BY: [&str; 3] = ["name", "created_at", "updated_at"];

/// `GET /v1/leads/reference-sources`.
pub struct ListReferenceSources;

struct Query {
    search: Option<String>,
    color: Option<String>,
    external_id: Option<String>,
    sort_by: Option<&'static str>,
    ascending: bool,
    page: Page,
}

impl Query {
    fn read(mut query: Fields<'_>) -> Result<Self, Vec<Violation>> {
        let read = Self {
            search: query.formatted_string("search", &[rules::max_length::<255>]),
            color: query.formatted_string("color", &[rules::max_length::<20>]),
            external_id: query.formatted_string("external_id", &[rules::max_length::<255>]),
            sort_by: query.choice("sort_by", &SORT_BY),
            ascending: is_ascending(&mut query, true),
            page: read_page(&mut query),
        };
        query.finish(read)
    }

    fn wants(&self, source: &ReferenceSource) -> bool {
        is_found(self.search.as_deref(), [&source.name])
            && is_equal(self.color.as_deref(), source.color.as_deref())
            && is_equal(self.external_id.as_deref(), source.external_id.as_deref())
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
        let query = Query::read(request.query()?)?;
        let sources = request.list_entries::<ReferenceSource>(REFERENCE_SOURCE).await?;
        let sources = sources.into_iter().map(|(_, source)| source);
        let mut sources: Vec<_> = sources.filter(|source| query.wants(source)).collect();
        sources.sort_by_key(|source| source.id);
        if query.sort_by == Some("name") {
            sources.sort_by_cached_key(|source| source.name.as_deref().map(str::to_lowercase));
        }
        if !query.ascending {
            sources.reverse();
        }
        Ok(answer_page(request, query.page, &sources, |source| source))
    }
}
