use super::{add::show_secret, named::Named};
use crate::commands::{
    failure::Failure, listing::Output, open_table::OpenTable, signing_secret::SecretOptions,
};
use clap::Args;
use jiff::SignedDuration;
use operator::{destinations::unknown, times::write_time};
use shared::{model::Destination, table::DestinationChange};

/// How long the old secret signs too.
const OLD_SIGNS_FOR: SignedDuration = SignedDuration::from_hours(24);

#[derive(Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    secret: SecretOptions,
    #[command(flatten)]
    output: Output,
}

impl Rotate {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { named, secret, output } = self;
        let old = named.find(opened).await?;
        let master = secret.read(opened).await?;
        let now = opened.table_time().await?;
        let until = now + OLD_SIGNS_FOR;
        let is_again = old.old_secret_until.is_some_and(|until| now < until);
        let secret_version = old.secret_version + 1;
        let new = Destination { secret_version, old_secret_until: Some(until), ..old };
        if !opened.table.change_destination(&new, DestinationChange::Secret).await? {
            return Err(unknown(new.id.as_str()).into());
        }
        show_secret(&new, &master.secret(&new.id, secret_version), &output)?;
        eprintln!("the old secret signs too until {}", write_time(until));
        if is_again {
            eprintln!("the secret before that one does not sign any more");
        }
        Ok(())
    }
}
