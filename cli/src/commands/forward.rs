use super::{
    Failure,
    accounts::AccountOptions,
    listing::count,
    moment::{Moment, read_moment},
    secret_text::SecretText,
    session::{Access, Session, TableOptions},
    terminal::visible,
};
use clap::Args;
use forwarding::{
    Addresses, HttpsClient, Message, Post, SETTLED_AFTER, SigningKeys, check_url, write_id,
};
use jiff::Timestamp;
use shared::{
    model::{Account, DestinationFormat, LeadId, LeadSpan, Sources, StoredLead},
    table::{LeadTable, Order, StoreError},
};
use std::{
    collections::VecDeque,
    io::{Write, stdout},
    time::Duration,
};

/// How many leads of an account are read at a time.
const PAGE: i32 = 100;
/// How often new leads are looked for.
const EVERY: Duration = Duration::from_secs(1);
/// What the ids of the messages have in place of a destination's id.
const DESTINATION: &str = "forward";

/// Posts leads to an address while you develop its receiver. No destination is made, and nothing is
/// stored. A failed post is printed and not repeated.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadhook forward --to http://localhost:8080/leads
  leadhook forward --to http://localhost:8080/leads -p keyspot --since 7d
  leadhook forward --to http://localhost:8080/leads --follow")]
pub(super) struct Forward {
    #[command(flatten)]
    table: TableOptions,
    #[command(flatten)]
    accounts: AccountOptions,
    /// The address that each lead is posted to
    #[arg(long, value_name = "URL")]
    to: String,
    /// The first leads to post: 10m, today, 2026-11-21
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = read_moment)]
    since: Moment,
    /// Also post the leads that arrive from now on, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// The secret to sign with: `whsec_...`, @FILE, or - for a line of standard input [default: a
    /// new one, which is printed first]
    #[arg(long, value_name = "SECRET")]
    secret: Option<SecretText>,
}

impl Forward {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let input = |error: &dyn std::error::Error| Failure::Input(error.to_string());
        let url = check_url(&self.to, Addresses::Any).map_err(|error| input(&error))?;
        let secret = self.secret.as_ref().map(|text| text.read("--secret")).transpose()?;
        let given = secret.as_deref().map(SigningKeys::read).transpose();
        let given = given.map_err(|error| input(&error))?;
        let session = self.table.open(Access::Read).await?;
        let done = self.post_leads(&session, url.as_str(), given).await;
        session.close(done).await
    }

    async fn post_leads(
        &self,
        session: &Session,
        url: &str,
        given: Option<SigningKeys>,
    ) -> Result<(), Failure> {
        if self.follow && session.is_embedded() {
            let text = "no server has the local table open, so no lead can arrive: start \
                        `leadhook serve`, or leave --follow out";
            return Err(Failure::Table(text.to_owned()));
        }
        let accounts = self.accounts.find(session).await?;
        let sources = session.table_sources().await?;
        let since = self.since.resolve(sources.now()).map_err(Failure::Input)?;
        let keys = match given {
            Some(keys) => keys,
            None => draw_keys(&sources)?,
        };
        let first = LeadId::new(since, 0);
        let feeds = accounts.into_iter().map(|account| Feed::new(account, first)).collect();
        let client = HttpsClient::new(Addresses::Any);
        let target = Target { url: url.to_owned(), keys, client, sources };
        let mut run = Run { table: &session.table, feeds, target, posted: 0 };
        let done = if self.follow {
            tokio::select! {
                done = run.follow() => done,
                _ = tokio::signal::ctrl_c() => Ok(()),
            }
        } else {
            run.post_until(LeadSpan::ALL.last).await
        };
        eprintln!("{} posted", count(run.posted, "lead"));
        done
    }
}

/// Draws a key, and prints the secret that verifies its signatures.
fn draw_keys(sources: &Sources) -> Result<SigningKeys, Failure> {
    let (keys, secret) = SigningKeys::one(sources.draw_key());
    writeln!(stdout(), "secret  {secret}")?;
    Ok(keys)
}

/// The leads of some accounts on their way to an address.
struct Run<'a> {
    table: &'a LeadTable,
    feeds: Vec<Feed>,
    target: Target,
    posted: usize,
}

impl Run<'_> {
    /// Posts new leads as they arrive.
    async fn follow(&mut self) -> Result<(), Failure> {
        loop {
            let settled = self.target.sources.now() - SETTLED_AFTER;
            self.post_until(LeadId::new(settled, 0)).await?;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Posts the leads up to `last`, in the order of their ids over all accounts.
    async fn post_until(&mut self, last: LeadId) -> Result<(), Failure> {
        loop {
            for feed in &mut self.feeds {
                feed.fill(self.table, last).await?;
            }
            let feeds = self.feeds.iter_mut().filter(|feed| !feed.leads.is_empty());
            let Some(feed) = feeds.min_by_key(|feed| feed.leads.front().map(|lead| lead.id)) else {
                return Ok(());
            };
            let Some(lead) = feed.leads.pop_front() else { return Ok(()) };
            self.target.post(&feed.account, lead).await?;
            self.posted += 1;
        }
    }
}

/// The leads of an account that were not posted yet.
struct Feed {
    account: Account,
    /// The first lead that was not read.
    first: LeadId,
    /// Up to which lead all were read.
    done: Option<LeadId>,
    leads: VecDeque<StoredLead>,
}

impl Feed {
    fn new(account: Account, first: LeadId) -> Self {
        Self { account, first, done: None, leads: VecDeque::new() }
    }

    /// Reads the next leads up to `last`, if none are left.
    async fn fill(&mut self, table: &LeadTable, last: LeadId) -> Result<(), StoreError> {
        if !self.leads.is_empty() || self.done >= Some(last) || self.first > last {
            return Ok(());
        }
        let span = LeadSpan { first: self.first, last };
        let page = table.leads(&self.account, span, Order::OldestFirst, Some(PAGE)).await?;
        match page.rest {
            Some(rest) => self.first = rest.first,
            None => self.done = Some(last),
        }
        if let Some(after) = page.leads.last().and_then(|lead| LeadSpan::ALL.after(lead.id)) {
            self.first = after.first;
        }
        self.leads = page.leads.into();
        Ok(())
    }
}

/// Where leads are posted to.
struct Target {
    url: String,
    keys: SigningKeys,
    client: HttpsClient,
    sources: Sources,
}

impl Target {
    /// Posts a lead, and prints a line about it that has nothing of the person.
    async fn post(&self, account: &Account, lead: StoredLead) -> Result<(), Failure> {
        let id = write_id(account.provider, lead.id);
        let started = self.sources.now();
        let result = self.try_post(account, lead, started).await;
        let took = self.sources.now().duration_since(started).as_millis();
        let (provider, account) = (account.provider.as_str(), visible(account.id.as_str()));
        writeln!(stdout(), "{result}  {provider}  {account}  {id}  {took} ms")?;
        Ok(())
    }

    /// The status of the answer, or why there is none.
    async fn try_post(&self, account: &Account, lead: StoredLead, now: Timestamp) -> String {
        let format = DestinationFormat::Standard;
        let message = match Message::created(format, DESTINATION, account, lead) {
            Ok(message) => message,
            Err(error) => return error.to_string(),
        };
        match self.client.post(message.sign(&self.url, &self.keys, now)).await {
            Ok(answer) => answer.status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}
