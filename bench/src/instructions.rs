//! Counts the instructions and the allocations of each function with Valgrind, and compares them
//! with ceilings. Unlike times, they are nearly the same in each run.

use crate::{
    figures::write_table,
    instance::{Contender, Instance},
    runtime_api::RuntimeApi,
    table::Table,
};
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode};

/// How many deliveries a short and a long run have. Their difference is that of the deliveries
/// between them, without start and end.
const DELIVERIES: [u64; 2] = [10, 60];
/// A figure may be so much above its ceiling: an update of a dependency is not a defect.
const SLACK: f64 = 1.1;

/// A function and its ceilings.
struct Ceiling {
    function: &'static str,
    /// The fields that are different in each delivery, with what comes before and after the number.
    fields: &'static [(&'static str, &'static str, &'static str)],
    /// Thousands of instructions of a delivery.
    instructions: f64,
    /// Allocations of a delivery.
    allocations: f64,
}

/// As they were measured when this was written.
const CEILINGS: [Ceiling; 5] = [
    Ceiling {
        function: "integrabot-create-lead",
        fields: &[("phone_number", "55119", ""), ("email", "lead", "@exemplo.com")],
        instructions: 895.0,
        allocations: 650.0,
    },
    Ceiling {
        function: "rdstation-create-lead",
        fields: &[("email", "lead", "@exemplo.com")],
        instructions: 800.0,
        allocations: 625.0,
    },
    Ceiling {
        function: "pollybot-create-lead",
        fields: &[("email", "lead", "@exemplo.com")],
        instructions: 885.0,
        allocations: 665.0,
    },
    Ceiling {
        function: "keyspot-create-lead",
        fields: &[("email", "lead", "@exemplo.com"), ("phone", "119", "")],
        instructions: 865.0,
        allocations: 670.0,
    },
    Ceiling {
        function: "flextell-create-lead",
        fields: &[("phone_number", "119", "")],
        instructions: 1_030.0,
        allocations: 800.0,
    },
];

/// Counts, and prints a table. Fails if a figure is above its ceiling.
pub(crate) async fn check() -> ExitCode {
    let (table, mut api) = (Table::start().await, RuntimeApi::start().await);
    // Without TLS: its instructions depend on the processor.
    let mut counter =
        Counter { variables: table.variables_without_tls(), api: &mut api, number: 0 };
    let (mut rows, mut is_good) = (Vec::new(), true);
    for ceiling in &CEILINGS {
        let instructions = counter.of_a_delivery(ceiling, "cachegrind", "refs:").await / 1_000.0;
        let allocations = counter.of_a_delivery(ceiling, "memcheck", "total heap usage:").await;
        let start = counter.count(ceiling, "cachegrind", "refs:", 1).await / 1e6;
        rows.push(vec![
            ceiling.function.to_owned(),
            format!("{instructions:.0}"),
            format!("{allocations:.0}"),
            format!("{start:.1}"),
        ]);
        is_good &= instructions <= ceiling.instructions * SLACK;
        is_good &= allocations <= ceiling.allocations * SLACK;
    }
    let head = [
        "",
        "thousand instructions a delivery",
        "allocations a delivery",
        "million instructions of start, first delivery and end",
    ];
    println!("{}", write_table(&head, &rows));
    if is_good {
        return ExitCode::SUCCESS;
    }
    eprintln!("a figure is more than a tenth above its ceiling in bench/src/instructions.rs");
    ExitCode::FAILURE
}

struct Counter<'a> {
    variables: Vec<(&'static str, String)>,
    api: &'a mut RuntimeApi,
    number: u64,
}

impl Counter<'_> {
    /// What a tool counts for a delivery.
    async fn of_a_delivery(&mut self, ceiling: &Ceiling, tool: &str, label: &str) -> f64 {
        let [short, long] = DELIVERIES;
        let counted = [
            self.count(ceiling, tool, label, short).await,
            self.count(ceiling, tool, label, long).await,
        ];
        (counted[1] - counted[0]) / (long - short) as f64
    }

    /// What a tool of Valgrind counts for a whole run. It writes the figure after the label.
    async fn count(&mut self, ceiling: &Ceiling, tool: &str, label: &str, deliveries: u64) -> f64 {
        let function = ceiling.function;
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut command: Vec<PathBuf> = vec!["valgrind".into(), format!("--tool={tool}").into()];
        if tool == "cachegrind" {
            command.extend(["--cache-sim=no".into(), "--cachegrind-out-file=/dev/null".into()]);
        }
        command.push(format!("--log-file={}", log.path().display()).into());
        command.push(format!("target/lambda/{function}/bootstrap").into());
        let contender = Contender { name: function, command };
        let mut instance = Instance::start(&contender, &self.variables, self.api).await;
        for _ in 0..deliveries {
            self.number += 1;
            (_, instance) = instance.invoke(event(ceiling, self.number)).await;
        }
        instance.end().await;
        let log = std::fs::read_to_string(log.path()).unwrap();
        let counted = log.lines().find_map(|line| line.split_once(label)).unwrap().1.trim();
        let digits = counted.split(' ').next().unwrap().replace(',', "");
        digits.parse().unwrap()
    }
}

/// The sample event of a function, with another person each time.
fn event(ceiling: &Ceiling, number: u64) -> String {
    let path = format!("events/{}/created.json", ceiling.function);
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    for (field, before, after) in ceiling.fields {
        body[*field] = json!(format!("{before}{number:08}{after}"));
    }
    event["body"] = json!(body.to_string());
    event.to_string()
}
