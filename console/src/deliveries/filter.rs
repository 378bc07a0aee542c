use crate::words::ending;
use local::{REMEMBERED, SeenDelivery};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

/// How many rows the page has.
const SHOWN: usize = 100;

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    pub(super) provider: String,
    #[serde(default)]
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) text: String,
    /// Whether to show all that are remembered.
    #[serde(default)]
    pub(super) all: String,
}

impl Filter {
    pub(super) fn takes(&self, seen: &SeenDelivery) -> bool {
        (self.provider.is_empty() || seen.provider.as_str() == self.provider)
            && (self.outcome.is_empty() || ending(seen.summary.outcome).kind == self.outcome)
            && (self.text.is_empty() || self.finds(seen))
    }

    fn finds(&self, seen: &SeenDelivery) -> bool {
        let text = self.text.to_lowercase();
        let texts = [&seen.path, &seen.body.text, &seen.answer_body.text];
        texts.into_iter().any(|part| part.to_lowercase().contains(&text))
    }

    pub(super) fn limit(&self) -> usize {
        if self.all.is_empty() { SHOWN } else { REMEMBERED }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.provider.is_empty() && self.outcome.is_empty() && self.text.is_empty()
    }

    /// As a part of an address.
    pub(super) fn query(&self) -> String {
        let all = [("provider", &self.provider), ("outcome", &self.outcome), ("text", &self.text)];
        let given = all.into_iter().filter(|(_, value)| !value.is_empty());
        let query = Serializer::new(String::new()).extend_pairs(given).finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}
