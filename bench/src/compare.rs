//! Compares leadhook's function with others that take the same lead: a bare one on the same SDK
//! (the floor), one without an SDK (the limit), and what one would write in Python and JavaScript.

use crate::{
    instance::{Contender, Instance},
    measured::{Circumstance, Measured},
    report::report,
    runtime_api::RuntimeApi,
    share::Share,
    table::Table,
    timeline::Step,
};
use std::{
    collections::BTreeMap,
    env,
    path::PathBuf,
    time::{Duration, Instant},
};

/// The lead: with a phone number and an e-mail.
const EVENT: &str = include_str!("../../events/integrabot-create-lead/created.json");
/// What is different in each delivery.
const PHONE: &str = "5511988880001";
const EMAIL: &str = "beatriz@exemplo.com";
/// How many deliveries an instance takes before its speed is measured.
const WARM_UP: usize = 50;
/// How many deliveries of an instance are measured.
const DELIVERIES: usize = 200;

/// The contenders, as `bench/run.sh` has built them. The first is leadhook, the second the floor.
fn contenders() -> Vec<Contender> {
    let target = PathBuf::from("target");
    let lambda = |name: &str| vec![target.join("lambda").join(name).join("bootstrap")];
    let tools = target.join("bench");
    let python = [tools.join("python/bin/python"), "-m".into(), "awslambdaric".into()];
    let mut contenders = vec![
        Contender { name: "leadhook", command: lambda("integrabot-create-lead") },
        Contender { name: "floor", command: vec![tools.join("floor")] },
        Contender { name: "limit", command: vec![tools.join("limit")] },
        Contender {
            name: "Python, boto3",
            command: [python.as_slice(), &["app.handler".into()]].concat(),
        },
        Contender {
            name: "Node, bundled",
            command: vec!["node".into(), tools.join("node/bundle.mjs")],
        },
    ];
    if let Some(bootstrap) = env::var_os("BENCH_ALSO") {
        contenders.push(Contender { name: "another build", command: vec![bootstrap.into()] });
    }
    contenders
}

fn circumstances() -> Vec<Circumstance> {
    let (none, connection, answer) =
        (Duration::ZERO, Duration::from_millis(1), Duration::from_millis(3));
    let new = |name, connection, answer, share, is_warm| Circumstance {
        name,
        connection,
        answer,
        share,
        is_warm,
    };
    let mut all = vec![
        new("on this machine", none, none, None, true),
        new("with 1 ms a connection and 3 ms a request", connection, answer, None, false),
    ];
    for (megabytes, name) in [
        (256, "with the processor share of 256 MB after the start"),
        (128, "with the processor share of 128 MB after the start"),
    ] {
        match Share::of_memory(megabytes) {
            Ok(share) => all.push(new(name, none, none, Some(share), false)),
            Err(error) => eprintln!("not measured {name}: {error}"),
        }
    }
    all
}

/// Measures all functions in so many rounds, and prints tables.
pub(crate) async fn compare(rounds: usize) {
    let (contenders, mut api, mut number) = (contenders(), RuntimeApi::start().await, 0);
    let mut written = String::new();
    for circumstance in circumstances() {
        let mut measured: BTreeMap<&str, Measured> = BTreeMap::new();
        for round in 0..rounds {
            // The engine becomes slower with each transaction of the last ten minutes.
            let table = Table::start().await;
            table.delay(circumstance.connection, circumstance.answer);
            let mut variables = table.variables();
            // What Python's runtime needs.
            variables.push(("PYTHONPATH", "bench/peers/python".to_owned()));
            variables.push(("_HANDLER", "app.handler".to_owned()));
            // Each is the first in turn: the table and the processor are not the same for the last.
            let (later, first) = contenders.split_at(round % contenders.len());
            for contender in first.iter().chain(later) {
                let instance = Instance::start(contender, &variables, &mut api).await;
                let measured = measured.entry(contender.name).or_default();
                run(instance, &circumstance, &table, measured, &mut number).await;
            }
            eprint!(".");
        }
        eprintln!(" {}", circumstance.name);
        written += &report(&circumstance, &contenders, &measured);
    }
    println!("{written}");
}

async fn run(
    instance: Instance<'_>,
    circumstance: &Circumstance,
    table: &Table,
    measured: &mut Measured,
    number: &mut u64,
) {
    let (started, ready) = (instance.started, instance.ready);
    let _throttled = circumstance.share.as_ref().map(|share| instance.throttle(share));
    let sent = Instant::now();
    let (first, mut instance) = instance.invoke(event(number)).await;
    let mut steps = table.seen.take();
    steps.extend([(Step::Ready, started + ready), (Step::Delivered, sent + first)]);
    measured.timeline.push(started, steps);
    measured.ready.push_time(ready);
    measured.first.push_time(first);
    measured.sum.push_time(ready + first);
    if circumstance.is_warm {
        for _ in 0..WARM_UP {
            (_, instance) = instance.invoke(event(number)).await;
        }
        let before = instance.processor_time();
        for _ in 0..DELIVERIES {
            let took;
            (took, instance) = instance.invoke(event(number)).await;
            measured.warm.push_time(took);
        }
        let used = instance.processor_time().saturating_sub(before);
        measured.processor.push_time(used / DELIVERIES as u32);
        measured.memory.push(instance.peak_memory() as f64 / 1e6);
    }
    instance.stop().await;
    let _ = table.seen.take();
}

/// A delivery of another person each time.
fn event(number: &mut u64) -> String {
    *number += 1;
    let phone = format!("55119{number:08}");
    EVENT.replace(PHONE, &phone).replace(EMAIL, &format!("lead{number}@exemplo.com"))
}
