use super::find::{list, new_listing};
use crate::commands::{
    accounts::AccountOptions,
    confirm::confirm,
    failure::Failure,
    listing::{Listing, Output, count},
    open_table::OpenTable,
    person::PersonOptions,
};
use clap::Args;
use jiff::Timestamp;
use operator::{
    erase::{Match, Matches, erase_matches, find_person},
    times::write_time,
};
use shared::{model::Account, table::Erased};

#[derive(Args)]
pub(super) struct Erase {
    #[command(flatten)]
    person: PersonOptions,
    #[command(flatten)]
    accounts: AccountOptions,
    /// Leave this lead or held delivery as it is: an id as the list shows it; may be given
    /// several times
    #[arg(long, value_name = "ID")]
    keep: Vec<String>,
    /// Store a hash of the e-mail or phone, so that the accounts refuse the person's new leads
    #[arg(long)]
    block: bool,
    /// Delete without asking
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

impl Erase {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let accounts = self.accounts.find(opened).await?;
        let found = self.find(opened, &accounts).await?;
        if found.is_empty() && !self.block {
            all_searched(opened)?;
            return Err(Failure::NotFound("nothing of this person was found".to_owned()));
        }
        if !self.yes && !found.is_empty() {
            ask(&found)?;
        }
        if self.block {
            // Before the claims are deleted: they refuse the person until all functions see the
            // block.
            self.block(opened, &accounts).await?;
        }
        // The forwarder compares this time with the functions' clock.
        let now = opened.table_time().await?;
        let mut erased = Vec::new();
        let note = |account: &Account, numbers| {
            erased.push((account.clone(), numbers, opened.system.now()));
        };
        erase_matches(&opened.table, &found, now, &opened.system, note).await?;
        let messages: usize =
            erased.iter().map(|(_, done, _): &(_, Erased, _)| done.messages).sum();
        receipt(opened, &accounts, &erased).print(self.output.output)?;
        if messages > 0 {
            let messages = count(messages, "message");
            eprintln!("{messages} about the erasure will be posted to destinations");
        }
        all_searched(opened)
    }

    async fn block(&self, opened: &OpenTable, accounts: &[Account]) -> Result<(), Failure> {
        let contacts = self.person.person().contacts();
        for account in accounts {
            opened.table.block(account, &contacts).await?;
        }
        let accounts = count(accounts.len(), "account");
        eprintln!(
            "the person is blocked in {accounts}; functions refuse the person within a minute"
        );
        Ok(())
    }

    /// The person's leads and held deliveries, without those to keep.
    async fn find(&self, opened: &OpenTable, accounts: &[Account]) -> Result<Matches, Failure> {
        let person = self.person.person();
        let mut kept = Vec::new();
        let is_kept = |found: &Match| {
            let is_kept = self.keep.contains(&found.id);
            kept.extend(is_kept.then(|| found.id.clone()));
            is_kept
        };
        let found = find_person(&opened.table, &person, accounts, is_kept).await?;
        match self.keep.iter().find(|id| !kept.contains(id)) {
            Some(id) => Err(Failure::Input(format!("nothing of this person was found as {id}"))),
            None => Ok(found),
        }
    }
}

/// What was erased, and what could not be searched, by account.
fn receipt(
    opened: &OpenTable,
    accounts: &[Account],
    erased: &[(Account, Erased, Timestamp)],
) -> Listing {
    let skipped = opened.table.skipped();
    let columns = "provider account leads claims held erased_at not_searched";
    let mut receipt = Listing::new(columns);
    for account in accounts {
        let own = skipped.iter().filter(|item| item.is_of(account)).map(ToString::to_string);
        let own: Vec<_> = own.collect();
        let done = erased.iter().find(|(of, ..)| of == account);
        if done.is_none() && own.is_empty() {
            continue;
        }
        let Erased { leads, claims, held, .. } =
            done.map(|(_, erased, _)| *erased).unwrap_or_default();
        receipt.push([
            account.provider.as_str().into(),
            account.id.as_str().into(),
            leads.into(),
            claims.into(),
            held.into(),
            done.map(|(.., at)| write_time(*at)).into(),
            own.into(),
        ]);
    }
    receipt
}

/// Fails if some items could not be searched: the person may be in them.
fn all_searched(opened: &OpenTable) -> Result<(), Failure> {
    match opened.table.skipped().len() {
        0 => Ok(()),
        items => {
            let items = count(items, "item");
            let text = format!("the person may be in {items} that could not be searched");
            Err(Failure::Failed(text))
        }
    }
}

/// Shows what will be deleted and asks. It uses standard error, because a program may read the
/// output.
fn ask(found: &Matches) -> Result<(), Failure> {
    let mut listing = new_listing();
    for (account, matches) in found {
        for found in matches {
            list(found, account, &mut listing);
        }
    }
    eprintln!("{}", anstream::adapter::strip_str(&listing.to_table()));
    confirm("Delete all of it? It cannot be undone.", "nothing was deleted")
}
