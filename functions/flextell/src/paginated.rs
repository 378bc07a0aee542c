//! Lists with pages, as the framework behind the provider's API writes them:
//! <https://laravel.com/docs/eloquent-resources#pagination>.

use lambda_http::http::{HeaderMap, StatusCode};
use serde::Serialize;
use shared::{
    account_request::{AccountRequest, Page},
    delivery::{Answer, json_answer},
    request::{Fields, rules},
};
use std::collections::{BTreeMap, BTreeSet};

/// How many items a page has if the request does not say. It is the framework's default.
const PAGE: u64 = 15;
/// How many items a page may have.
const MAX_PAGE: u64 = 100;
/// How many pages are linked on each side of the current one.
const ON_EACH_SIDE: u64 = 3;

/// The parameters that each list has.
pub(crate) struct ListQuery {
    pub(crate) search: Option<String>,
    pub(crate) sort_by: Option<String>,
    ascending: bool,
    page: Page,
}

impl ListQuery {
    /// Reads them. Without `sort_order` the list is `ascending` or not.
    pub(crate) fn read(
        query: &mut Fields<'_>,
        sort_by: &'static [&'static str],
        ascending: bool,
    ) -> Self {
        let order = query.choice("sort_order", &["asc", "desc"]);
        Self {
            search: query.formatted_string("search", &[rules::max_length::<255>]),
            sort_by: query.choice("sort_by", sort_by),
            ascending: order.map_or(ascending, |order| order == "asc"),
            page: Page {
                number: query.number_text("page", None).unwrap_or(1),
                size: query.number_text("per_page", Some(MAX_PAGE)).unwrap_or(PAGE),
            },
        }
    }
}

/// Answers a request for a page of `items`, which are sorted in ascending order.
pub(crate) fn answer_page<'a, T, B: Serialize>(
    request: &AccountRequest<'_>,
    &ListQuery { ascending, page, .. }: &ListQuery,
    items: &'a mut [T],
    show: impl Fn(&'a T) -> B,
) -> Answer {
    if !ascending {
        items.reverse();
    }
    let items = &*items;
    let shown: Vec<_> = page.of(items).iter().map(show).collect();
    let pages = Pages { page, last: page.last(items.len()), address: Address::of(request) };
    let before = page.number.saturating_sub(1).saturating_mul(page.size);
    let place = |n: usize| (!shown.is_empty()).then(|| before + n as u64);
    let body = ListBody {
        links: Links {
            first: pages.link(1),
            last: pages.link(pages.last),
            prev: pages.previous(),
            next: pages.next(),
        },
        meta: Meta {
            current_page: page.number,
            from: place(1),
            last_page: pages.last,
            links: pages.labelled(),
            path: pages.address.path.clone(),
            per_page: page.size,
            to: place(shown.len()),
            total: items.len(),
        },
        data: shown,
    };
    json_answer(StatusCode::OK, &body)
}

#[derive(Serialize)]
struct ListBody<B> {
    data: Vec<B>,
    links: Links,
    meta: Meta,
}

#[derive(Serialize)]
struct Links {
    first: String,
    last: String,
    prev: Option<String>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Meta {
    current_page: u64,
    from: Option<u64>,
    last_page: u64,
    links: Vec<PageLink>,
    path: String,
    per_page: u64,
    to: Option<u64>,
    total: usize,
}

#[derive(Serialize)]
struct PageLink {
    url: Option<String>,
    label: String,
    active: bool,
}

/// The pages of a list.
struct Pages {
    page: Page,
    last: u64,
    address: Address,
}

impl Pages {
    fn link(&self, number: u64) -> String {
        self.address.of_page(number)
    }

    fn previous(&self) -> Option<String> {
        (self.page.number > 1).then(|| self.link(self.page.number - 1))
    }

    fn next(&self) -> Option<String> {
        (self.page.number < self.last).then(|| self.link(self.page.number + 1))
    }

    /// The links of a page's foot: to the pages before and after this one, those around it, and the
    /// first and last two.
    fn labelled(&self) -> Vec<PageLink> {
        let Self { page: Page { number, .. }, last, .. } = *self;
        let arrow = |url, label: &str| PageLink { url, label: label.to_owned(), active: false };
        let around = number.saturating_sub(ON_EACH_SIDE)..=number.saturating_add(ON_EACH_SIDE);
        let numbers = [1, 2, last.saturating_sub(1), last].into_iter().chain(around);
        let numbers: BTreeSet<_> = numbers.filter(|n| (1..=last).contains(n)).collect();
        let mut links = vec![arrow(self.previous(), "&laquo; Previous")];
        let mut before = 0;
        for n in numbers {
            if n > before + 1 {
                links.push(arrow(None, "..."));
            }
            let (url, label) = (Some(self.link(n)), n.to_string());
            links.push(PageLink { url, label, active: n == number });
            before = n;
        }
        links.push(arrow(self.next(), "Next &raquo;"));
        links
    }
}

/// The address of a list, as its client sees it.
struct Address {
    path: String,
    query: BTreeMap<String, String>,
}

impl Address {
    fn of(request: &AccountRequest<'_>) -> Self {
        let header = |name| header(&request.http.headers, name);
        let scheme = header("x-forwarded-proto").unwrap_or("https");
        let host = header("host").unwrap_or_default();
        let query = serde_json::from_slice(&request.http.query).unwrap_or_default();
        Self { path: format!("{scheme}://{host}{}", request.http.path), query }
    }

    fn of_page(&self, number: u64) -> String {
        let others = self.query.iter().filter(|(name, _)| *name != "page");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others)
            .append_pair("page", &number.to_string())
            .finish();
        format!("{}?{query}", self.path)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
