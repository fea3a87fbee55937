//! The outcome of a measurement, as it is kept.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;

/// Everything that one run has measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Customers of the measured organisation at the start.
    pub customers: u64,
    /// Processor cores of the machine.
    pub cores: usize,
    /// Processes of the service.
    pub processes: usize,
    /// How long each slice was.
    pub seconds: u16,
    /// How often each thing was measured.
    pub rounds: u16,
    /// From the start of the service until it was ready, in milliseconds.
    pub start_ms: u128,
    /// Memory of a process of the service before the first request, in bytes.
    pub idle_memory: u64,
    /// The most memory that a process of the service ever held, in bytes.
    pub peak_memory: u64,
    /// One for each kind of request and number of connections.
    pub rows: Vec<Row>,
}

/// One kind of request on so many connections: medians over the rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The kind.
    pub scenario: String,
    /// Connections at once.
    pub connections: u16,
    /// The service's requests per second.
    pub rate: f64,
    /// What `pgbench` does per second with the same statements.
    pub pgbench: f64,
    /// The median of the rounds' ratios of the two.
    pub ratio: f64,
    /// What a handler with a constant answer does per second.
    pub constant: f64,
    /// Latencies of the service in microseconds: the median, 99 and 99.9 of 100.
    pub latency: [f64; 3],
    /// Processor time of the service for one request, in microseconds.
    pub service_time: f64,
    /// Processor time of PostgreSQL for one request, in microseconds.
    pub postgres_time: f64,
    /// Requests that failed. Any makes the row void.
    pub errors: u64,
}

impl Outcome {
    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// When the file is none.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        Ok(serde_json::from_slice(&std::fs::read(file)?)?)
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        Ok(std::fs::write(file, serde_json::to_vec_pretty(self)?)?)
    }

    /// The row of this kind on so many connections, unless it is void.
    #[must_use]
    pub fn row(&self, scenario: &str, connections: u16) -> Option<&Row> {
        let is_it = |row: &&Row| row.scenario == scenario && row.connections == connections;
        self.rows.iter().find(is_it).filter(|row| row.errors == 0)
    }
}

/// The value in the middle; of two middles the upper one.
#[must_use]
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
