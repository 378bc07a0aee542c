//! The API keys of senders.

use crate::{
    address::read_provider,
    app::Console,
    page::{Answer, Done, Failed, Frame, Tab, go, show},
    sessions::SessionState,
    words::When,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
};
use operator::keys::{
    KeyUpdate, NewCredentials, NewKey, NewLimit, Rotated, key_state, revoke_key, rotate_key,
    update_key,
};
use providers::about;
use serde::Deserialize;
use shared::model::{AccountId, ApiKey, ListedKey, NotARateLimit, Provider, Usage};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "keys.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    providers: [&'static str; Provider::ALL.len()],
}

struct Row {
    id: String,
    provider: &'static str,
    accounts: String,
    scopes: String,
    /// Its limit, and how much of it is used.
    limit: String,
    used_of_limit: Option<u32>,
    is_lenient: bool,
    label: String,
    state: &'static str,
    created: Option<When>,
    used: String,
    expires: Option<When>,
}

pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Query(Done { done }): Query<Done>,
) -> Answer {
    let now = console.system().now();
    let table = console.table().afresh();
    let keys = table.api_keys(None).await?;
    let frame = Frame::new(&console, session, Tab::Keys).after(done.as_deref());
    let usage = table.usage(&keys, now).await?;
    let row = |ListedKey { token, key }: ListedKey| {
        let accounts: Vec<_> =
            key.accounts().iter().map(|account| account.id.to_string()).collect();
        Row {
            id: token.key_id().to_string(),
            provider: key.account.provider.as_str(),
            accounts: accounts.join(", "),
            scopes: key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", "),
            limit: key.limit.map(|limit| limit.to_string()).unwrap_or_default(),
            used_of_limit: usage.get(&token).map(Usage::used),
            is_lenient: key.is_lenient,
            state: key_state(&key, now),
            created: key.created_at.map(|at| When::new(at, now)),
            used: key.last_used_on.map_or_else(|| "never".to_owned(), |day| day.to_string()),
            expires: key.expires_at.map(|at| When::new(at, now)),
            label: key.label.unwrap_or_default(),
        }
    };
    show(&ListPage {
        frame: frame.naming_skipped(&table),
        rows: keys.into_iter().map(row).collect(),
        providers: Provider::ALL.map(Provider::as_str),
    })
}

#[derive(Deserialize)]
pub(crate) struct CreateForm {
    provider: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    scopes: String,
    #[serde(default)]
    limit: String,
    lenient: Option<String>,
    #[serde(default)]
    label: String,
    #[serde(default)]
    expires: String,
    #[serde(default)]
    tenants: String,
    #[serde(default)]
    networks: String,
}

/// The page that shows a key's credentials, once.
#[derive(Template)]
#[template(path = "key_shown.html")]
struct ShownPage {
    frame: Frame,
    provider: &'static str,
    account: String,
    /// The names and the values of its credentials.
    credentials: Vec<(&'static str, String)>,
    /// The old key, and until when it is valid.
    old: Option<(String, When)>,
}

impl ShownPage {
    fn new(
        frame: Frame,
        credentials: NewCredentials,
        key: &ApiKey,
        old: Option<(String, When)>,
    ) -> Self {
        let NewCredentials { token, secret } = credentials;
        let provider = key.account.provider;
        let credentials = match secret {
            Some(secret) if about(provider).token.is_some() => {
                vec![("X-API-Key", token), ("X-API-Secret", secret)]
            }
            _ => vec![("Token", token)],
        };
        let account = key.account.id.to_string();
        Self { frame, provider: provider.as_str(), account, credentials, old }
    }
}

/// Reads the items of a list with commas.
fn items<T: std::str::FromStr>(text: &str, what: &str) -> Result<Vec<T>, Failed> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    let read =
        |part: &str| part.parse().map_err(|_| Failed::input(format!("`{part}` is not a {what}")));
    parts.map(read).collect()
}

/// What the items of a list of scopes are.
const SCOPE: &str = "scope: create, read or write";

/// Reads a limit. Without one, a key may send any number of requests.
fn read_limit(text: &str) -> Result<NewLimit, Failed> {
    match text.trim() {
        "" => Ok(NewLimit(None)),
        text => text.parse().map_err(|error: NotARateLimit| Failed::input(error.to_string())),
    }
}

pub(crate) async fn create(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Form(form): Form<CreateForm>,
) -> Answer {
    let filled = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let account = filled(form.account).map(AccountId::try_from).transpose();
    let account = account.map_err(|error| Failed::input(error.to_string()))?;
    let provider = read_provider(&form.provider)?;
    let key = NewKey {
        provider: provider.ok_or_else(|| Failed::input("choose a provider"))?,
        account,
        scopes: items(&form.scopes, SCOPE)?,
        limit: read_limit(&form.limit)?.0,
        is_lenient: form.lenient.is_some(),
        label: filled(form.label),
        expires: filled(form.expires),
        tenants: items(&form.tenants, "tenant's number")?,
        networks: items(&form.networks, "network, such as 203.0.113.0/24")?,
    };
    let (credentials, key) = key.create(console.table(), console.system()).await?;
    show(&ShownPage::new(Frame::new(&console, session, Tab::Keys), credentials, &key, None))
}

#[derive(Deserialize)]
pub(crate) struct UpdateForm {
    #[serde(default)]
    scopes: String,
    #[serde(default)]
    limit: String,
    lenient: Option<String>,
}

pub(crate) async fn update(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    Form(form): Form<UpdateForm>,
) -> Answer {
    let update = KeyUpdate {
        scopes: Some(items(&form.scopes, SCOPE)?.into_iter().collect()),
        limit: Some(read_limit(&form.limit)?),
        is_lenient: Some(form.lenient.is_some()),
    };
    update_key(console.table(), &id, update, console.system().now()).await?;
    go("/console/keys?done=key")
}

#[derive(Deserialize)]
pub(crate) struct RotateForm {
    keep: String,
}

pub(crate) async fn rotate(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path(id): Path<String>,
    Form(RotateForm { keep }): Form<RotateForm>,
) -> Answer {
    let rotated = rotate_key(console.table(), console.system(), &id, keep.trim()).await?;
    let Rotated { credentials, key, old_id, until } = rotated;
    let old = (old_id, When::new(until, console.system().now()));
    show(&ShownPage::new(Frame::new(&console, session, Tab::Keys), credentials, &key, Some(old)))
}

pub(crate) async fn revoke(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    revoke_key(console.table(), &id, console.system().now()).await?;
    go("/console/keys?done=revoked")
}
