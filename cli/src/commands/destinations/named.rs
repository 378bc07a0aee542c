use crate::commands::{failure::Failure, open_table::OpenTable};
use clap::Args;
use operator::destinations::find_destination;
use shared::model::Destination;

/// One destination.
#[derive(Args)]
pub(super) struct Named {
    /// The destination's id, as `destinations list` shows it, or its first characters
    pub(super) id: String,
}

impl Named {
    /// The only destination whose id begins like this.
    pub(super) async fn find(&self, opened: &OpenTable) -> Result<Destination, Failure> {
        Ok(find_destination(&opened.table, &self.id).await?)
    }
}
