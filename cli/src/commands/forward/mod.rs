mod feed;
mod target;

use super::{
    accounts::AccountOptions,
    failure::Failure,
    open_table::OpenTable,
    request_options::RequestOptions,
    secret_text::SecretText,
    table_options::{Access, TableOptions},
};
use clap::Args;
use feed::Feed;
use forwarding::{
    Addresses, HttpsClient, SETTLED_AFTER, SigningKeys, check_conditions, check_url, meets,
};
use operator::{
    settings::Settings,
    times::{WrittenTime, read_time},
};
use shared::{
    model::{ClockAndRandom, Condition, LeadId, LeadSpan, OwnRequest},
    table::LeadTable,
};
use std::{
    io::{Write, stdout},
    time::Duration,
};
use target::{Answers, Target};

/// How often new leads are looked for.
const EVERY: Duration = Duration::from_secs(1);

/// Posts leads to an address while you develop its receiver. No destination is made, and nothing is
/// stored. A failed post is printed and not repeated; then the exit code is 1.
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
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = read_time)]
    since: WrittenTime,
    /// Also post the leads that arrive from now on, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// The secret to sign with: `whsec_...`, @FILE, or - for a line of standard input [default: a
    /// new one, which is printed first]
    #[arg(long, value_name = "SECRET")]
    secret: Option<SecretText>,
    #[command(flatten)]
    request: RequestOptions,
}

impl Forward {
    pub(super) async fn run(self) -> Result<(), Failure> {
        check_url(&self.to, Addresses::Any).map_err(|error| input(&error))?;
        let secret = self.secret.as_ref().map(|text| text.read("--secret")).transpose()?;
        let given = secret.as_deref().map(SigningKeys::read).transpose();
        let given = given.map_err(|error| input(&error))?;
        let settings = self.request.read()?;
        let opened = self.table.open(Access::Read).await?;
        let done = self.post_leads(&opened, given, settings).await;
        opened.close(done).await
    }

    async fn post_leads(
        &self,
        opened: &OpenTable,
        given: Option<SigningKeys>,
        settings: Settings,
    ) -> Result<(), Failure> {
        if self.follow && opened.is_embedded() {
            let text = "no server has the local table open, so no lead can arrive: start \
                        `leadhook serve`, or leave --follow out";
            return Err(Failure::Table(text.to_owned()));
        }
        let accounts = self.accounts.find(opened).await?;
        let system = opened.table_system().await?;
        let since = self.since.resolve(system.now()).map_err(Failure::Input)?;
        let keys = match given {
            Some(keys) => keys,
            None => random_keys(&system)?,
        };
        let (first, now) = (LeadId::new(since, 0), system.now());
        let client = HttpsClient::new(Addresses::Any);
        let Settings { headers, template, content_type, signature_header, only, .. } = settings;
        let only = only.unwrap_or_default();
        let method = settings.method.unwrap_or_default();
        let request = OwnRequest {
            method,
            template,
            content_type,
            signature_header,
            ..OwnRequest::default()
        };
        let target = Target { url: self.to.clone(), keys, headers, request, client, system };
        for account in &accounts {
            target.form(account).check().map_err(|error| input(&error))?;
            check_conditions(&only, account).map_err(|error| input(&error))?;
        }
        let feeds = accounts.into_iter().map(|account| Feed::new(account, first, now)).collect();
        let mut run =
            Run { table: &opened.table, only, feeds, target, answers: Answers::default() };
        let done = if self.follow {
            let seconds = SETTLED_AFTER.as_secs();
            eprintln!(
                "ready: a new lead is posted {seconds} seconds after it arrived; Ctrl-C ends"
            );
            tokio::select! {
                done = run.follow() => done,
                _ = tokio::signal::ctrl_c() => Ok(()),
            }
        } else {
            run.post_until(LeadSpan::ALL.last).await
        };
        done.and(run.answers.conclude())
    }
}

fn input(error: &dyn std::error::Error) -> Failure {
    Failure::Input(error.to_string())
}

/// Makes a key, and prints the secret that verifies its signatures.
fn random_keys(system: &ClockAndRandom) -> Result<SigningKeys, Failure> {
    let (keys, secret) = SigningKeys::one(system.random_key());
    writeln!(stdout(), "secret  {secret}")?;
    Ok(keys)
}

/// The leads of some accounts on their way to an address.
struct Run<'a> {
    table: &'a LeadTable,
    only: Vec<Condition>,
    feeds: Vec<Feed>,
    target: Target,
    answers: Answers,
}

impl Run<'_> {
    /// Posts new leads as they arrive.
    async fn follow(&mut self) -> Result<(), Failure> {
        loop {
            let settled = self.target.system.now() - SETTLED_AFTER;
            self.post_until(LeadId::new(settled, 0)).await?;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Posts the leads up to `last`, in the order of their ids over all accounts.
    async fn post_until(&mut self, last: LeadId) -> Result<(), Failure> {
        loop {
            for feed in &mut self.feeds {
                feed.fill(self.table, last, self.target.system.now()).await?;
            }
            let feeds = self.feeds.iter_mut().filter(|feed| !feed.leads.is_empty());
            let Some(feed) = feeds.min_by_key(|feed| feed.leads.front().map(|lead| lead.id)) else {
                return Ok(());
            };
            let Some(lead) = feed.leads.pop_front() else { return Ok(()) };
            if !meets(&self.only, &feed.account, &lead) {
                continue;
            }
            let posting = self.target.post(self.table, &feed.account, lead, feed.read_at);
            self.answers.note(posting.await?);
        }
    }
}
