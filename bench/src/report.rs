//! The tables of what was measured.

use crate::{
    cost::{Case, Prices},
    figures::{Figures, write_figure, write_table},
    instance::Contender,
    measured::{Circumstance, Measured},
    share::WHOLE,
};
use std::collections::BTreeMap;

/// The tables of a circumstance.
pub(crate) fn report(
    circumstance: &Circumstance,
    contenders: &[Contender],
    measured: &BTreeMap<&str, Measured>,
) -> String {
    let floor = &measured[contenders[1].name];
    let row = |contender: &Contender| {
        let of = &measured[contender.name];
        let figure = |figures: &Figures| write_figure(figures.median());
        let sum = of.sum.median();
        let ratio = format!("{}x", write_figure(sum / floor.sum.median()));
        let mut row = vec![contender.name.to_owned(), figure(&of.ready), figure(&of.first)];
        row.extend([write_figure(sum), write_figure(of.sum.at(0.1)), write_figure(of.sum.at(0.9))]);
        row.push(ratio);
        row
    };
    let rows: Vec<_> = contenders.iter().map(row).collect();
    let head = ["", "ready ms", "first answer ms", "sum ms", "p10", "p90", "sum to floor"];
    let mut text = format!("From the start to the first answer {}:\n\n", circumstance.name);
    text += &write_table(&head, &rows);
    // Giving an instance its share takes time that is not the function's.
    if circumstance.share.is_none() {
        for contender in &contenders[..2] {
            text += "\n";
            text += &measured[contender.name].timeline.write(contender.name);
        }
    }
    if circumstance.is_warm {
        text += "\nAfter that:\n\n";
        text += &report_warm(contenders, measured);
        text += "\nWhat a million leads cost in AWS, in US$:\n\n";
        text += &report_cost(contenders, measured);
    }
    text + "\n"
}

fn report_warm(contenders: &[Contender], measured: &BTreeMap<&str, Measured>) -> String {
    let floor = &measured[contenders[1].name];
    let row = |contender: &Contender| {
        let of = &measured[contender.name];
        let ratio = |figures: &Figures, floor: &Figures| {
            format!("{}x", write_figure(figures.median() / floor.median()))
        };
        let parts = [0.1, 0.5, 0.9, 0.99].map(|part| write_figure(of.warm.at(part)));
        let mut row = vec![contender.name.to_owned()];
        row.extend(parts);
        row.push(ratio(&of.warm, &floor.warm));
        row.push(write_figure(of.processor.median()));
        row.push(ratio(&of.processor, &floor.processor));
        row.push(write_figure(of.memory.median()));
        row
    };
    let rows: Vec<_> = contenders.iter().map(row).collect();
    let head = [
        "",
        "p10 ms",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "p50 to floor",
        "processor ms",
        "to floor",
        "peak MB",
    ];
    write_table(&head, &rows)
}

/// The cost of leads of which each hundredth meets a new instance. DynamoDB answers within the
/// given time, and the function has the processor share of its memory.
fn report_cost(contenders: &[Contender], measured: &BTreeMap<&str, Measured>) -> String {
    const GIGABYTES: f64 = 0.25;
    const SHARE: f64 = 256.0 / WHOLE as f64;
    const TABLE_MILLISECONDS: f64 = 5.0;
    const COLD: f64 = 0.01;
    let row = |contender: &Contender| {
        let of = &measured[contender.name];
        // A start runs at full speed and is billed too.
        let start = of.ready.median() + of.first.median() / SHARE;
        let milliseconds = of.processor.median() / SHARE + TABLE_MILLISECONDS + COLD * start;
        let logs = if contender.name == "leadhook" { 1_300.0 } else { 300.0 };
        let case = Case {
            milliseconds,
            gigabytes: GIGABYTES,
            write_units: 6.0,
            read_units: 2.0 * COLD,
            log_bytes: logs,
        };
        let cost = case.cost(&Prices::US_EAST_1);
        vec![
            contender.name.to_owned(),
            write_figure(milliseconds),
            format!("{logs}"),
            format!("{cost:.2}"),
        ]
    };
    let rows: Vec<_> = contenders.iter().map(row).collect();
    let head = ["", "billed ms", "log bytes", "US$"];
    write_table(&head, &rows)
}
