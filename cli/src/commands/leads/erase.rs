use super::{
    super::{
        Failure,
        accounts::AccountOptions,
        listing::{Listing, Output, count},
        moment::write_moment,
        person::PersonOptions,
        session::Session,
        terminal::can_ask,
    },
    find::{Find, FoundItem, find_held, find_leads, new_listing},
};
use clap::Args;
use shared::{model::Account, operator::Erased};
use std::io::{self, BufRead, Write};

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
        for (account, finds) in found {
            let Erased { leads, claims, held } = erase(session, &account, &finds).await?;
            receipt.push([
                account.provider.as_str().into(),
                account.id.as_str().into(),
                leads.into(),
                claims.into(),
                held.into(),
                write_moment(session.sources.now()).into(),
            ]);
        }
        receipt.print(self.output.output)
    }

    /// The person's leads and held deliveries, without those to keep.
    async fn find(
        &self,
        session: &Session,
        accounts: &[Account],
    ) -> Result<Vec<(Account, Vec<Find>)>, Failure> {
        let person = self.person.person();
        let (mut found, mut kept) = (Vec::new(), Vec::new());
        let mut is_erased = |find: &Find| {
            let is_kept = self.keep.contains(&find.id);
            kept.extend(is_kept.then(|| find.id.clone()));
            !is_kept
        };
        for account in accounts {
            let mut finds = find_leads(session, &person, account).await?;
            finds.retain(&mut is_erased);
            let leads: Vec<_> = finds.iter().filter_map(Find::lead_id).collect();
            let mut held = find_held(session, &person, account, &leads).await?;
            held.retain(&mut is_erased);
            finds.append(&mut held);
            if !finds.is_empty() {
                found.push((account.clone(), finds));
            }
        }
        match self.keep.iter().find(|id| !kept.contains(id)) {
            Some(id) => Err(Failure::Input(format!("nothing of this person was found as {id}"))),
            None => Ok(found),
        }
    }
}

/// Held deliveries first: after an interruption, the leads that they are linked to can still be
/// found.
async fn erase(session: &Session, account: &Account, finds: &[Find]) -> Result<Erased, Failure> {
    let held = finds.iter().filter_map(|find| match &find.item {
        FoundItem::Held(id) => Some(id.clone()),
        FoundItem::Lead(_) => None,
    });
    let mut erased = session.table.erase_held(account, &held.collect::<Vec<_>>()).await?;
    for lead in finds.iter().filter_map(Find::lead_id) {
        let Erased { leads, claims, .. } = session.table.erase_lead(account, lead).await?;
        erased.leads += leads;
        erased.claims += claims;
    }
    Ok(erased)
}

/// Shows what will be deleted and asks. It uses standard error, because a program may read the
/// output.
fn confirm(found: &[(Account, Vec<Find>)]) -> Result<(), Failure> {
    let mut listing = new_listing();
    for (account, finds) in found {
        for find in finds {
            find.list(account, &mut listing);
        }
    }
    eprintln!("{}", anstream::adapter::strip_str(&listing.to_table()));
    if !can_ask() {
        let text = "nothing was deleted: no terminal to ask on: confirm with --yes";
        return Err(Failure::Input(text.to_owned()));
    }
    eprint!("Delete all of it? It cannot be undone. [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was deleted".to_owned()))
    }
}
