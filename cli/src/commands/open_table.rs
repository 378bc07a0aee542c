use super::failure::Failure;
use forwarding::{Addresses, MasterSecret, SIGNING_KEY, read_managed_secret};
use jiff::Timestamp;
use local::{EmbeddedTable, forwarding_secret, system_after};
use shared::{
    aws::{Overrides, load_config},
    function::Environment,
    model::ClockAndRandom,
    table::{CredentialsError, LeadTable, Shape, StoreError},
};
use std::{error::Error, path::PathBuf};

/// A table that a command works on.
pub(super) struct OpenTable {
    pub(super) table: LeadTable,
    /// Where it is, in words.
    pub(super) place: String,
    pub(super) system: ClockAndRandom,
    home: Home,
}

/// Where a table is.
pub(super) enum Home {
    /// In a folder that this process has open.
    Embedded(EmbeddedTable),
    /// In this folder, which a server has open.
    Served(PathBuf),
    /// In AWS, reached with these settings.
    Aws(Overrides),
}

impl OpenTable {
    pub(super) fn new(table: LeadTable, place: String, home: Home) -> Self {
        Self { table, place, system: ClockAndRandom::system(), home }
    }

    pub(super) fn is_local(&self) -> bool {
        !matches!(self.home, Home::Aws(_))
    }

    /// Whether this process has the table open, so that no server can use it now.
    pub(super) fn is_embedded(&self) -> bool {
        matches!(self.home, Home::Embedded(_))
    }

    /// The addresses that leads of this table may be forwarded to.
    pub(super) fn addresses(&self) -> Addresses {
        if self.is_local() { Addresses::PublicAndLoopback } else { Addresses::Public }
    }

    /// Random numbers, and the clock of the table: lead ids and cursors are times of that clock. If
    /// this process has the table open, it is this machine's.
    pub(super) async fn table_system(&self) -> Result<ClockAndRandom, Failure> {
        Ok(match self.home {
            Home::Embedded(_) => system_after(&self.table).await?,
            Home::Served(_) | Home::Aws(_) => self.table.system(&self.system).await?,
        })
    }

    pub(super) async fn table_time(&self) -> Result<Timestamp, Failure> {
        Ok(self.table_system().await?.now())
    }

    /// The secret that the secrets of the table's destinations are derived from. `named` is the
    /// name of one in AWS Secrets Manager.
    pub(super) async fn master_secret(&self, named: Option<&str>) -> Result<MasterSecret, Failure> {
        if let Some(name) = named {
            return self.managed_secret(name).await;
        }
        let text = match (Environment::of_process().optional(SIGNING_KEY), &self.home) {
            (Some(text), _) => text,
            (None, Home::Embedded(embedded)) => embedded.forwarding_secret().to_owned(),
            (None, Home::Served(folder)) => forwarding_secret(folder)
                .map_err(|error| no_secret(&folder.display().to_string(), &error))?,
            (None, Home::Aws(_)) => {
                let name = format!("leadhook/{}/forwarding", self.table.name());
                return self.managed_secret(&name).await;
            }
        };
        MasterSecret::new(&text).map_err(|error| Failure::Input(error.to_string()))
    }

    async fn managed_secret(&self, name: &str) -> Result<MasterSecret, Failure> {
        let overrides = match &self.home {
            Home::Aws(overrides) => overrides.clone(),
            Home::Embedded(_) | Home::Served(_) => Overrides::default(),
        };
        let secret = read_managed_secret(name, &load_config(overrides).await).await;
        secret.map_err(|error| no_secret(name, &error))
    }

    pub(super) async fn check_shape(&self) -> Result<(), Failure> {
        let (name, place) = (self.table.name(), &self.place);
        let text = match self.table.shape().await {
            // Credentials that may not describe the table may still do what the command does.
            Ok(Shape::Fitting) | Err(StoreError::Denied(CredentialsError::NotAllowed)) => {
                return Ok(());
            }
            Ok(Shape::Missing) => {
                format!(
                    "there is no table {name} {place}; deploy it, or choose another with --table"
                )
            }
            Ok(Shape::NotReady) => format!("the table {name} {place} is not ready; try again"),
            Ok(Shape::Other(keys)) => format!(
                "the table {name} {place} is not a leadhook table: its keys are {keys}, not pk, sk"
            ),
            Err(error) => return Err(error.into()),
        };
        Err(Failure::Table(text))
    }

    /// Names the items that were left out, closes the table, and returns `done`.
    pub(super) async fn close<T>(self, done: Result<T, Failure>) -> Result<T, Failure> {
        for item in self.table.skipped() {
            eprintln!("left out, because it has another shape than leadhook's items: {item}");
        }
        if let Home::Embedded(embedded) = self.home {
            embedded.close().await;
        }
        done
    }
}

fn no_secret(place: &str, error: &dyn Error) -> Failure {
    Failure::Table(format!(
        "the secret that signs forwarded leads cannot be read ({place}): {error}; name another \
         with --signing-secret, or set {SIGNING_KEY}"
    ))
}
