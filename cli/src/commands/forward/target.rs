//! Posts leads to an address, and counts the answers.

use crate::{
    commands::{failure::Failure, listing::count},
    terminal::visible,
};
use forwarding::{Form, HttpsClient, Message, OwnHeader, Post, PostError, SigningKeys};
use jiff::Timestamp;
use providers::write_id;
use shared::{
    model::{Account, ClockAndRandom, DestinationFormat, OwnRequest, StoredLead},
    table::{LeadTable, StoreError},
};
use std::{
    collections::BTreeMap,
    io::{Write, stdout},
    pin::pin,
    time::Duration,
};
use tokio::time::timeout;

/// What the ids of the messages have in place of a destination's id.
const DESTINATION: &str = "forward";
/// When a wait for an answer is shown.
const SHOWN_AFTER: Duration = Duration::from_secs(2);

/// Where leads are posted to.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) keys: SigningKeys,
    pub(super) headers: Vec<OwnHeader>,
    pub(super) request: OwnRequest,
    pub(super) client: HttpsClient,
    pub(super) system: ClockAndRandom,
}

/// The status of an answer, or why there is none.
type Posted = Result<u16, String>;

/// What was answered.
#[derive(Default)]
pub(super) struct Answers {
    taken: usize,
    /// How many leads got each other answer, or none.
    others: BTreeMap<String, usize>,
}

impl Target {
    /// Posts a lead that was read at `read_at`, and prints a line about it that has nothing of the
    /// person.
    pub(super) async fn post(
        &self,
        table: &LeadTable,
        account: &Account,
        lead: StoredLead,
        read_at: Timestamp,
    ) -> Result<Posted, Failure> {
        let id = write_id(account.provider, lead.id);
        let started = self.system.now();
        let mut posting = pin!(self.try_post(table, account, lead, read_at));
        let result = if let Ok(result) = timeout(SHOWN_AFTER, &mut posting).await {
            result?
        } else {
            eprintln!("waiting for the answer to {id}");
            posting.await?
        };
        let took = self.system.now().duration_since(started).as_millis();
        let (provider, account) = (account.provider.as_str(), visible(account.id.as_str()));
        let shown = match &result {
            Ok(status) => status.to_string(),
            Err(error) => error.clone(),
        };
        writeln!(stdout(), "{shown}  {provider}  {account}  {id}  {took} ms")?;
        Ok(result)
    }

    /// The form of what is posted.
    pub(super) fn form<'a>(&'a self, account: &'a Account) -> Form<'a> {
        Form {
            account,
            destination: DESTINATION,
            format: DestinationFormat::Standard,
            url: &self.url,
            request: &self.request,
        }
    }

    async fn try_post(
        &self,
        table: &LeadTable,
        account: &Account,
        mut lead: StoredLead,
        mut read_at: Timestamp,
    ) -> Result<Posted, StoreError> {
        let id = lead.id;
        let form = self.form(account);
        loop {
            let message = match Message::created(form, lead, read_at) {
                Ok(message) => message,
                Err(error) => return Ok(Err(error.to_string())),
            };
            let sign = || message.sign(&self.keys, &self.headers, self.system.now());
            match self.client.post(&message.url, sign).await {
                Ok(answer) => return Ok(Ok(answer.status)),
                Err(PostError::Outdated) => {}
                Err(error) => return Ok(Err(error.to_string())),
            }
            read_at = self.system.now();
            let mut found = table.get_leads(&[(account.clone(), id)]).await?;
            let Some((_, read)) = found.pop() else { return Ok(Err("erased".to_owned())) };
            lead = read;
        }
    }
}

impl Answers {
    pub(super) fn note(&mut self, result: Posted) {
        match result {
            Ok(200..=299) => self.taken += 1,
            Ok(status) => *self.others.entry(status.to_string()).or_default() += 1,
            Err(error) => *self.others.entry(error).or_default() += 1,
        }
    }

    /// Says how many leads were taken.
    ///
    /// # Errors
    /// If one was not. The text says what was answered.
    pub(super) fn conclude(&self) -> Result<(), Failure> {
        let others = self.others.values().sum::<usize>();
        if others == 0 {
            eprintln!("{} taken", count(self.taken, "lead"));
            return Ok(());
        }
        let answers = self.others.iter().map(|(answer, leads)| format!("{answer} ({leads})"));
        let answers = answers.collect::<Vec<_>>().join(", ");
        let leads = count(self.taken + others, "lead");
        Err(Failure::Failed(format!("{others} of {leads} not taken: {answers}")))
    }
}
