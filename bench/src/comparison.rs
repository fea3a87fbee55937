//! Outcomes side by side: before and after a change, or few rows and many.

use std::fmt::Write;

use crate::outcome::Outcome;

/// One column per outcome, named as given: rate, ratio to `pgbench`, and 99th percentile in milliseconds. Rows that are
/// void or missing anywhere show as a dash there.
#[must_use]
pub fn markdown(outcomes: &[(String, Outcome)]) -> String {
    let mut text = String::from("| request | connections |");
    for (name, outcome) in outcomes {
        let _ = write!(text, " {name}: {} customers |", outcome.customers);
    }
    text.push_str("\n|---|--:|");
    text.push_str(&"--:|".repeat(outcomes.len()));
    text.push('\n');
    let Some((_, first)) = outcomes.first() else {
        return text;
    };
    for row in &first.rows {
        let _ = write!(text, "| {} | {} |", row.scenario, row.connections);
        for (_, outcome) in outcomes {
            let cell = outcome
                .row(&row.scenario, row.connections)
                .map_or("–".to_owned(), |row| {
                    format!(
                        "{:.0}/s, {:.2}, {:.1} ms",
                        row.rate,
                        row.ratio,
                        row.latency[1] / 1e3
                    )
                });
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text
}
