use super::read::Reading;
use crate::{
    model::{Lead, LeadSpan},
    table::{Order, StoreError},
};
use serde::de::DeserializeOwned;

/// How many leads a list reads at most: the newest of its span. Older ones are on no page and in no
/// total, so that a request costs no more for an account with more leads.
pub const LISTED: usize = 10_000;
/// How many requests to the table read them, each up to 1 MB. A list of large leads ends earlier, so
/// that it is answered in time.
const REQUESTS: usize = 10;

/// A page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its number, from 1 on.
    pub number: u64,
    /// How many leads a page has.
    pub size: u64,
}

impl Page {
    /// The number of the last page of this many leads. A list without leads has one page.
    pub fn last(self, total: u64) -> u64 {
        total.div_ceil(self.size.max(1)).max(1)
    }

    fn has(self, place: u64) -> bool {
        place / self.size.max(1) == self.number.saturating_sub(1)
    }
}

/// A page of a list of leads, the newest first.
pub struct Listed<D> {
    /// The leads of the page.
    pub leads: Vec<Lead<D>>,
    /// How many leads all pages have.
    pub total: u64,
}

impl Reading<'_> {
    /// A page of those leads of the account that are in a span of ids and `wanted`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn list_leads<D: DeserializeOwned + Send>(
        &self,
        span: Option<LeadSpan>,
        page: Page,
        wanted: impl Fn(&Lead<D>) -> bool + Send + Sync,
    ) -> Result<Listed<D>, StoreError> {
        let (mut listed, mut left, mut rest) =
            (Listed { leads: Vec::new(), total: 0 }, LISTED, span);
        for _ in 0..REQUESTS {
            let Some(span) = rest.filter(|_| left > 0) else { break };
            let (table, limit) = (&self.context.table, i32::try_from(left).ok());
            let read = table.leads(self.account, span, Order::NewestFirst, limit).await?;
            left = left.saturating_sub(read.leads.len());
            for lead in read.leads.into_iter().filter(|lead| wanted(lead)) {
                if page.has(listed.total) {
                    listed.leads.push(lead);
                }
                listed.total += 1;
            }
            rest = read.rest;
        }
        Ok(listed)
    }
}

/// Whether one of these values has a text in it, whatever the case of its letters.
pub fn is_found(text: &str, values: [&Option<String>; 3]) -> bool {
    let text = text.to_lowercase();
    values.into_iter().flatten().any(|value| value.to_lowercase().contains(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_of_a_list_is_on_one_page_and_the_last_page_has_the_last_place() {
        for size in [1, 2, 25, 100] {
            for total in [0, 1, 2, 24, 25, 26, 100, 101] {
                let last = Page { number: 1, size }.last(total);
                let mut places = 0;
                for number in 1..=last {
                    let page = Page { number, size };
                    places += (0..total).filter(|place| page.has(*place)).count() as u64;
                }
                assert_eq!(places, total, "{total} leads on pages of {size}");
                let is_empty = !(0..total).any(|place| Page { number: last, size }.has(place));
                assert_eq!(is_empty, total == 0, "{total} leads on pages of {size}");
            }
        }
    }

    #[test]
    fn a_page_far_beyond_the_last_is_empty() {
        let page = Page { number: u64::MAX, size: 100 };
        assert!(!(0..1_000).any(|place| page.has(place)));
    }
}
