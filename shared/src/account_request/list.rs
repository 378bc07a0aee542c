use super::handle::AccountRequest;
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
    /// How many items a page has.
    pub size: u64,
}

impl Page {
    /// The number of the last page of this many items. A list without items has one page.
    pub fn last(self, total: usize) -> u64 {
        (total as u64).div_ceil(self.size.max(1)).max(1)
    }

    /// The items of a list that are on this page.
    pub fn of<T>(self, items: &[T]) -> &[T] {
        let place =
            |page: u64| usize::try_from(page.saturating_mul(self.size)).unwrap_or(usize::MAX);
        let end = place(self.number).min(items.len());
        let start = place(self.number.saturating_sub(1)).min(end);
        &items[start..end]
    }
}

impl AccountRequest<'_> {
    /// Those leads of the account that are in a span of ids and `wanted`, the newest first.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn list_leads<D: DeserializeOwned + Send>(
        &self,
        span: Option<LeadSpan>,
        wanted: impl Fn(&Lead<D>) -> bool + Send + Sync,
    ) -> Result<Vec<Lead<D>>, StoreError> {
        let (mut listed, mut left, mut rest) = (Vec::new(), LISTED, span);
        for _ in 0..REQUESTS {
            let Some(span) = rest.filter(|_| left > 0) else { break };
            let (table, limit) = (&self.context.table, i32::try_from(left).ok());
            let read = table.leads(self.account, span, Order::NewestFirst, limit).await?;
            left = left.saturating_sub(read.leads.len());
            listed.extend(read.leads.into_iter().filter(|lead| wanted(lead)));
            rest = read.rest;
        }
        Ok(listed)
    }

    /// Whether there is no filter, or a value is equal to it. For a lenient key, the case of letters
    /// does not matter.
    pub fn is_equal(&self, filter: Option<&str>, value: Option<&str>) -> bool {
        let folded = |text: Option<&str>| text.map(str::to_lowercase);
        filter.is_none() || filter == value || self.is_lenient && folded(filter) == folded(value)
    }
}

/// Whether there is no search, or one of these values has its text in it, whatever the case of its
/// letters.
pub fn is_found<const N: usize>(search: Option<&str>, values: [&Option<String>; N]) -> bool {
    let Some(search) = search.map(str::to_lowercase) else { return true };
    values.into_iter().flatten().any(|value| value.to_lowercase().contains(&search))
}

/// Sorts items by a text, whatever the case of its letters. Items without it come first.
pub fn sort_by_text<T>(items: &mut [T], text: impl Fn(&T) -> Option<&str>) {
    items.sort_by_cached_key(|item| text(item).map(str::to_lowercase));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_of_a_list_is_on_one_page_and_the_last_page_has_the_last_item() {
        for size in [1, 2, 25, 100] {
            for total in [0, 1, 2, 24, 25, 26, 100, 101] {
                let items: Vec<_> = (0..total).collect();
                let last = Page { number: 1, size }.last(total);
                let pages = (1..=last).map(|number| Page { number, size }.of(&items));
                assert_eq!(pages.flatten().copied().collect::<Vec<_>>(), items, "pages of {size}");
                let is_empty = Page { number: last, size }.of(&items).is_empty();
                assert_eq!(is_empty, total == 0, "{total} items on pages of {size}");
            }
        }
    }

    #[test]
    fn a_page_far_beyond_the_last_is_empty() {
        assert!(Page { number: u64::MAX, size: 100 }.of(&[0; 1_000]).is_empty());
    }
}
