use crate::{address::read_provider, app::Console, page::Failed};
use operator::times::read_day;
use serde::Deserialize;
use shared::model::{Account, LeadId, LeadSpan, StoredLead};
use url::form_urlencoded::Serializer;

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    pub(super) provider: String,
    #[serde(default)]
    pub(super) account: String,
    #[serde(default)]
    pub(super) day: String,
    #[serde(default)]
    pub(super) source: String,
    #[serde(default)]
    pub(super) text: String,
    /// Only leads before this one: the next page.
    #[serde(default)]
    pub(super) before: String,
}

impl Filter {
    pub(super) async fn accounts(&self, console: &Console) -> Result<Vec<Account>, Failed> {
        let provider = read_provider(&self.provider)?;
        let mut accounts = console.table().accounts(provider).await?;
        accounts.retain(|account| {
            self.account.is_empty() || account.id.as_str() == self.account.trim()
        });
        Ok(accounts)
    }

    /// The ids that it selects; `None` if there can be no such lead.
    pub(super) fn span(&self, console: &Console) -> Result<Option<LeadSpan>, Failed> {
        let mut span = Some(LeadSpan::ALL);
        if !self.day.is_empty() {
            let (now, day) = (console.system().now(), read_day(&self.day).map_err(Failed::input)?);
            let (start, end) = (day.start(now), day.end(now));
            let (start, end) = (start.map_err(Failed::input)?, end.map_err(Failed::input)?);
            span = LeadSpan::of_time(Some(start), Some(end));
        }
        if self.before.is_empty() {
            return Ok(span);
        }
        let before = self.before.parse::<LeadId>();
        let before = before.map_err(|_| Failed::input("the page's address names no lead"))?;
        Ok(span.and_then(|span| span.before(before)))
    }

    /// As a part of an address.
    pub(super) fn query(&self) -> String {
        let Self { provider, account, day, source, text, .. } = self;
        let names = ["provider", "account", "day", "source", "text"];
        let values = [provider, account, day, source, text];
        Serializer::new(String::new()).extend_pairs(names.into_iter().zip(values)).finish()
    }

    /// Whether leads must be read to know which it selects.
    pub(super) fn searches(&self) -> bool {
        !self.source.is_empty() || !self.text.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.provider.is_empty()
            && self.account.is_empty()
            && self.day.is_empty()
            && !self.searches()
    }

    pub(super) fn takes(&self, lead: &StoredLead) -> bool {
        let source = lead.source.as_deref().unwrap_or_default();
        (self.source.is_empty() || source.eq_ignore_ascii_case(self.source.trim()))
            && (self.text.is_empty() || self.finds(lead))
    }

    fn finds(&self, lead: &StoredLead) -> bool {
        let text = self.text.trim().to_lowercase();
        let own = [&lead.name, &lead.email, &lead.phone, &lead.source, &lead.status];
        let has = |part: &str| part.to_lowercase().contains(&text);
        own.into_iter().flatten().any(|part| has(part))
            || lead.details.values().any(|value| has(&value.to_string()))
            || lead.extra.as_ref().is_some_and(|extra| has(extra.as_sent()))
    }
}
