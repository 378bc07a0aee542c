//! How many leads a second the local server takes, beside the same engine without leadhook, and
//! whether this changes with the minutes and the leads before, the connections, the claims and the
//! size of a body.

use crate::{
    figures::{Figures, write_figure, write_table},
    senders::{Answers, Load, load_engine, load_server},
};
use local::Storage;
use std::time::Duration;

/// A table in memory is loaded for this part of the time: it holds up to 1 GiB.
const IN_MEMORY: u32 = 10;
/// A case with other leads or connections takes this part of the time.
const PART: u32 = 20;

/// Sends for so many seconds in each case, and prints tables. Each row is also printed when it is
/// measured.
pub(crate) async fn measure(seconds: u64) {
    let lasts = Duration::from_secs(seconds);
    let mut rows = Vec::new();
    let mut note = |name: &str, answers: &Answers, lasts| {
        rows.push(row(name, answers, lasts));
        eprintln!("{}", rows.last().unwrap().join(" | "));
    };
    let folder = tempfile::tempdir().unwrap();
    let answers = load_server(Some(folder.path()), Load::USUAL, lasts).await;
    note("new persons", &answers, lasts);
    let growth = growth(answers);
    let answers = load_server(None, Load::USUAL, lasts / IN_MEMORY).await;
    note("new persons, in memory", &answers, lasts / IN_MEMORY);
    let lasts = lasts / PART;
    for (name, load) in [
        ("known persons", Load { persons: Some(100), ..Load::USUAL }),
        ("1 connection", Load { connections: 1, ..Load::USUAL }),
        ("8 connections", Load { connections: 8, ..Load::USUAL }),
        ("256 connections", Load { connections: 256, ..Load::USUAL }),
        ("neither phone nor e-mail", Load { has_contacts: false, ..Load::USUAL }),
        ("with an Idempotency-Key", Load { has_idempotency_key: true, ..Load::USUAL }),
        ("10 KiB of text", Load { text: 10 * 1_024, ..Load::USUAL }),
        ("100 KiB of text", Load { text: 100 * 1_024, ..Load::USUAL }),
    ] {
        let folder = tempfile::tempdir().unwrap();
        note(name, &load_server(Some(folder.path()), load, lasts).await, lasts);
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(folder.path().to_owned());
    note("the engine alone, new persons", &load_engine(&storage, lasts).await, lasts);
    let head =
        ["", "leads", "leads/s", "in the first tenth", "in the last tenth", "p50 ms", "p99 ms"];
    println!("{}\n{growth}", write_table(&head, &rows));
}

/// The median time of an answer with so many leads stored before it: of the thousand answers before
/// that.
fn growth(mut answers: Answers) -> String {
    answers.sort_by_key(|(at, _)| *at);
    let mut rows = Vec::new();
    for leads in [1_000, 10_000, 100_000, 300_000, 1_000_000, 2_000_000] {
        if let Some(before) = answers.get(leads - 1_000..leads) {
            let mut times = Figures::default();
            for (_, took) in before {
                times.push_time(*took);
            }
            rows.push(vec![leads.to_string(), write_figure(times.median())]);
        }
    }
    write_table(&["leads of the account", "p50 ms"], &rows)
}

fn row(name: &str, answers: &Answers, lasts: Duration) -> Vec<String> {
    let first = answers.iter().map(|(at, _)| *at).min().unwrap();
    let (mut times, tenth) = (Figures::default(), lasts / 10);
    for (_, took) in answers {
        times.push_time(*took);
    }
    let rate = |from: Duration| {
        let within = answers.iter().filter(|(at, _)| {
            let since = at.saturating_duration_since(first);
            from <= since && since < from + tenth
        });
        format!("{:.0}", within.count() as f64 / tenth.as_secs_f64())
    };
    vec![
        name.to_owned(),
        answers.len().to_string(),
        format!("{:.0}", answers.len() as f64 / lasts.as_secs_f64()),
        rate(Duration::ZERO),
        rate(tenth * 9),
        write_figure(times.median()),
        write_figure(times.at(0.99)),
    ]
}
