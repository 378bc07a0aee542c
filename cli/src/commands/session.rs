use super::Failure;
use crate::serve::{DEFAULT_TABLE_NAME, check_endpoint};
use aws_credential_types::provider::ProvideCredentials;
use forwarding::{Addresses, MasterSecret, SIGNING_KEY, read_managed_secret};
use jiff::Timestamp;
use local::{EmbeddedTable, LocalTable, ServedTable, forwarding_secret, sources_after};
use shared::{
    aws::{Overrides, load_config},
    function::Environment,
    model::Sources,
    table::{Denial, ENDPOINT_VARIABLE, LeadTable, Shape, StoreError, Timeouts, connect_as},
};
use std::{
    error::Error,
    path::{Path, PathBuf},
};

/// The variables that name a region or a profile, but no table.
const PLACE_VARIABLES: [&str; 3] = ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"];

/// Which table to work on.
#[derive(clap::Args)]
#[command(next_help_heading = "Which table")]
pub(super) struct TableOptions {
    /// A table in AWS, or at `AWS_ENDPOINT_URL_DYNAMODB`; without this, a region, a profile or
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

/// What a command does with the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    /// A command that writes prints the table's name.
    Write,
}

/// An open table.
pub(super) struct Session {
    pub(super) table: LeadTable,
    /// Where it is, in words.
    pub(super) place: String,
    pub(super) sources: Sources,
    home: Home,
    /// The local table, if this process has it open.
    embedded: Option<EmbeddedTable>,
}

/// Whose table it is.
enum Home {
    /// The local table of this folder.
    Folder(PathBuf),
    /// One in AWS, reached with these settings.
    Aws(Overrides),
}

impl TableOptions {
    /// Opens the table and checks that it is a leadhook table.
    pub(super) async fn open(&self, access: Access) -> Result<Session, Failure> {
        let session = self.reach().await?;
        if !session.is_local() {
            session.check_shape().await?;
        }
        let ignored = if session.is_local() { ignored_variable() } else { None };
        if access == Access::Write || ignored.is_some() {
            let note = ignored.map_or_else(String::new, |name| {
                format!(" ({name} is set and not used: --table names a table in AWS)")
            });
            eprintln!("table {} {}{note}", session.table.name(), session.place);
        }
        Ok(session)
    }

    /// Connects to the table without checking it.
    pub(super) async fn reach(&self) -> Result<Session, Failure> {
        let endpoint = Environment::of_process().optional(ENDPOINT_VARIABLE);
        let table = self.table.as_deref().filter(|name| !name.is_empty());
        let elsewhere = [table, self.region.as_deref(), self.profile.as_deref()];
        if endpoint.is_none() && elsewhere.iter().all(Option::is_none) {
            return reach_local(&self.data_dir).await;
        }
        if let Some(endpoint) = &endpoint {
            check_endpoint(endpoint).map_err(|error| Failure::Input(error.to_string()))?;
        }
        let overrides = Overrides { region: self.region.clone(), profile: self.profile.clone() };
        let config = load_config(overrides.clone()).await;
        let has_credentials = match config.credentials_provider() {
            Some(credentials) => credentials.provide_credentials().await.is_ok(),
            None => false,
        };
        let place = match (endpoint, config.region()) {
            (Some(endpoint), _) => Some(format!("at {endpoint}")),
            (None, region) => region.map(|region| format!("in {region}")),
        };
        // An unknown profile has no region either.
        if !has_credentials && (place.is_some() || self.named_profile().is_some()) {
            return Err(Failure::Table(self.no_credentials()));
        }
        let no_region = || {
            let text = "no AWS region is set; name one with --region or AWS_REGION";
            Failure::Table(text.to_owned())
        };
        let place = place.ok_or_else(no_region)?;
        let client = connect_as(&config, Timeouts::LOCAL);
        let table = LeadTable::new(client, table.unwrap_or(DEFAULT_TABLE_NAME));
        let (sources, home) = (Sources::system(), Home::Aws(overrides));
        Ok(Session { table, place, sources, home, embedded: None })
    }

    fn named_profile(&self) -> Option<String> {
        let profile = self.profile.clone();
        profile.or_else(|| Environment::of_process().optional("AWS_PROFILE"))
    }

    fn no_credentials(&self) -> String {
        match self.named_profile() {
            Some(profile) => format!(
                "the profile {profile} gives no AWS credentials; `aws configure list-profiles` \
                 lists the profiles, `aws sso login --profile {profile}` signs in"
            ),
            None => "no AWS credentials were found; sign in with `aws configure` or \
                     `aws sso login`, or name a profile with --profile"
                .to_owned(),
        }
    }
}

/// The local table: a server has it open, or this process opens it. Only `leadhook serve` creates
/// it.
async fn reach_local(folder: &Path) -> Result<Session, Failure> {
    let named = folder.display();
    match LocalTable::find(folder).await? {
        Some(LocalTable::Embedded(embedded)) => {
            let table = LeadTable::new(embedded.client(), DEFAULT_TABLE_NAME);
            let place = format!("in the folder {named}");
            Ok(Session::of_folder(folder, table, place, Some(embedded)))
        }
        Some(LocalTable::Served(served)) => {
            let table = LeadTable::new(served.client(Timeouts::LOCAL), DEFAULT_TABLE_NAME);
            let ServedTable { endpoint, .. } = served;
            let place = format!("at {endpoint}, which serves {named}");
            Ok(Session::of_folder(folder, table, place, None))
        }
        None => Err(Failure::Table(format!(
            "there is no local table in the folder {named}: `leadhook serve` makes one, --data-dir \
             names another folder, --table a table in AWS"
        ))),
    }
}

fn no_secret(place: &str, error: &dyn Error) -> Failure {
    Failure::Table(format!(
        "the secret that signs forwarded leads cannot be read ({place}): {error}; name another \
         with --signing-secret, or set {SIGNING_KEY}"
    ))
}

/// A variable that names a place in AWS although the local table is used.
fn ignored_variable() -> Option<&'static str> {
    let environment = Environment::of_process();
    PLACE_VARIABLES.into_iter().find(|name| environment.optional(name).is_some())
}

impl Session {
    fn of_folder(
        folder: &Path,
        table: LeadTable,
        place: String,
        embedded: Option<EmbeddedTable>,
    ) -> Self {
        let (sources, home) = (Sources::system(), Home::Folder(folder.to_owned()));
        Self { table, place, sources, home, embedded }
    }

    fn is_local(&self) -> bool {
        matches!(self.home, Home::Folder(_))
    }

    /// Whether this process has the table open, so that no server can use it now.
    pub(super) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// The addresses that leads of this table may be forwarded to.
    pub(super) fn addresses(&self) -> Addresses {
        if self.is_local() { Addresses::PublicAndLoopback } else { Addresses::Public }
    }

    /// Random numbers, and the clock of the table: lead ids and cursors are times of that clock. If
    /// this process has the table open, it is this machine's.
    pub(super) async fn table_sources(&self) -> Result<Sources, Failure> {
        let sources = match self.embedded {
            Some(_) => sources_after(&self.table).await?,
            None => self.table.sources(&self.sources).await?,
        };
        Ok(sources)
    }

    /// The time of the table's clock.
    pub(super) async fn table_time(&self) -> Result<Timestamp, Failure> {
        Ok(self.table_sources().await?.now())
    }

    /// The secret that the secrets of the table's destinations are derived from. `named` is the name
    /// of one in AWS Secrets Manager.
    pub(super) async fn master_secret(&self, named: Option<&str>) -> Result<MasterSecret, Failure> {
        let set = Environment::of_process().optional(SIGNING_KEY);
        let text = match (named, set, &self.home, &self.embedded) {
            (None, Some(text), _, _) => text,
            (None, None, Home::Folder(_), Some(embedded)) => {
                embedded.forwarding_secret().to_owned()
            }
            (None, None, Home::Folder(folder), None) => forwarding_secret(folder)
                .map_err(|error| no_secret(&folder.display().to_string(), &error))?,
            (named, _, home, _) => {
                let overrides = match home {
                    Home::Aws(overrides) => overrides.clone(),
                    Home::Folder(_) => Overrides::default(),
                };
                let usual = format!("leadhook/{}/forwarding", self.table.name());
                let name = named.unwrap_or(&usual);
                return read_managed_secret(name, &load_config(overrides).await)
                    .await
                    .map_err(|error| no_secret(name, &error));
            }
        };
        MasterSecret::new(&text).map_err(|error| Failure::Input(error.to_string()))
    }

    async fn check_shape(&self) -> Result<(), Failure> {
        let (name, place) = (self.table.name(), &self.place);
        let text = match self.table.shape().await {
            // Credentials that may not describe the table may still do what the command does.
            Ok(Shape::Fitting) | Err(StoreError::Denied(Denial::NotAllowed)) => return Ok(()),
            Ok(Shape::Missing) => {
                format!(
                    "there is no table {name} {place}; deploy it, or choose another with --table"
                )
            }
            Ok(Shape::NotReady) => format!("the table {name} {place} is not ready; try again"),
            Ok(Shape::Foreign(keys)) => format!(
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
        if let Some(embedded) = self.embedded {
            embedded.close().await;
        }
        done
    }
}
