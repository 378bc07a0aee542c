//! The sample events of `events/`, each run through its function's handler.

use leadhook::{ROUTES, Route};
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
