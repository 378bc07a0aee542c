use super::named::Named;
use crate::commands::{
    failure::Failure,
    listing::{Listing, Output},
    open_table::OpenTable,
    signing_secret::SecretOptions,
};
use clap::Args;
use operator::destinations::host;

#[derive(Args)]
pub(super) struct Test {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    secret: SecretOptions,
    #[command(flatten)]
    output: Output,
}

impl Test {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { named, secret, output } = self;
        let destination = named.find(opened).await?;
        let forwarder = secret.forwarder(opened).await?;
        let started = opened.system.now();
        let answer = forwarder.test(&destination).await;
        let took = opened.system.now().duration_since(started).as_millis();
        let host = host(&destination);
        let answer = answer
            .map_err(|error| Failure::Failed(format!("{host} did not get the message: {error}")))?;
        let mut listing = Listing::new("id host status milliseconds");
        let took = u64::try_from(took).unwrap_or_default();
        listing.push([
            destination.id.as_str().into(),
            host.clone().into(),
            answer.status.into(),
            took.into(),
        ]);
        listing.print_one(output.output)?;
        match answer.status {
            200..=299 => Ok(()),
            300..=399 => Err(Failure::Failed(format!(
                "{host} answered {}: a redirect is not followed; add the address it leads to",
                answer.status
            ))),
            status => Err(Failure::Failed(format!("{host} answered {status}"))),
        }
    }
}
