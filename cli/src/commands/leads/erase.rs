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
    warn_of,
};
use actions::erase::{Find, Finds, Found, erase_finds, find_person};
use clap::Args;
use shared::{model::Account, operator::Erased, table::SkippedItem};

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
        let Found { finds: found, skipped } = self.find(session, &accounts).await?;
        if found.is_empty() && !self.block {
            not_searched(&skipped)?;
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
        let mut receipt =
            Listing::new(&["provider", "account", "leads", "claims", "held", "erased_at"]);
        let list = |account: &Account, Erased { leads, claims, held }: Erased| {
            receipt.push([
                account.provider.as_str().into(),
                account.id.as_str().into(),
                leads.into(),
                claims.into(),
                held.into(),
                write_moment(session.sources.now()).into(),
            ]);
        };
        // The forwarder compares this time with the functions' clock.
        let now = session.table_time().await?;
        let told = erase_finds(&session.table, &found, now, list).await?;
        receipt.print(self.output.output)?;
        if told > 0 {
            let messages = count(told, "message");
            eprintln!("{messages} will tell destinations of the erasure");
        }
        not_searched(&skipped)
    }

    /// The person's leads and held deliveries, without those to keep.
    async fn find(&self, session: &Session, accounts: &[Account]) -> Result<Found, Failure> {
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

/// Fails if some items could not be searched: the person may be in them.
fn not_searched(skipped: &[SkippedItem]) -> Result<(), Failure> {
    if skipped.is_empty() {
        return Ok(());
    }
    warn_of(skipped);
    let items = count(skipped.len(), "item");
    Err(Failure::Failed(format!("the person may be in {items} that could not be searched")))
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
