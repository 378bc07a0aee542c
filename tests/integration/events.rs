//! The sample events of `events/`, each run through its function's handler.

use leadhook::{ROUTES, Route};
use serde_json::Value;
use tests::{World, sample_events, send_event};

#[tokio::test]
async fn every_sample_event_gets_the_answer_beside_it() {
    for sample in sample_events() {
        let case = format!("{}/{}", sample.function, sample.name);
        let world = World::start().await;
        for event in sample.before() {
            send_event(&world.app, &sample.function, &event).await;
        }
        let answer = send_event(&world.app, &sample.function, &sample.event).await;
        assert_eq!(answer.status, sample.answer["status"], "{case}: {}", answer.text);
        let headers = Value::Object(answer.headers);
        assert!(sample.matches(&sample.answer["headers"], &headers), "{case}: {headers}");
        assert!(sample.matches(&sample.answer["body"], &answer.body), "{case}: {}", answer.text);
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
