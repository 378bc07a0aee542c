//! Erases a person, after a page that shows what will be deleted.

use crate::{
    address::{lead_path, read_account},
    app::Console,
    leads::get,
    page::{Answer, Failed, Frame, Tab, show},
    sessions::SessionState,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, State},
};
use operator::erase::{Match, Matches, erase_matches, find_person};
use providers::read_id;
use shared::{
    model::{Account, Email, LeadId, Phone},
    person_search::Person,
    table::{Erased, LeadTable},
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
    matches: Vec<Row>,
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

pub(crate) async fn confirm(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path((provider, account, id)): LeadPath,
) -> Answer {
    let (account, id) = read_path(&provider, account, &id)?;
    let (person, contacts, accounts) = person_of(&console, &account, id).await?;
    let table = console.table().afresh();
    let found = find_person(&table, &person, &accounts, |_| false).await?;
    let frame = Frame::new(&console, session, Tab::Leads).naming_skipped(&table);
    let matches = found.iter().flat_map(|(account, matches)| {
        matches.iter().map(|found| Row::new(&frame, account, found)).collect::<Vec<_>>()
    });
    let (matches, contacts) = (matches.collect(), frame.mask.text(Some(&contacts)));
    let back = lead_path(&account, id);
    show(&ConfirmPage { path: format!("{back}/erase"), back, frame, contacts, matches })
}

impl Row {
    fn new(frame: &Frame, account: &Account, found: &Match) -> Self {
        Self {
            id: key_of(account, found),
            what: found.what(),
            provider: account.provider.as_str(),
            account: account.id.to_string(),
            name: frame.mask.text(found.name.as_deref()),
            contact: frame.mask.text(found.email.as_deref().or(found.phone.as_deref())),
            // A place may be the name of a member, which a sender chose.
            places: frame.mask.all(&found.places.join(", ")),
        }
    }
}

/// Names an item in the form.
fn key_of(account: &Account, found: &Match) -> String {
    format!("{account} {}", found.id)
}

/// Deletes what was shown and chosen, and nothing that was found only later.
pub(crate) async fn erase(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path((provider, account, id)): LeadPath,
    Form(fields): Form<Fields>,
) -> Answer {
    let (account, id) = read_path(&provider, account, &id)?;
    let chosen: HashSet<_> =
        fields.iter().filter(|(name, _)| name == "item").map(|(_, value)| value.as_str()).collect();
    if chosen.is_empty() {
        return Err(Failed::input("nothing was chosen, and nothing was deleted"));
    }
    let (person, _, accounts) = person_of(&console, &account, id).await?;
    let table = console.table().afresh();
    let mut found = find_person(&table, &person, &accounts, |_| false).await?;
    for (account, matches) in &mut found {
        matches.retain(|found| chosen.contains(key_of(account, found).as_str()));
    }
    put_last(&mut found, &account, id);
    let is_blocked = fields.iter().any(|(name, _)| name == "block");
    if is_blocked {
        // Before the claims are deleted: they refuse the person until all functions see the block.
        for account in &accounts {
            console.table().block(account, &person.contacts()).await?;
        }
    }
    let (receipts, messages) = delete(&console, &table, &found).await?;
    let frame = Frame::new(&console, session, Tab::Leads).naming_skipped(&table);
    show(&ErasedPage { frame, receipts, messages, is_blocked })
}

/// Orders what was found so that this lead is deleted last. The page finds the person by it, so
/// after an interruption the same page deletes the rest.
fn put_last(found: &mut Matches, account: &Account, id: LeadId) {
    found.sort_by_key(|(other, _)| other == account);
    for (_, matches) in found {
        matches.sort_by_key(|found| found.lead_id() == Some(id));
    }
}

async fn delete(
    console: &Console,
    table: &LeadTable,
    found: &Matches,
) -> Result<(Vec<(String, Erased)>, usize), Failed> {
    let mut receipts = Vec::new();
    let receipt = |account: &Account, erased: Erased| {
        receipts.push((format!("{} {}", account.provider.as_str(), account.id), erased));
    };
    let system = console.system();
    erase_matches(table, found, system.now(), system, receipt).await?;
    let messages = receipts.iter().map(|(_, erased)| erased.messages).sum();
    receipts.retain(|(_, erased)| *erased != Erased::default());
    Ok((receipts, messages))
}

#[cfg(test)]
mod tests {
    use super::*;
    use operator::erase::FoundItem;
    use shared::model::{AccountId, Provider};

    fn found(item: FoundItem) -> Match {
        let (name, email, phone) = (None, None, None);
        let (id, received, places) = (String::new(), String::new(), Vec::new());
        Match { item, id, received, places, name, email, phone }
    }

    #[test]
    fn the_lead_of_the_page_is_deleted_last() {
        let account = |provider| Account { provider, id: AccountId::from_static("demo") };
        let [own, first, second] = [2, 1, 3].map(|random| LeadId::new(LeadId::beginning(), random));
        let accounts = [Provider::Integrabot, Provider::RdStation, Provider::Flextell].map(account);
        let matches = || {
            let leads = [own, first, second].map(|id| found(FoundItem::Lead(id)));
            leads
                .into_iter()
                .chain([found(FoundItem::Held("invalid-1".parse().unwrap()))])
                .collect()
        };
        let mut found: Matches =
            accounts.iter().map(|account| (account.clone(), matches())).collect();
        put_last(&mut found, &accounts[1], own);
        let order: Vec<_> = found.iter().map(|(account, _)| account.provider).collect();
        assert_eq!(order, [Provider::Integrabot, Provider::Flextell, Provider::RdStation]);
        let leads: Vec<_> = found[2].1.iter().map(Match::lead_id).collect();
        assert_eq!(leads, [Some(first), Some(second), None, Some(own)]);
    }
}
