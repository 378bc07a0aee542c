//! The lead that a repeat is shown beside.

use crate::{
    address::lead_path,
    app::Console,
    json::{Line, lines},
    page::{Failed, Frame},
};
use providers::LeadRecord;
use shared::model::{Account, LeadId};

pub(super) struct KnownLead {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) lines: Vec<Line>,
}

/// The lead of a repeat; `None` if it is gone.
pub(super) async fn lead_of(
    console: &Console,
    account: &Account,
    id: LeadId,
) -> Result<Option<(LeadId, LeadRecord)>, Failed> {
    let lead = console.table().get_leads(&[(account.clone(), id)]).await?.pop();
    let record = lead.map(|(account, lead)| LeadRecord::new(&account, lead)).transpose();
    Ok(record.map_err(operator::Failure::from)?.map(|record| (id, record)))
}

impl KnownLead {
    pub(super) fn new(
        frame: &Frame,
        account: &Account,
        (id, record): (LeadId, LeadRecord),
    ) -> Self {
        let text = serde_json::to_string(&record).unwrap_or_default();
        let lines = lines(&frame.mask.all(&text), &[]);
        Self { path: lead_path(account, id), id: record.id, lines }
    }
}
