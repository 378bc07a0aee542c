use super::{failure::Failure, open_table::OpenTable};
use clap::Args;
use forwarding::{Forwarder, HttpsClient, MasterSecret};

/// Where the secret is that the secrets of all destinations are derived from.
#[derive(Args)]
pub(super) struct SecretOptions {
    /// The secret in AWS Secrets Manager that signs, by name or ARN [default: the variable
    /// `FORWARDING_SIGNING_KEY`, or leadhook/TABLE/forwarding; for the local table a file of its
    /// folder]
    #[arg(long, value_name = "NAME")]
    signing_secret: Option<String>,
}

impl SecretOptions {
    pub(super) async fn read(&self, opened: &OpenTable) -> Result<MasterSecret, Failure> {
        opened.master_secret(self.signing_secret.as_deref()).await
    }

    /// What posts messages to the destinations of a table, signed at the table's time: a receiver
    /// compares it with its own.
    pub(super) async fn forwarder(
        &self,
        opened: &OpenTable,
    ) -> Result<Forwarder<HttpsClient>, Failure> {
        let master = self.read(opened).await?;
        let (table, system) = (opened.table.clone(), opened.table_system().await?);
        Ok(Forwarder { table, system, post: HttpsClient::new(opened.addresses()), master })
    }
}
