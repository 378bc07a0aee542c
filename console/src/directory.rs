//! The entries that deliveries can refer to.

use crate::{
    address::{encoded, read_account},
    app::Console,
    page::{Answer, Done, Failed, Frame, Tab, go, show},
    sessions::SessionState,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
};
use providers::{about, find_kind};
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::{
    model::{Account, EntryId, EntryKey},
    provider::Kind,
};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "directory.html")]
struct DirectoryPage {
    frame: Frame,
    accounts: Vec<Link>,
    open: Option<Open>,
}

struct Link {
    path: String,
    provider: &'static str,
    account: String,
    is_open: bool,
}

/// The directory of an account.
struct Open {
    path: String,
    kinds: Vec<KindView>,
}

struct KindView {
    kind: &'static Kind,
    entries: Vec<EntryView>,
}

struct EntryView {
    id: String,
    members: Vec<(String, String)>,
}

fn path_of(account: &Account) -> String {
    let (provider, account) = (account.provider.as_str(), encoded(account.id.as_str()));
    format!("/console/directory/{provider}/{account}")
}

/// The accounts whose deliveries can refer to entries.
async fn accounts(console: &Console) -> Result<Vec<Account>, Failed> {
    let mut accounts = console.table().accounts(None).await?;
    accounts.retain(|account| !about(account.provider).kinds.is_empty());
    Ok(accounts)
}

/// Opens the first account's directory.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
) -> Answer {
    match accounts(&console).await?.first() {
        Some(first) => go(&path_of(first)),
        None => show(&DirectoryPage {
            frame: Frame::new(&console, session, Tab::Directory),
            accounts: Vec::new(),
            open: None,
        }),
    }
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path((provider, account)): Path<(String, String)>,
    Query(Done { done }): Query<Done>,
) -> Answer {
    let account = read_account(&provider, account)?;
    let link = |listed: &Account| Link {
        path: path_of(listed),
        provider: listed.provider.as_str(),
        account: listed.id.to_string(),
        is_open: *listed == account,
    };
    let accounts = accounts(&console).await?.iter().map(link).collect();
    let (table, mut kinds) = (console.table().afresh(), Vec::new());
    for kind in about(account.provider).kinds {
        let entries = table.entries(&account, &[kind.name]).await?;
        let entries = entries.into_iter().map(|(key, entry)| EntryView::new(&key, &entry));
        kinds.push(KindView { kind, entries: entries.collect() });
    }
    let open = Open { path: path_of(&account), kinds };
    let frame = Frame::new(&console, session, Tab::Directory).after(done.as_deref());
    let frame = frame.naming_skipped(&table);
    show(&DirectoryPage { frame, accounts, open: Some(open) })
}

impl EntryView {
    fn new(key: &EntryKey, entry: &Value) -> Self {
        let member = |(name, value): (&String, &Value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        };
        let mut members: Vec<_> = entry.as_object().into_iter().flatten().map(member).collect();
        members.retain(|(name, _)| name != "id");
        members.sort();
        Self { id: key.id.to_string(), members }
    }
}

/// Stores an entry from the fields `kind`, `id` and those of its kind.
pub(crate) async fn put(
    State(console): State<Arc<Console>>,
    Path((provider, account)): Path<(String, String)>,
    Form(form): Form<Vec<(String, String)>>,
) -> Answer {
    let account = read_account(&provider, account)?;
    let field = |wanted: &str| {
        let found = form.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let kind = find_kind(account.provider, &field("kind")).map_err(Failed::input)?;
    let mut row = Map::new();
    for known in kind.fields {
        // A browser does not send a box without its tick.
        let given = Some(field(known.name)).filter(|given| !given.is_empty() || !known.is_flag());
        row.insert(known.name.to_owned(), given.unwrap_or_else(|| "false".to_owned()).into());
    }
    let entries = kind.read(&field("id"), row).map_err(Failed::input)?;
    console.table().put_entries(&account, &entries).await?;
    go(&format!("{}?done=stored", path_of(&account)))
}

#[derive(Deserialize)]
pub(crate) struct RemoveForm {
    kind: String,
    id: String,
}

pub(crate) async fn remove(
    State(console): State<Arc<Console>>,
    Path((provider, account)): Path<(String, String)>,
    Form(RemoveForm { kind, id }): Form<RemoveForm>,
) -> Answer {
    let account = read_account(&provider, account)?;
    let kind = find_kind(account.provider, &kind).map_err(Failed::input)?;
    let id = id.parse::<EntryId>().map_err(|error| Failed::input(error.to_string()))?;
    console.table().delete_entry(&account, &EntryKey::new(kind.name, id)).await?;
    go(&format!("{}?done=removed", path_of(&account)))
}
