//! The function: its start, and what it does with an event.

use crate::{
    address::Addresses,
    event::{ForwardingEvent, NewLeadRecord},
    forwarder::Forwarder,
    https::HttpsClient,
    managed_secret::read_managed_secret,
    pass::{PASS_FOR, SETTLED_AFTER, Wake},
    post::Post,
    report::Report,
    secret::{MasterSecret, SIGNING_KEY, SIGNING_SECRET},
};
use jiff::{SignedDuration, Timestamp};
use shared::{
    aws::{SdkConfig, load_function_config},
    function::{Environment, StartUpError},
    model::ClockAndRandom,
    table::{LeadTable, StoreError, Timeouts, connect_as},
};
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

impl Forwarder<HttpsClient> {
    /// The forwarder of a deployed function, from its environment.
    ///
    /// # Errors
    /// If a variable is missing or invalid, or if the master secret cannot be read.
    pub async fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        let table_name = environment.required("TABLE_NAME")?;
        let aws = load_function_config().await;
        let master = read_master(environment, &aws).await?;
        let table = LeadTable::new(connect_as(&aws, Timeouts::DEPLOYED), table_name);
        let post = HttpsClient::new(Addresses::Public);
        Ok(Self { table, system: ClockAndRandom::system(), post, master })
    }

    /// The same forwarder without open connections. A function is frozen between two events, and
    /// its connections may be closed meanwhile.
    #[must_use]
    pub fn disconnected(&self) -> Self {
        Self {
            table: self.table.clone(),
            system: self.system.clone(),
            post: self.post.disconnected(),
            master: self.master.clone(),
        }
    }
}

/// The secret that `FORWARDING_SIGNING_SECRET` names. If it is not set: the text in
/// `FORWARDING_SIGNING_KEY`.
async fn read_master(
    environment: &Environment,
    aws: &SdkConfig,
) -> Result<MasterSecret, StartUpError> {
    let Some(id) = environment.optional(SIGNING_SECRET) else {
        let text = environment.required(SIGNING_KEY)?;
        return MasterSecret::new(&text)
            .map_err(|_| StartUpError::BadVariable(SIGNING_KEY, "at least 32 characters long"));
    };
    let read = read_managed_secret(&id, aws).await;
    read.map_err(|error| StartUpError::BadSecret(SIGNING_SECRET, error.to_string()))
}

/// Forwards what is due, and returns what the log line of the function says; `None` if no new lead
/// of a stream's event is awaited. Otherwise waits until these leads are settled.
///
/// # Errors
/// If late leads cannot be set aside. The stream then gives the same records again.
pub async fn forward_leads<P: Post>(
    forwarder: &Forwarder<P>,
    event: &ForwardingEvent,
) -> Result<Option<Report>, StoreError> {
    let until = forwarder.system.now() + PASS_FOR;
    let leads = event.new_leads();
    let wake = match &leads {
        None => Ok(Some(Wake::Schedule)),
        Some(leads) => wait_for(forwarder, leads).await,
    };
    let report = match wake {
        Ok(Some(wake)) => forward_settled(forwarder, wake, until).await,
        Ok(None) => return Ok(None),
        Err(error) if leads.iter().flatten().any(|lead| lead.is_late) => return Err(error),
        Err(error) => Err(error),
    };
    Ok(Some(report.unwrap_or_else(|error| {
        // The schedule wakes the function again within a minute.
        tracing::error!(%error, "cannot forward");
        Report { table_faults: 1, ..Report::default() }
    })))
}

/// Sets late leads aside, and waits until those leads are settled that a destination awaits.
/// `None` if there are none. Failing destinations are left to the schedule, so that one which does
/// not answer does not delay the others.
async fn wait_for<P: Post>(
    forwarder: &Forwarder<P>,
    leads: &[NewLeadRecord],
) -> Result<Option<Wake>, StoreError> {
    let accounts: BTreeSet<_> = leads.iter().map(|lead| lead.account.clone()).collect();
    let mut destinations = forwarder.destinations_of(&accounts).await?;
    forwarder.note_late_leads(leads, &destinations).await?;
    let now = forwarder.system.now();
    destinations.retain(|one| one.is_due(now) && !one.is_failing());
    let is_awaited = |lead: &&NewLeadRecord| {
        destinations.iter().any(|destination| destination.account() == lead.account)
    };
    let Some(newest) = leads.iter().filter(is_awaited).map(|lead| lead.id).max() else {
        return Ok(None);
    };
    let left = (newest.time() + SETTLED_AFTER).duration_since(now);
    // One millisecond more: a lead is settled if it is older than the margin.
    let left = left.clamp(SignedDuration::ZERO, SETTLED_AFTER) + SignedDuration::from_millis(1);
    tokio::time::sleep(left.unsigned_abs()).await;
    Ok(Some(Wake::NewLeads(destinations)))
}

/// Makes a pass on the table's clock. With a clock that is ahead, a pass would read beyond the
/// leads that are written now.
async fn forward_settled<P: Post>(
    forwarder: &Forwarder<P>,
    wake: Wake,
    until: Timestamp,
) -> Result<Report, StoreError> {
    let Forwarder { table, post, master, .. } = forwarder;
    let asked = forwarder.system.now();
    let difference = table.clock_difference(&forwarder.system).await?;
    let system = forwarder.system.clone().later_by(difference);
    let forwarder = Forwarder { table: table.clone(), system, post, master: master.clone() };
    let settled = asked + difference - SETTLED_AFTER;
    forwarder.forward_due(wake, settled, until + difference).await
}

/// Writes the log line that the alarms count, at any log level.
pub fn write_log(report: &Report) {
    if let Ok(line) = serde_json::to_string(report) {
        // A pass does not fail because its log line cannot be written.
        let _ = writeln!(io::stdout(), "{line}");
    }
}
