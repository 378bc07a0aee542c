use super::{
    super::{
        Failure,
        accounts::AccountOptions,
        held::short_id,
        listing::{Listing, Output, can_ask},
        moment::write_moment,
        person::Person,
        record::LeadRecord,
        session::Session,
    },
    each_lead,
};
use clap::Args;
use shared::{Account, Erased, LeadId, LeadSpan, StoredLead};
use std::{
    io::{self, BufRead, Write},
    slice,
};

#[derive(Args)]
pub(super) struct Erase {
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    accounts: AccountOptions,
    /// Keep a hash of the e-mail or phone, so that none of the accounts takes the person again
    #[arg(long)]
    block: bool,
    /// Delete without asking
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Unblock {
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    accounts: AccountOptions,
}

impl Unblock {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let accounts = self.accounts.find(session).await?;
        let mut unblocked = 0;
        for account in &accounts {
            let contacts = self.person.contacts();
            unblocked += usize::from(session.table.unblock(account, &contacts).await?);
        }
        if unblocked == 0 {
            let text = "the person was not blocked in any of these accounts";
            return Err(Failure::NotFound(text.to_owned()));
        }
        eprintln!("the person was blocked in {unblocked} accounts, and is no longer");
        Ok(())
    }
}

/// What an account holds of a person.
struct Found {
    account: Account,
    leads: Vec<LeadId>,
    held: Vec<String>,
}

impl Erase {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let mut listing = Listing::new(&[
            "what", "id", "provider", "account", "received", "name", "email", "phone",
        ]);
        let mut found = Vec::new();
        let accounts = self.accounts.find(session).await?;
        for account in accounts.clone() {
            let of_account = self.find(session, account, &mut listing).await?;
            if !(of_account.leads.is_empty() && of_account.held.is_empty()) {
                found.push(of_account);
            }
        }
        if found.is_empty() && !self.block {
            return Err(Failure::NotFound("nothing of this person was found".to_owned()));
        }
        if !self.yes {
            confirm(&listing)?;
        }
        if self.block {
            // Before the claims go: they refuse the person until every function knows the block.
            for account in &accounts {
                session.table.block(account, &self.person.contacts()).await?;
            }
            eprintln!(
                "the person is blocked in {} accounts; functions refuse the person within a minute",
                accounts.len()
            );
        }
        let mut receipt =
            Listing::new(&["provider", "account", "leads", "claims", "held", "erased_at"]);
        for of_account in found {
            let Erased { leads, claims, held } = erase(session, &of_account).await?;
            receipt.push([
                of_account.account.provider.as_str().into(),
                of_account.account.id.into(),
                leads.into(),
                claims.into(),
                held.into(),
                write_moment(session.sources.now()).into(),
            ]);
        }
        receipt.print(self.output.output)
    }

    /// Reads everything of an account: a person may be in it more than once, and only
    /// Integrabot's and PollyBot's leads can be found by what they claim.
    async fn find(
        &self,
        session: &Session,
        account: Account,
        listing: &mut Listing,
    ) -> Result<Found, Failure> {
        let (mut leads, mut held_ids) = (Vec::new(), Vec::new());
        let note = |account: &Account, lead: StoredLead| {
            if self.person.is(&lead) {
                leads.push(lead.id);
                let lead = LeadRecord::new(account, lead)?;
                listing.push([
                    "lead".into(),
                    lead.id.into(),
                    lead.provider.into(),
                    lead.account.into(),
                    lead.created_at.into(),
                    lead.name.into(),
                    lead.email.into(),
                    lead.phone.into(),
                ]);
            }
            Ok(())
        };
        each_lead(session, slice::from_ref(&account), LeadSpan::ALL, note).await?;
        let mut held = Vec::new();
        let take = |delivery| {
            if self.person.sent(&delivery, &leads) {
                held.push((delivery.id(), short_id(&delivery), delivery.received_at));
            }
        };
        session.table.each_held(&account, "", session.sources.now(), take).await?;
        for (id, short_id, received_at) in held {
            held_ids.push(id);
            listing.push([
                "held".into(),
                short_id.into(),
                account.provider.as_str().into(),
                account.id.clone().into(),
                write_moment(received_at).into(),
                None::<String>.into(),
                None::<String>.into(),
                None::<String>.into(),
            ]);
        }
        Ok(Found { account, leads, held: held_ids })
    }
}

/// Held deliveries first: what is left where this is cut off, the next try finds again.
async fn erase(session: &Session, found: &Found) -> Result<Erased, Failure> {
    let mut erased = session.table.erase_held(&found.account, &found.held).await?;
    for lead in &found.leads {
        let Erased { leads, claims, .. } = session.table.erase_lead(&found.account, *lead).await?;
        erased.leads += leads;
        erased.claims += claims;
    }
    Ok(erased)
}

/// Shows what would be deleted, and asks: beside the receipt, which may be for a program.
fn confirm(found: &Listing) -> Result<(), Failure> {
    eprintln!("{}", anstream::adapter::strip_str(&found.to_table()));
    if !can_ask() {
        let text = "nothing was deleted: say yes with --yes, where nobody can be asked";
        return Err(Failure::Input(text.to_owned()));
    }
    eprint!("Delete all of it? It cannot be had back. [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was deleted".to_owned()))
    }
}
