mod api;
mod artifacts;
mod finding;

use super::{
    failure::Failure,
    listing::{Listing, Output, count},
    open_table::OpenTable,
    table_options::TableOptions,
};
use Finding::{Bad, Good};
use api::check_address;
use artifacts::{Architecture, check_artifacts};
use clap::Args;
use finding::{Finding, failed};
use jiff::SignedDuration;
use operator::shapes::find_other_shapes;
use shared::{
    model::{ApiKey, ClockAndRandom, ListedKey, Provider},
    table::{LeadTable, Shape},
};
use std::path::PathBuf;

/// How far a clock may be off: AWS refuses signatures that are five minutes old.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(60);
/// How soon a key must expire to be reported.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Checks the table and the connection to it.
#[derive(Args)]
pub(super) struct Doctor {
    /// Also sends a lead through each provider's address of this API, finds it in the table, and
    /// erases it. The leads are samples, in accounts of their own
    #[arg(long, value_name = "URL")]
    api: Option<String>,
    /// Instead checks the functions that were built into this folder, before they are deployed:
    /// target/lambda
    #[arg(long, value_name = "FOLDER", conflicts_with = "api")]
    artifacts: Option<PathBuf>,
    /// The processor that the functions will run on
    #[arg(long, value_enum, default_value = "arm64", requires = "artifacts")]
    architecture: Architecture,
    #[command(flatten)]
    table: TableOptions,
    #[command(flatten)]
    output: Output,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut findings = Vec::new();
        if let Some(folder) = &self.artifacts {
            findings.push(("artifacts", check_artifacts(folder, self.architecture)));
            return print(findings, &self.output);
        }
        match self.table.reach().await {
            Ok(opened) => {
                findings.push(("place", Good(opened.place.clone())));
                check(&opened, &mut findings).await;
                if let Some(api) = &self.api {
                    for provider in Provider::ALL {
                        let tried =
                            check_address(provider, api, &opened.table, &opened.system).await;
                        findings.push((provider.as_str(), tried));
                    }
                }
                opened.close(Ok(())).await?;
            }
            Err(failure) => findings.push(("place", Bad(failure.to_string()))),
        }
        print(findings, &self.output)
    }
}

/// Prints the findings. Fails if one is bad.
fn print(findings: Vec<(&'static str, Finding)>, output: &Output) -> Result<(), Failure> {
    let bad = findings.iter().filter(|(_, finding)| matches!(finding, Bad(_))).count();
    let mut listing = Listing::new("check state finding").wrapping();
    for (check, finding) in findings {
        let (state, text) = match finding {
            Good(text) => ("good", text),
            Bad(text) => ("BAD", text),
        };
        listing.push([check.into(), state.into(), text.into()]);
    }
    listing.print(output.output)?;
    match bad {
        0 => Ok(()),
        1 => Err(Failure::Table("1 check failed".to_owned())),
        bad => Err(Failure::Table(format!("{bad} checks failed"))),
    }
}

async fn check(opened: &OpenTable, findings: &mut Vec<(&'static str, Finding)>) {
    let OpenTable { table, system, .. } = opened;
    let shape = check_shape(table).await;
    let fits = matches!(shape, Good(_));
    findings.push(("table", shape));
    if !fits {
        return;
    }
    findings.push(("time to live", check_time_to_live(table).await));
    findings.push(("clock", check_clock(table, system).await));
    findings.push(("round trip", check_round_trip(table, system).await));
    findings.push(("keys", check_keys(table, system).await));
    findings.push(("items", check_items(table, system).await));
}

async fn check_shape(table: &LeadTable) -> Finding {
    let name = table.name();
    match table.shape().await {
        Ok(Shape::Fitting) => Good(format!("{name} has the keys pk and sk")),
        Ok(Shape::Missing) => {
            Bad(format!("there is no table {name}: deploy it, or name another with --table"))
        }
        Ok(Shape::NotReady) => Bad(format!("{name} is not ready: wait until it is active")),
        Ok(Shape::Other(keys)) => {
            Bad(format!("{name} has the keys {keys}, not pk and sk: name another with --table"))
        }
        Err(error) => failed(error, "dynamodb:DescribeTable"),
    }
}

async fn check_time_to_live(table: &LeadTable) -> Finding {
    match table.has_time_to_live().await {
        Ok(true) => Good("items past expires_at are deleted".to_owned()),
        Ok(false) => Bad(format!(
            "it is off, so expired items are never deleted: aws dynamodb update-time-to-live \
             --table-name {} --time-to-live-specification Enabled=true,AttributeName=expires_at",
            table.name()
        )),
        Err(error) => failed(error, "dynamodb:DescribeTimeToLive"),
    }
}

async fn check_clock(table: &LeadTable, system: &ClockAndRandom) -> Finding {
    let off = match table.clock().await {
        Ok(Some(clock)) => system.now().duration_since(clock),
        Ok(None) => return Good("the table does not say what time it is".to_owned()),
        Err(error) => return failed(error, "dynamodb:DescribeTable"),
    };
    if off.abs() <= CLOCK_TOLERANCE {
        Good("this machine's clock agrees with the table's".to_owned())
    } else {
        Bad(format!(
            "this machine's clock is {} seconds off: set it, or turn NTP on",
            off.as_secs()
        ))
    }
}

async fn check_round_trip(table: &LeadTable, system: &ClockAndRandom) -> Finding {
    let started = system.now();
    match table.try_round_trip(&system.random_mark(), started).await {
        Ok(true) => {
            let took = system.now().duration_since(started).as_millis();
            Good(format!("an item was written, read and deleted in {took} ms"))
        }
        Ok(false) => {
            Bad("an item that was written did not come back: is another table behind this name?"
                .to_owned())
        }
        Err(error) => failed(error, "dynamodb:PutItem, GetItem and DeleteItem"),
    }
}

async fn check_keys(table: &LeadTable, system: &ClockAndRandom) -> Finding {
    let now = system.now();
    let keys = match table.api_keys(None).await {
        Ok(keys) => keys,
        Err(error) => return failed(error, "dynamodb:Query and BatchGetItem"),
    };
    let live: Vec<_> =
        keys.iter().map(|ListedKey { key, .. }| key).filter(|key| key.is_live(now)).collect();
    if live.is_empty() {
        return Bad(
            "there is no live key, so every delivery is refused: leadhook keys create".to_owned()
        );
    }
    let ending = |key: &&&ApiKey| key.expires_at.is_some_and(|at| at.duration_since(now) < SOON);
    let ending = live.iter().filter(ending).count();
    let of = |provider: &Provider| live.iter().any(|key| key.account.provider == *provider);
    let providers: Vec<_> = Provider::ALL.into_iter().filter(of).map(Provider::as_str).collect();
    let mut text = format!("{} live, for {}", live.len(), providers.join(", "));
    if ending > 0 {
        text += &format!("; {ending} end within a week: leadhook keys rotate");
    }
    Good(text)
}

/// Reads every item: one of another shape is left out by all that read it.
async fn check_items(table: &LeadTable, system: &ClockAndRandom) -> Finding {
    let skipped = match find_other_shapes(table, system.now()).await {
        Ok(skipped) => skipped,
        Err(error) => return failed(error, "dynamodb:Query and BatchGetItem"),
    };
    if skipped.is_empty() {
        return Good("all have the shape of their kind".to_owned());
    }
    let names: Vec<_> = skipped.iter().map(ToString::to_string).collect();
    let items = count(skipped.len(), "item");
    Bad(format!("{items} of another shape, which nothing reads: {}", names.join(", ")))
}
