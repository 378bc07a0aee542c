//! Erases a person, after a page that shows what will be deleted.

use crate::{
    app::Console,
    leads::{get, path_of, read_account},
    page::{Answer, Failed, Frame, Tab, show},
    sessions::Seat,
};
use actions::erase::{Find, Finds, erase_finds, find_person};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, State},
};
use forwarding::read_id;
use shared::{
    model::{Account, Email, LeadId, Phone},
    operator::Erased,
    person_search::Person,
};
use std::{collections::HashSet, sync::Arc};

type LeadPath = Path<(String, String, String)>;
/// The fields of a form, which may have the same name.
type Fields = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "erase.html")]
struct ConfirmPage {
    frame: Frame,
    contacts: String,
    finds: Vec<Row>,
    path: String,
    back: String,
}

struct Row {
    id: String,
    what: &'static str,
    provider: &'static str,
    account: String,
    name: String,
    contact: String,
    places: String,
}

#[derive(Template)]
#[template(path = "erased.html")]
struct ErasedPage {
    frame: Frame,
    receipts: Vec<(String, Erased)>,
    messages: usize,
    is_blocked: bool,
}

/// The person of a lead, and every account that may have something of the person.
async fn person_of(
    console: &Console,
    account: &Account,
    id: LeadId,
) -> Result<(Person, String, Vec<Account>), Failed> {
    let lead = get(console, account, id).await?;
    let contacts = [lead.email.as_deref(), lead.phone.as_deref()];
    let contacts = contacts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let emails = lead.email.as_deref().map(Email::new).into_iter().collect();
    let phones = lead.phone.as_deref().map(Phone::new);
    let phones = phones.filter(|phone| !phone.as_str().is_empty()).into_iter().collect();
    let accounts = console.table().accounts(None).await?;
    Ok((Person::new(emails, phones), contacts, accounts))
}

fn read_path(provider: &str, account: String, id: &str) -> Result<(Account, LeadId), Failed> {
    let account = read_account(provider, account)?;
    let (_, id) = read_id(id).ok_or_else(|| Failed::missing("this is not a lead's id"))?;
    Ok((account, id))
}

/// Shows what will be deleted.
pub(crate) async fn confirm(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Path((provider, account, id)): LeadPath,
) -> Answer {
    let (account, id) = read_path(&provider, account, &id)?;
    let (person, contacts, accounts) = person_of(&console, &account, id).await?;
    let found = find_person(console.table(), &person, &accounts, |_| false).await?;
    let frame = Frame::new(&console, seat, Tab::Leads);
    let finds = found.iter().flat_map(|(account, finds)| {
        finds.iter().map(|find| Row::new(&frame, account, find)).collect::<Vec<_>>()
    });
    let (finds, contacts) = (finds.collect(), frame.mask.text(Some(&contacts)));
    let back = path_of(&account, id);
    show(&ConfirmPage { path: format!("{back}/erase"), back, frame, contacts, finds })
}

impl Row {
    fn new(frame: &Frame, account: &Account, find: &Find) -> Self {
        Self {
            id: key_of(account, find),
            what: find.what(),
            provider: account.provider.as_str(),
            account: account.id.to_string(),
            name: frame.mask.text(find.name.as_deref()),
            contact: frame.mask.text(find.email.as_deref().or(find.phone.as_deref())),
            places: find.places.join(", "),
        }
    }
}

/// Names a find in the form.
fn key_of(account: &Account, find: &Find) -> String {
    format!("{account} {}", find.id)
}

/// Deletes what was shown and chosen, and nothing that was found only later.
pub(crate) async fn erase(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Path((provider, account, id)): LeadPath,
    Form(fields): Form<Fields>,
) -> Answer {
    let (account, id) = read_path(&provider, account, &id)?;
    let chosen: HashSet<_> =
        fields.iter().filter(|(name, _)| name == "find").map(|(_, value)| value.as_str()).collect();
    if chosen.is_empty() {
        return Err(Failed::input("nothing was chosen, and nothing was deleted"));
    }
    let (person, _, accounts) = person_of(&console, &account, id).await?;
    let mut found = find_person(console.table(), &person, &accounts, |_| false).await?;
    for (account, finds) in &mut found {
        finds.retain(|find| chosen.contains(key_of(account, find).as_str()));
    }
    let is_blocked = fields.iter().any(|(name, _)| name == "block");
    if is_blocked {
        // Before the claims are deleted: they refuse the person until all functions see the block.
        for account in &accounts {
            console.table().block(account, &person.contacts()).await?;
        }
    }
    let (receipts, messages) = delete(&console, &found).await?;
    let frame = Frame::new(&console, seat, Tab::Leads);
    show(&ErasedPage { frame, receipts, messages, is_blocked })
}

async fn delete(
    console: &Console,
    found: &Finds,
) -> Result<(Vec<(String, Erased)>, usize), Failed> {
    let mut receipts = Vec::new();
    let receipt = |account: &Account, erased: Erased| {
        receipts.push((format!("{} {}", account.provider.as_str(), account.id), erased));
    };
    let now = console.sources().now();
    let messages = erase_finds(console.table(), found, now, receipt).await?;
    receipts.retain(|(_, erased)| *erased != Erased::default());
    Ok((receipts, messages))
}
