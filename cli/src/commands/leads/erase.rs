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
    find::{Find, FoundItem, find_held, find_leads, new_listing},
};
use clap::Args;
use jiff::Timestamp;
use shared::{
    model::{Account, Destination, DestinationId, LeadId, SetAside, SetAsideEvent},
    operator::Erased,
};
use std::collections::HashSet;

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
        let mut messages = Messages::new(session, &found).await?;
        messages.set_aside().await?;
        for (account, finds) in &found {
            let Erased { leads, claims, held } = erase(session, account, finds).await?;
            receipt.push([
                account.provider.as_str().into(),
                account.id.as_str().into(),
                leads.into(),
                claims.into(),
                held.into(),
                write_moment(session.sources.now()).into(),
            ]);
        }
        // A destination may have got a lead meanwhile.
        messages.set_aside().await?;
        receipt.print(self.output.output)?;
        messages.report();
        Ok(())
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

/// The messages that tell destinations which leads are erased.
struct Messages<'a> {
    session: &'a Session,
    leads: Vec<(Account, LeadId)>,
    erased_at: Timestamp,
    set_aside: HashSet<(LeadId, DestinationId)>,
}

impl<'a> Messages<'a> {
    async fn new(session: &'a Session, found: &[(Account, Vec<Find>)]) -> Result<Self, Failure> {
        let of_account = |(account, finds): &(Account, Vec<Find>)| {
            let leads = finds.iter().filter_map(Find::lead_id);
            leads.map(|lead| (account.clone(), lead)).collect::<Vec<_>>()
        };
        let leads: Vec<_> = found.iter().flat_map(of_account).collect();
        // The forwarder compares this time with the functions' clock.
        let erased_at = session.table_time().await?;
        Ok(Self { session, leads, erased_at, set_aside: HashSet::new() })
    }

    /// Sets a message aside for each destination that may have one of the leads. Before the leads
    /// are deleted, so that after a crash between the two a destination gets a message too many
    /// rather than none.
    async fn set_aside(&mut self) -> Result<(), Failure> {
        if self.leads.is_empty() {
            return Ok(());
        }
        let table = &self.session.table;
        let destinations = table.destinations().await?;
        for (account, lead) in &self.leads {
            let told = destinations.iter().filter(|destination| {
                destination.account() == *account && destination.may_have(*lead)
            });
            for Destination { id, .. } in told {
                if self.set_aside.insert((*lead, id.clone())) {
                    let event = SetAsideEvent::Erased;
                    let event = SetAside::due(*lead, id.clone(), event, self.erased_at);
                    table.set_aside(account, &event).await?;
                }
            }
        }
        Ok(())
    }

    fn report(&self) {
        if !self.set_aside.is_empty() {
            let messages = count(self.set_aside.len(), "message");
            eprintln!("{messages} will tell destinations of the erasure");
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
    if is_confirmed("Delete all of it? It cannot be undone.")? {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was deleted".to_owned()))
    }
}
