//! What a create pays for the count of customers and for the search index, by SQL alone.

use std::fmt::Write;

use crate::{
    Failure,
    home::{Home, connect},
    outcome::median,
    pgbench::Pgbench,
    script::Script,
    stage::Stage,
    usage::processor_time,
};

const UNCOUNTED: &str = "ALTER TABLE customers DISABLE TRIGGER customers_counted;
    ALTER TABLE customers DISABLE TRIGGER customers_provisioned";
const UNINDEXED: &str = "DROP INDEX customers_search";

/// Copies of the database, and what makes each of them.
const COPIES: [(&str, &[&str]); 4] = [
    ("as it is", &[]),
    ("without the count of customers", &[UNCOUNTED]),
    ("without the search index", &[UNINDEXED]),
    ("without both", &[UNCOUNTED, UNINDEXED]),
];

/// A copy, and what was measured on it.
struct Copy {
    name: &'static str,
    url: String,
    pgbench: Pgbench,
    /// Creates per second.
    rates: Vec<f64>,
    /// Processor time of PostgreSQL for a create, in microseconds.
    times: Vec<f64>,
}

/// Creates on each copy in turns, as often as there are rounds, on these numbers of connections. The answer is a table.
///
/// # Errors
/// When the database or `pgbench` fails.
pub async fn measure(
    home: &Home,
    stage: &Stage,
    connections: &[u16],
    seconds: u16,
    rounds: u16,
) -> Result<String, Failure> {
    let mut copies = make_copies(home, stage).await?;
    let script = Script::create(&stage.statements).on(stage.remittance.tenant.organisation);
    let postmaster = home.postmaster()?;
    let mut text = String::from(
        "| creates | connections | a second | µs of PostgreSQL each |\n|---|--:|--:|--:|\n",
    );
    for &connections in connections {
        for _ in 0..rounds {
            for copy in &mut copies {
                let client = connect(&copy.url).await?;
                client.batch_execute("CHECKPOINT").await?;
                let before = processor_time(postmaster)?;
                let rate = copy.pgbench.run(&script, connections, seconds).await?;
                let took = processor_time(postmaster)?.saturating_sub(before);
                let creates = rate * f64::from(seconds);
                copy.rates.push(rate);
                copy.times.push(took.as_secs_f64() * 1e6 / creates);
            }
        }
        for copy in &mut copies {
            let (rate, time) = (median(copy.rates.drain(..)), median(copy.times.drain(..)));
            let _ = writeln!(
                text,
                "| {} | {connections} | {rate:.0} | {time:.0} |",
                copy.name
            );
        }
    }
    Ok(text)
}

async fn make_copies(home: &Home, stage: &Stage) -> Result<Vec<Copy>, Failure> {
    let mut copies = Vec::new();
    for (number, (name, changes)) in COPIES.into_iter().enumerate() {
        let url = home.copy(&format!("copy{number}")).await?;
        let client = connect(&url).await?;
        for change in changes {
            client.batch_execute(change).await?;
        }
        copies.push(Copy {
            name,
            pgbench: stage.pgbench(&url, home)?,
            url,
            rates: Vec::new(),
            times: Vec::new(),
        });
    }
    Ok(copies)
}
