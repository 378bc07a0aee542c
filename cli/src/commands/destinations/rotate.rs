use super::{
    super::{Failure, moment::write_moment, session::Session},
    Named, Output, SecretOptions,
    add::show_secret,
};
use clap::Args;
use jiff::SignedDuration;
use operator::destinations::unknown;
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
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { named, secret, output } = self;
        let old = named.find(session).await?;
        let master = session.master_secret(secret.signing_secret.as_deref()).await?;
        let now = session.table_time().await?;
        let until = now + OLD_SIGNS_FOR;
        let is_again = old.old_secret_until.is_some_and(|until| now < until);
        let secret_version = old.secret_version + 1;
        let new = Destination { secret_version, old_secret_until: Some(until), ..old };
        if !session.table.change_destination(&new, DestinationChange::Secret).await? {
            return Err(unknown(new.id.as_str()).into());
        }
        show_secret(&new, &master.secret(&new.id, secret_version), &output)?;
        eprintln!("the old secret signs too until {}", write_moment(until));
        if is_again {
            eprintln!("the secret before that one does not sign any more");
        }
        Ok(())
    }
}
