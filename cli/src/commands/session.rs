use super::Failure;
use crate::{EmbeddedError, EmbeddedTable, Storage, seeded_table};
use aws_credential_types::provider::ProvideCredentials;
use shared::{
    Environment, LeadTable, Shape, Sources, StoreError,
    aws::{Choice, load_config},
    dynamodb::{ENDPOINT_VARIABLE, Patience, connect_as, connect_local},
};
use std::path::PathBuf;

const DEFAULT_TABLE: &str = "leadhook";

/// Which table to work on.
#[derive(clap::Args)]
#[command(next_help_heading = "Which table")]
pub(super) struct TableOptions {
    /// A table in AWS, or at AWS_ENDPOINT_URL_DYNAMODB; without this, a region, a profile or
    /// that variable it is the local one, whether or not `leadhook serve` is running
    #[arg(long, global = true, env = "TABLE_NAME", value_name = "NAME")]
    table: Option<String>,
    /// The AWS region [default: as every AWS tool finds it]
    #[arg(long, global = true)]
    region: Option<String>,
    /// The profile of the AWS configuration files [default: as every AWS tool finds it]
    #[arg(long, global = true)]
    profile: Option<String>,
    /// The folder of the local table
    #[arg(long, global = true, default_value = ".leadhook", value_name = "FOLDER")]
    data_dir: PathBuf,
}

/// A table, and what is needed to work on it.
pub(super) struct Session {
    pub(super) table: LeadTable,
    /// Where it is, in words.
    pub(super) place: String,
    pub(super) sources: Sources,
    /// Whether leadhook made it, in a folder of this machine.
    is_local: bool,
    /// The local table, where no server has it open.
    embedded: Option<EmbeddedTable>,
}

impl TableOptions {
    /// Opens the table, and makes sure that it is one of leadhook's.
    pub(super) async fn open(&self) -> Result<Session, Failure> {
        let session = self.reach().await?;
        if session.is_local {
            return Ok(session);
        }
        let Session { table, place, .. } = &session;
        let name = table.name();
        match table.shape().await {
            Ok(Shape::Fitting) => {}
            // Who may not describe the table may still be allowed what the command does.
            Err(StoreError::Unexpected(fault)) if fault == "AccessDeniedException" => {}
            Ok(Shape::Missing) => {
                let text = format!(
                    "there is no table {name} {place}; deploy it, or choose another with --table"
                );
                return Err(Failure::Table(text));
            }
            Ok(Shape::NotReady) => {
                return Err(Failure::Table(format!(
                    "the table {name} {place} is not ready; try again"
                )));
            }
            Ok(Shape::Foreign(keys)) => {
                let text = format!(
                    "the table {name} {place} is none of leadhook's: its keys are {keys}, not pk, sk"
                );
                return Err(Failure::Table(text));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(session)
    }

    /// Connects to the table, whatever it is.
    pub(super) async fn reach(&self) -> Result<Session, Failure> {
        let endpoint = Environment::of_process().optional(ENDPOINT_VARIABLE);
        let table = self.table.as_deref().filter(|name| !name.is_empty());
        let elsewhere = [table, self.region.as_deref(), self.profile.as_deref()];
        if endpoint.is_none() && elsewhere.iter().all(Option::is_none) {
            return self.reach_local().await;
        }
        let choice = Choice { region: self.region.clone(), profile: self.profile.clone() };
        let config = load_config(choice).await;
        let place = match (endpoint, config.region()) {
            (Some(endpoint), _) => format!("at {endpoint}"),
            (None, Some(region)) => format!("in {region}"),
            (None, None) => {
                let text = "no AWS region is set; name one with --region or AWS_REGION";
                return Err(Failure::Table(text.to_owned()));
            }
        };
        let credentials = config.credentials_provider();
        let has_credentials = match credentials {
            Some(credentials) => credentials.provide_credentials().await.is_ok(),
            None => false,
        };
        if !has_credentials {
            let text = "no AWS credentials were found; sign in with `aws configure` or \
                        `aws sso login`, or name a profile with --profile";
            return Err(Failure::Table(text.to_owned()));
        }
        let client = connect_as(&config, Patience::LOCAL);
        let table = LeadTable::new(client, table.unwrap_or(DEFAULT_TABLE));
        Ok(Session { table, place, sources: Sources::system(), is_local: false, embedded: None })
    }

    /// The local table: that of the server that has it open, or one of our own.
    async fn reach_local(&self) -> Result<Session, Failure> {
        let place = format!("in the folder {}", self.data_dir.display());
        match EmbeddedTable::open(&Storage::Folder(self.data_dir.clone())).await {
            Ok(embedded) => {
                let table = seeded_table(&embedded).await?;
                Ok(Session::of_folder(table, place, Some(embedded)))
            }
            Err(EmbeddedError::InUse(folder, Some(endpoint))) => {
                let client = connect_local(&endpoint, Patience::LOCAL);
                let table = LeadTable::new(client, DEFAULT_TABLE);
                let place = format!("at {endpoint}, which serves {}", folder.display());
                Ok(Session::of_folder(table, place, None))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Session {
    fn of_folder(table: LeadTable, place: String, embedded: Option<EmbeddedTable>) -> Self {
        Self { table, place, sources: Sources::system(), is_local: true, embedded }
    }

    /// Closes the table, then gives on what was done with it.
    pub(super) async fn close<T>(self, done: Result<T, Failure>) -> Result<T, Failure> {
        if let Some(embedded) = self.embedded {
            embedded.close().await;
        }
        done
    }
}
