use super::{
    super::{
        Failure,
        accounts::AccountOptions,
        listing::{Listing, Output, count},
        moment::write_moment,
        person::PersonOptions,
        session::Session,
        terminal::{can_ask, is_confirmed},
    },
    find::{list, new_listing},
};
use clap::Args;
use jiff::Timestamp;
use operator::erase::{Find, Finds, erase_finds, find_person};
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
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let accounts = self.accounts.find(session).await?;
        let found = self.find(session, &accounts).await?;
        if found.is_empty() && !self.block {
            all_searched(session)?;
            return Err(Failure::NotFound("nothing of this person was found".to_owned()));
        }
        if !self.yes && !found.is_empty() {
            confirm(&found)?;
        }
        if self.block {
            // Before the claims are deleted: they refuse the person until all functions see the
            // block.
            let contacts = self.person.person().contacts();
            for account in &accounts {
                session.table.block(account, &contacts).await?;
            }
            eprintln!(
                "the person is blocked in {}; functions refuse the person within a minute",
                count(accounts.len(), "account")
            );
        }
        // The forwarder compares this time with the functions' clock.
        let now = session.table_time().await?;
        let mut erased = Vec::new();
        let note = |account: &Account, numbers| {
            erased.push((account.clone(), numbers, session.sources.now()));
        };
        let told = erase_finds(&session.table, &found, now, note).await?;
        receipt(session, &accounts, &erased).print(self.output.output)?;
        if told > 0 {
            let messages = count(told, "message");
            eprintln!("{messages} will tell destinations of the erasure");
        }
        all_searched(session)
    }

    /// The person's leads and held deliveries, without those to keep.
    async fn find(&self, session: &Session, accounts: &[Account]) -> Result<Finds, Failure> {
        let person = self.person.person();
        let mut kept = Vec::new();
        let is_kept = |find: &Find| {
            let is_kept = self.keep.contains(&find.id);
            kept.extend(is_kept.then(|| find.id.clone()));
            is_kept
        };
        let found = find_person(&session.table, &person, accounts, is_kept).await?;
        match self.keep.iter().find(|id| !kept.contains(id)) {
            Some(id) => Err(Failure::Input(format!("nothing of this person was found as {id}"))),
            None => Ok(found),
        }
    }
}

/// What was erased, and what could not be searched, by account.
fn receipt(
    session: &Session,
    accounts: &[Account],
    erased: &[(Account, Erased, Timestamp)],
) -> Listing {
    let skipped = session.table.skipped();
    let columns = &["provider", "account", "leads", "claims", "held", "erased_at", "not_searched"];
    let mut receipt = Listing::new(columns);
    for account in accounts {
        let own = skipped.iter().filter(|item| item.is_of(account)).map(ToString::to_string);
        let own: Vec<_> = own.collect();
        let done = erased.iter().find(|(of, ..)| of == account);
        if done.is_none() && own.is_empty() {
            continue;
        }
        let Erased { leads, claims, held } = done.map(|(_, erased, _)| *erased).unwrap_or_default();
        receipt.push([
            account.provider.as_str().into(),
            account.id.as_str().into(),
            leads.into(),
            claims.into(),
            held.into(),
            done.map(|(.., at)| write_moment(*at)).into(),
            own.into(),
        ]);
    }
    receipt
}

/// Fails if some items could not be searched: the person may be in them.
fn all_searched(session: &Session) -> Result<(), Failure> {
    match session.table.skipped().len() {
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
fn confirm(found: &Finds) -> Result<(), Failure> {
    let mut listing = new_listing();
    for (account, finds) in found {
        for find in finds {
            list(find, account, &mut listing);
        }
    }
    eprintln!("{}", anstream::adapter::strip_str(&listing.to_table()));
    if !can_ask() {
        let text = "nothing was deleted: no terminal to ask on: confirm with --yes";
        return Err(Failure::Input(text.to_owned()));
    }
    if is_confirmed("Delete all of it? It cannot be undone.")? {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was deleted".to_owned()))
    }
}
