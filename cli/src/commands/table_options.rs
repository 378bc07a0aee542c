use super::{
    failure::Failure,
    open_table::{Home, OpenTable},
};
use crate::serve::settings::{DEFAULT_TABLE_NAME, check_endpoint};
use aws_credential_types::provider::ProvideCredentials;
use local::{LocalTable, ServedTable};
use shared::{
    aws::{Overrides, load_config},
    function::Environment,
    table::{ENDPOINT_VARIABLE, LeadTable, Timeouts, connect_as},
};
use std::path::{Path, PathBuf};

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

impl TableOptions {
    /// Opens the table and checks that it is a leadhook table.
    pub(super) async fn open(&self, access: Access) -> Result<OpenTable, Failure> {
        let opened = self.reach().await?;
        if !opened.is_local() {
            opened.check_shape().await?;
        }
        let ignored = if opened.is_local() { ignored_variable() } else { None };
        if access == Access::Write || ignored.is_some() {
            let note = ignored.map_or_else(String::new, |name| {
                format!(" ({name} is set and not used: --table names a table in AWS)")
            });
            eprintln!("table {} {}{note}", opened.table.name(), opened.place);
        }
        Ok(opened)
    }

    /// Connects to the table without checking it.
    pub(super) async fn reach(&self) -> Result<OpenTable, Failure> {
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
        Ok(OpenTable::new(table, place, Home::Aws(overrides)))
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
async fn reach_local(folder: &Path) -> Result<OpenTable, Failure> {
    let named = folder.display();
    match LocalTable::find(folder).await? {
        Some(LocalTable::Embedded(embedded)) => {
            let table = LeadTable::new(embedded.client(), DEFAULT_TABLE_NAME);
            let place = format!("in the folder {named}");
            Ok(OpenTable::new(table, place, Home::Embedded(embedded)))
        }
        Some(LocalTable::Served(served)) => {
            let table = LeadTable::new(served.client(Timeouts::LOCAL), DEFAULT_TABLE_NAME);
            let ServedTable { endpoint, .. } = served;
            let place = format!("at {endpoint}, which serves {named}");
            Ok(OpenTable::new(table, place, Home::Served(folder.to_owned())))
        }
        None => Err(Failure::Table(format!(
            "there is no local table in the folder {named}: `leadhook serve` makes one, --data-dir \
             names another folder, --table a table in AWS"
        ))),
    }
}

/// A variable that names a place in AWS although the local table is used.
fn ignored_variable() -> Option<&'static str> {
    let environment = Environment::of_process();
    PLACE_VARIABLES.into_iter().find(|name| environment.optional(name).is_some())
}
