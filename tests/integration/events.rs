//! Sends the sample events of `events/` through the handlers of their functions.

use providers::{ROUTES, Route, about};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};
use tests::{
    Answer, Given, SENDERS, SIGNING_KEY, SampleEvent, TestApi, sample_events,
    sample_events_in_order, send_event, unused_events,
};

async fn send(api: &TestApi, sample: &SampleEvent) -> Answer {
    let instance = api.another_instance();
    for before in sample.before() {
        send_event(&instance, &before.function, &before.event).await;
    }
    send_event(&instance, &sample.function, &sample.event).await
}

#[tokio::test]
async fn every_sample_event_gets_its_answer() {
    for sample in sample_events().into_iter().filter(SampleEvent::is_request) {
        let api = TestApi::start().await;
        sample.given().arrange(&api.app.context.table, &api.direct_client()).await;
        api.connection.set_away(sample.given() == Given::TableAway);
        sample.check(&send(&api, &sample).await);
    }
}

/// People first try the lines that `leadhook serve` prints, and then one event after the other.
#[tokio::test]
async fn sample_events_get_their_answers_on_one_table() {
    let api = TestApi::start().await;
    for sender in SENDERS {
        let sample = &about(sender.account().provider).sample;
        let answer = api.send(sender.deliver(&api, sample.body).await).await;
        assert_eq!(answer.status, sender.created, "{}: {}", sender.function, answer.text);
    }
    let samples = sample_events_in_order();
    let needs_no_more =
        |sample: &&SampleEvent| sample.is_request() && sample.given() == Given::DemoTable;
    for sample in samples.iter().filter(needs_no_more) {
        sample.check(&send(&api, sample).await);
    }
}

#[test]
fn every_sample_event_has_an_answer() {
    assert_eq!(unused_events(), [""; 0].map(PathBuf::from));
}

const README: &str = include_str!("../../events/README.md");

#[test]
fn the_events_readme_says_which_events_come_after_others() {
    let rows = sample_events().into_iter().filter(|sample| !sample.after().is_empty());
    let rows = rows.map(|sample| {
        let before: Vec<_> = sample.after().iter().map(|name| format!("`{name}.json`")).collect();
        let (case, before) = (format!("{}: {}", sample.function, sample.name), before.join(", "));
        format!("| {case} | `{}.json` | {before} |\n", sample.event_name())
    });
    let table = format!("| case | event | after |\n|---|---|---|\n{}", rows.collect::<String>());
    assert!(README.contains(&format!("\n{table}\n")), "events/README.md should have\n{table}");
}

#[test]
fn the_events_readme_lists_the_cases_that_need_something() {
    let samples = sample_events();
    let mut wanted = BTreeMap::<&str, BTreeSet<&str>>::new();
    for sample in &samples {
        let Some(given) = sample.given_in_words() else { continue };
        wanted.entry(given).or_default().insert(&sample.name);
    }
    for (given, names) in &wanted {
        let cases = names.iter().copied().collect::<Vec<_>>().join(", ");
        let row = format!("\n| {cases} | {given} | ");
        assert!(README.contains(&row), "events/README.md should have {row}");
        for sample in samples.iter().filter(|sample| names.contains(sample.name.as_str())) {
            let case = format!("{}: {}", sample.function, sample.name);
            assert_eq!(sample.given_in_words(), Some(*given), "{case}");
        }
    }
}

/// `cargo lambda watch` reads its routes from the workspace's manifest.
#[test]
fn cargo_lambda_watch_has_every_route() {
    let manifest = include_str!("../../Cargo.toml");
    for Route { method, path, function, .. } in ROUTES.iter() {
        let of_path = manifest.lines().find(|line| line.starts_with(&format!(r#""{path}" = ["#)));
        let target = format!(r#"{{ method = "{method}", function = "{function}" }}"#);
        assert!(of_path.is_some_and(|line| line.contains(&target)), "{path}: {target}");
    }
    assert_eq!(manifest.matches(r#"{ method = ""#).count(), ROUTES.len());
}

/// Without these keys, the tokens in Keyspot's sample events are not valid, and `forward-leads`
/// does not start.
#[test]
fn cargo_lambda_watch_has_the_signing_keys() {
    let manifest: Value = toml::from_str(include_str!("../../Cargo.toml")).unwrap();
    let watch = &manifest["workspace"]["metadata"]["lambda"]["watch"];
    for name in ["KEYSPOT_SIGNING_KEY", "FORWARDING_SIGNING_KEY"] {
        assert_eq!(watch["env"][name], SIGNING_KEY, "{name}");
    }
}
