use super::answer::Answer;
use crate::model::{Account, BrokenRule, HeldId, LeadId, OutcomeName};

/// What a handler returns: the answer to the sender, and a summary for tools that show deliveries.
pub struct Handled {
    /// The answer.
    pub answer: Answer,
    /// The summary.
    pub summary: DeliverySummary,
}

/// What a handler did with a delivery.
#[derive(Clone)]
pub struct DeliverySummary {
    /// How it ended.
    pub outcome: OutcomeName,
    /// The account, if the sender is known.
    pub account: Option<Account>,
    /// The lead that it made or found.
    pub lead: Option<LeadId>,
    /// The fields that break a rule, also those that the answer does not name.
    pub broken: Vec<BrokenRule>,
    /// Its id among the held deliveries, if it is held.
    pub held: Option<HeldId>,
}

impl DeliverySummary {
    /// The summary of a request that is no delivery.
    pub fn of(outcome: OutcomeName) -> Self {
        Self { outcome, account: None, lead: None, broken: Vec::new(), held: None }
    }

    /// Whether a redelivery made a lead, now or when it was done before.
    pub fn became_lead(&self) -> bool {
        matches!(self.outcome, OutcomeName::Created | OutcomeName::Replayed)
    }
}
