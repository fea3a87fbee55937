//! The outcome as Markdown.

use std::fmt::Write;

use crate::outcome::{Outcome, Row};

const MEGABYTE: f64 = 1e6;

/// Least ratio to `pgbench` of a kind of request on so many connections.
const RATIOS: [(&str, u16, f64); 5] = [
    ("retrieve_by_id", 16, 0.6),
    ("retrieve_by_id", 64, 0.9),
    ("list", 16, 0.65),
    ("create", 16, 0.7),
    ("patch", 16, 0.7),
];

/// The whole report.
#[must_use]
pub fn markdown(outcome: &Outcome) -> String {
    let mut text = format!(
        "{} customers, {} cores, {} of the service, {} rounds of {} s. Rates are requests per second; latencies milliseconds; processor time \
         microseconds per request.\n\n",
        outcome.customers,
        outcome.cores,
        processes(outcome.processes),
        outcome.rounds,
        outcome.seconds
    );
    text.push_str(
        "| request | connections | Vouch | pgbench | ratio | constant | p50 | p99 | p99.9 | CPU Vouch | CPU PostgreSQL |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    text.extend(outcome.rows.iter().map(line));
    text.push('\n');
    text.push_str("| target | wanted | measured | |\n|---|--:|--:|---|\n");
    for (name, wanted, measured, is_met) in targets(outcome) {
        let verdict = if is_met { "met" } else { "**missed**" };
        let _ = writeln!(text, "| {name} | {wanted} | {measured} | {verdict} |");
    }
    text
}

fn processes(number: usize) -> String {
    match number {
        1 => "1 process".to_owned(),
        number => format!("{number} processes"),
    }
}

fn line(row: &Row) -> String {
    let Row {
        scenario,
        connections,
        ..
    } = row;
    if row.errors > 0 {
        return format!(
            "| {scenario} | {connections} | void: {} errors |\n",
            row.errors
        );
    }
    let [p50, p99, p999] = row.latency.map(|micros| micros / 1e3);
    format!(
        "| {scenario} | {connections} | {:.0} | {:.0} | {:.2} | {:.0} | {p50:.2} | {p99:.2} | {p999:.2} | {:.0} | {:.0} |\n",
        row.rate, row.pgbench, row.ratio, row.constant, row.service_time, row.postgres_time
    )
}

/// Each target that was measured: its name, what is wanted, what was measured, and whether that will do.
fn targets(outcome: &Outcome) -> Vec<(String, String, String, bool)> {
    let mut targets = Vec::new();
    for (scenario, connections, least) in RATIOS {
        if let Some(row) = outcome.row(scenario, connections) {
            targets.push((
                format!("{scenario}, {connections} connections"),
                format!("≥ {least} × pgbench"),
                format!("{:.2}", row.ratio),
                row.ratio >= least,
            ));
        }
    }
    for row in &outcome.rows {
        if let Some(most) = longest(row) {
            let p99 = row.latency[1] / 1e3;
            targets.push((
                format!("{}, p99 on 1 connection", row.scenario),
                format!("≤ {most} ms"),
                format!("{p99:.1} ms"),
                p99 <= most,
            ));
        }
    }
    for (name, most, bytes) in [
        ("peak", 100.0, outcome.peak_memory),
        ("idle", 30.0, outcome.idle_memory),
    ] {
        let megabytes = megabytes(bytes);
        targets.push((
            format!("memory, {name}"),
            format!("< {most} MB"),
            format!("{megabytes:.1} MB"),
            megabytes < most,
        ));
    }
    targets.push((
        "start to ready".to_owned(),
        "< 1500 ms".to_owned(),
        format!("{} ms", outcome.start_ms),
        outcome.start_ms < 1500,
    ));
    targets
}

/// Longest 99th percentile of a search, in milliseconds, one at a time: with more at once they wait for each other, and
/// the number says how many cores there are.
fn longest(row: &Row) -> Option<f64> {
    let searched = row.scenario.strip_prefix("search_")?;
    let is_short = searched.starts_with(['1', '2']);
    (row.connections == 1 && row.errors == 0).then_some(if is_short { 150.0 } else { 25.0 })
}

#[allow(clippy::cast_precision_loss, reason = "no process holds 2^52 bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / MEGABYTE
}
