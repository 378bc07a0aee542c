//! What forwards leads.

use crate::{
    message::{Form, Message},
    post::{Answered, Post, PostError},
    secret::MasterSecret,
};
use shared::{
    model::{Account, ClockAndRandom, Destination},
    table::{LeadTable, StoreError},
};
use std::collections::BTreeSet;

/// Forwards leads.
pub struct Forwarder<P> {
    /// The table with leads and destinations.
    pub table: LeadTable,
    /// The clock and the random numbers.
    pub system: ClockAndRandom,
    /// What posts messages.
    pub post: P,
    /// What the secrets of the destinations are derived from.
    pub master: MasterSecret,
}

impl<P: Post> Forwarder<P> {
    /// Posts a message that only tests a destination.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn test(&self, destination: &Destination) -> Result<Answered, PostError> {
        let now = self.system.now();
        let account = destination.account();
        let form = Form::of(destination, &account);
        let message = Message::test(form, &self.system.random_mark(), now);
        let message = message.map_err(|error| PostError::CannotWrite(error.to_string()))?;
        self.post_message(destination, &message).await
    }

    pub(crate) async fn post_message(
        &self,
        destination: &Destination,
        message: &Message,
    ) -> Result<Answered, PostError> {
        let own = self.master.open_headers(destination)?;
        let sign = || {
            let now = self.system.now();
            message.sign(&self.master.keys(destination, now), &own, now)
        };
        self.post.post(&message.url, sign).await
    }

    pub(crate) async fn destinations_of(
        &self,
        accounts: &BTreeSet<Account>,
    ) -> Result<Vec<Destination>, StoreError> {
        let mut destinations = Vec::new();
        for account in accounts {
            destinations.extend(self.table.destinations_of(account).await?);
        }
        Ok(destinations)
    }
}
