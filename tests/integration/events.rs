//! The sample events of `events/`, each run through its function's handler.

use local::{ROUTES, Route};
use std::collections::BTreeSet;
use tests::{Given, World, sample_events, send_event};

#[tokio::test]
async fn every_sample_event_gets_the_answer_beside_it() {
    for sample in sample_events() {
        let world = World::start().await;
        let token = world.keyspot_token().await;
        let with_token = |event: &str| event.replace("{{token}}", &token);
        sample.given().arrange(&world.app.context.table, &world.direct_client()).await;
        world.wire.set_away(sample.given() == Given::TableAway);
        let instance = world.another_instance();
        for event in sample.before() {
            send_event(&instance, &sample.function, &with_token(&event)).await;
        }
        let answer = send_event(&instance, &sample.function, &with_token(&sample.event)).await;
        sample.check(&answer);
    }
}

/// The tables of `docs/providers.md`, whose rows begin with one status or several.
#[test]
fn every_documented_status_has_a_sample_event() {
    let documents = include_str!("../../docs/providers.md");
    let samples = sample_events();
    for (heading, prefix) in [
        ("Integrabot", "integrabot-"),
        ("RD Station Mentoria", "rdstation-"),
        ("PollyBot", "pollybot-"),
        ("Keyspot", "keyspot-"),
        ("Flextell", "flextell-"),
    ] {
        let (_, section) = documents.split_once(&format!("\n## {heading}\n")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let cells = section.lines().filter_map(|line| line.split('|').nth(1));
        let documented: BTreeSet<u16> = cells
            .flat_map(|cell| cell.split(','))
            .filter_map(|cell| cell.trim().parse().ok())
            .collect();
        let own = samples.iter().filter(|sample| sample.function.starts_with(prefix));
        let shown: BTreeSet<u16> =
            own.map(|sample| sample.answer["status"].as_u64().unwrap() as u16).collect();
        assert!(documented.len() >= 7, "{heading}: {documented:?}");
        assert_eq!(
            documented.difference(&shown).collect::<Vec<_>>(),
            Vec::<&u16>::new(),
            "{heading}"
        );
    }
}

/// `cargo lambda watch` reads its routes from the workspace's manifest.
#[test]
fn cargo_lambda_watch_has_every_route() {
    let manifest = include_str!("../../Cargo.toml");
    for Route { path, function, .. } in ROUTES {
        let line = format!(r#""{path}" = [{{ method = "POST", function = "{function}" }}]"#);
        assert!(manifest.contains(&line), "{line}");
    }
    assert_eq!(manifest.matches(r#"method = "POST""#).count(), ROUTES.len());
}
