//! `sam local invoke` with every sample event, or with a sample of them.

use crate::SamLocal;
use shared::table::{LeadTable, connect_from_env};
use std::{env, io::Write, time::Instant};
use tempfile::NamedTempFile;
use tests::{Given, SampleEvent, Template, sample_events_in_order};

/// Whether a sample of the events will do.
const SAMPLE_VARIABLE: &str = "TEST_SAM_SAMPLE";
/// The table of `leadhook serve`.
const TABLE_NAME: &str = "leadhook";
/// Where nothing listens.
const NOWHERE: &str = "http://host.docker.internal:9";

/// The events of this run, in order.
fn events_to_send() -> Vec<SampleEvent> {
    let mut events = sample_events_in_order();
    if env::var_os(SAMPLE_VARIABLE).is_some() {
        events.retain(is_in_sample);
    }
    events
}

/// One event of each function that goes well, and of one function those that need more than
/// the table with its demo accounts.
fn is_in_sample(event: &SampleEvent) -> bool {
    let goes_well = ["created", "issued", "new_leads"].contains(&&*event.name);
    let needs_more = event.given() != Given::DemoTable || !event.after().is_empty();
    goes_well || needs_more && event.function == "keyspot-create-lead"
}

/// Invokes a function with an event, and gives what the function returns.
fn invoke(sam: &SamLocal, template: &Template, event: &SampleEvent) -> String {
    let table_name = if event.given() == Given::NoTable { "elsewhere" } else { TABLE_NAME };
    let mut functions = template.functions().into_iter();
    let function = functions.find(|function| function.name == event.function).unwrap();
    let mut command = sam.command("invoke", table_name);
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(event.event.as_bytes()).unwrap();
    command.arg(function.logical_name).arg("--event").arg(file.path());
    let output = command.output().unwrap();
    let (returned, log) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    let case = format!("{}: {}", event.function, event.name);
    assert!(output.status.success() && !returned.is_empty(), "{case}: {log}");
    String::from_utf8(returned).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sam_local_invoke_answers_every_sample_event() {
    let (Some(sam), Some(away)) = (SamLocal::over_the_table(), SamLocal::over(NOWHERE)) else {
        return;
    };
    let (template, client) = (Template::read(), connect_from_env().await);
    let table = LeadTable::new(client.clone(), TABLE_NAME);
    let (events, mut wrong) = (events_to_send(), Vec::new());
    for event in &events {
        let (begun, given) = (Instant::now(), event.given());
        if given != Given::NoTable {
            given.arrange(&table, &client).await;
        }
        let sam = if given == Given::TableAway { &away } else { &sam };
        for before in event.before() {
            invoke(sam, &template, &before);
        }
        let difference = event.differs_from_returned(&invoke(sam, &template, event));
        let name = format!("{}/{}", event.function, event.name);
        println!("{name}: {} in {:.1?}", difference.as_deref().unwrap_or("good"), begun.elapsed());
        wrong.extend(difference.map(|_| name));
    }
    println!("{} events, {} of them wrong", events.len(), wrong.len());
    assert_eq!(wrong, [""; 0]);
}
