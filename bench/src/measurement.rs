//! Rounds of slices: in each round everything runs once, in turns, so that what disturbs the machine disturbs all alike.

use std::time::Duration;

use futures_util::future::try_join_all;
use indicatif::ProgressBar;
use tokio_postgres::Client;

use crate::{
    Failure,
    limit::Limit,
    outcome::{Row, median},
    paths::Paths,
    pgbench::Pgbench,
    scenario::Scenario,
    service::Service,
    usage::processor_time,
    wrk::{self, Answered, Load},
};

/// Connections where only the number of requests counts.
const BUSY: u16 = 64;

/// What is measured with what.
pub struct Bench<'a> {
    /// The processes of the service under load, which share the connections.
    pub services: &'a [Service],
    /// The server of the constant answer.
    pub limit: &'a Limit,
    /// The database alone.
    pub pgbench: &'a Pgbench,
    /// Its process.
    pub postmaster: u32,
    /// A connection to tidy up by.
    pub client: &'a Client,
    /// What is asked for.
    pub paths: &'a Paths,
    /// How long each slice is.
    pub seconds: u16,
    /// How many rounds there are.
    pub rounds: u16,
}

/// One slice of each.
struct Slice {
    answered: Answered,
    service_time: Duration,
    postgres_time: Duration,
    pgbench: f64,
    constant: f64,
}

impl Bench<'_> {
    /// Measures these kinds of request on these numbers of connections.
    ///
    /// # Errors
    /// When a program that measures fails. A request that fails makes its row void instead.
    pub async fn run(
        &self,
        scenarios: &[Scenario<'_>],
        connections: &[u16],
    ) -> Result<Vec<Row>, Failure> {
        let cases: Vec<(&Scenario<'_>, u16)> = scenarios
            .iter()
            .flat_map(|scenario| {
                connections
                    .iter()
                    .map(move |connections| (scenario, *connections))
            })
            .collect();
        let mut slices: Vec<Vec<Slice>> = cases.iter().map(|_| Vec::new()).collect();
        let length = u64::from(self.rounds) * cases.len() as u64;
        let progress = ProgressBar::new(length).with_message("slices");
        for round in 0..self.rounds {
            for (slices, (scenario, connections)) in slices.iter_mut().zip(&cases) {
                slices.push(self.slice(scenario, *connections, round).await?);
                progress.inc(1);
            }
        }
        progress.finish();
        Ok(cases
            .iter()
            .zip(&slices)
            .map(|(case, slices)| row(case, slices))
            .collect())
    }

    /// Sends such requests until at least so many were answered.
    ///
    /// # Errors
    /// When any of them fails.
    pub async fn prepare(&self, scenario: &Scenario<'_>, requests: u64) -> Result<(), Failure> {
        let progress = ProgressBar::new(requests).with_message("before");
        let mut slice = 0;
        while progress.position() < requests {
            let unique = format!("before-{slice}");
            let answered = self.load(scenario, BUSY, &unique, 5).await?;
            if answered.errors > 0 {
                return Err(format!("{} requests failed", answered.errors).into());
            }
            progress.inc(answered.requests);
            slice += 1;
        }
        progress.finish();
        self.forget_changes().await
    }

    async fn slice(
        &self,
        scenario: &Scenario<'_>,
        connections: u16,
        round: u16,
    ) -> Result<Slice, Failure> {
        let before = (self.service_time()?, processor_time(self.postmaster)?);
        let unique = format!("{connections}-{round}");
        let answered = self
            .load(scenario, connections, &unique, self.seconds)
            .await?;
        let after = (self.service_time()?, processor_time(self.postmaster)?);
        self.forget_changes().await?;
        let pgbench = self
            .pgbench
            .run(&scenario.script, connections, self.seconds)
            .await?;
        self.forget_changes().await?;
        Ok(Slice {
            answered,
            service_time: after.0.saturating_sub(before.0),
            postgres_time: after.1.saturating_sub(before.1),
            pgbench,
            constant: self.constant(connections).await?,
        })
    }

    async fn load(
        &self,
        scenario: &Scenario<'_>,
        connections: u16,
        unique: &str,
        seconds: u16,
    ) -> Result<Answered, Failure> {
        let share = connections.div_ceil(u16::try_from(self.services.len())?);
        let name = scenario.name.replace('_', "-");
        let loads = self
            .services
            .iter()
            .enumerate()
            .map(async |(process, service)| {
                let load = Load {
                    url: &service.url,
                    kind: scenario.kind,
                    paths: &self.paths.of(scenario.name),
                    key: scenario.key,
                    unique: &format!("{name}-{unique}-{process}"),
                    connections: share,
                    seconds,
                };
                wrk::run(&load).await
            });
        let answered = try_join_all(loads).await?.into_iter();
        Ok(answered.reduce(Answered::and).ok_or("no service")?)
    }

    async fn constant(&self, connections: u16) -> Result<f64, Failure> {
        let load = Load {
            url: &self.limit.url,
            kind: "get",
            paths: &self.paths.of("list"),
            key: "",
            unique: "",
            connections,
            seconds: 1,
        };
        Ok(wrk::run(&load).await?.rate())
    }

    fn service_time(&self) -> Result<Duration, Failure> {
        let services = self.services.iter();
        services
            .map(|service| processor_time(service.process()))
            .sum()
    }

    /// The rail is told of changes in the background: what is left of that must not weigh on the next slice.
    async fn forget_changes(&self) -> Result<(), Failure> {
        self.client
            .batch_execute("DELETE FROM contact_changes")
            .await?;
        Ok(())
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a count of requests is far below 2^52"
)]
fn row((scenario, connections): &(&Scenario<'_>, u16), slices: &[Slice]) -> Row {
    let over = |value: fn(&Slice) -> f64| median(slices.iter().map(value));
    let micros = |time: Duration, requests: u64| time.as_secs_f64() * 1e6 / requests.max(1) as f64;
    Row {
        scenario: scenario.name.to_owned(),
        connections: *connections,
        rate: over(|slice| slice.answered.rate()),
        pgbench: over(|slice| slice.pgbench),
        ratio: over(|slice| slice.answered.rate() / slice.pgbench),
        constant: over(|slice| slice.constant),
        latency: [
            over(|slice| slice.answered.p50),
            over(|slice| slice.answered.p99),
            over(|slice| slice.answered.p999),
        ],
        service_time: median(
            slices
                .iter()
                .map(|slice| micros(slice.service_time, slice.answered.requests)),
        ),
        postgres_time: median(
            slices
                .iter()
                .map(|slice| micros(slice.postgres_time, slice.answered.requests)),
        ),
        errors: slices.iter().map(|slice| slice.answered.errors).sum(),
    }
}
