use crate::sessions::Sessions;
use axum::Router;
use forwarding::{Forwarder, HttpsClient};
use local::{Guard, RecentDeliveries, Running};
use providers::{redeliver_held, update_by_held};
use shared::{
    delivery::{Context, Handled, OperatorUpdate},
    model::{Account, ClockAndRandom, HeldDelivery, LeadId},
    table::{LeadTable, StoreError},
};
use std::sync::Arc;
use tokio::sync::watch;

/// What the pages show and act on.
pub struct Console {
    pub context: Arc<Context>,
    /// Where the table is, in words.
    pub place: String,
    /// Whether the page may change the table.
    pub allows_changes: bool,
    /// Whether names and contacts are masked until the operator asks for them.
    pub masks: bool,
    /// The local server; `None` if the table is elsewhere, so that no delivery comes in here.
    pub live: Option<Live>,
    /// Posts test messages to destinations; `None` if there is no secret to sign them with.
    pub forwarder: Option<Arc<Forwarder<HttpsClient>>>,
    /// Who may use the page.
    pub sessions: Sessions,
    /// The names that the page is served under.
    pub guard: Guard,
    /// Turns true when the server stops.
    pub stop: watch::Receiver<bool>,
}

/// The local server.
pub struct Live {
    pub recent: RecentDeliveries,
    /// The API. What the page sends goes through it, as the deliveries of senders do.
    pub api: Router,
    /// The server's address: `http://127.0.0.1:3000`.
    pub base: String,
    /// The deliveries that are handled now.
    pub running: Running,
    /// Whether the demo accounts exist, so that samples can be sent.
    pub has_samples: bool,
}

impl Console {
    pub(crate) fn table(&self) -> &LeadTable {
        &self.context.table
    }

    pub(crate) fn system(&self) -> &ClockAndRandom {
        &self.context.system
    }

    /// Redelivers a held delivery. While it runs, the local server forwards no later lead.
    ///
    /// # Errors
    /// Those of [`redeliver_held`].
    pub(crate) async fn redeliver(
        &self,
        account: &Account,
        held: &HeldDelivery,
        body: &[u8],
    ) -> Result<Handled, StoreError> {
        let _running = self.live.as_ref().map(|live| live.running.begin());
        redeliver_held(&self.context, account, held, body).await
    }

    /// Updates the lead of a held repeat with it.
    ///
    /// # Errors
    /// Those of [`update_by_held`].
    pub(crate) async fn update_by_held(
        &self,
        account: &Account,
        held: &HeldDelivery,
        lead: LeadId,
    ) -> Result<OperatorUpdate, StoreError> {
        update_by_held(&self.context, account, held, lead, &held.body).await
    }
}
