//! `vouch-bench`: measures Vouch, and compares measurements.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::{
    fs,
    io::stdin,
    path::{Path, PathBuf},
};

use clap::Parser;
use vouch_bench::{
    Failure, comparison, creates,
    home::{Home, connect, target_folder},
    limit::Limit,
    measurement::Bench,
    outcome::Outcome,
    paths::Paths,
    plot,
    program::{demand, vouch},
    rail::Rail,
    report,
    scenario::{self, Scenario},
    service::Service,
    stage::Stage,
    usage::Memory,
};

/// Measures the service, PostgreSQL alone with the same statements, and a constant answer, in turns.
#[derive(Parser)]
struct Arguments {
    /// Short slices: some minutes in all.
    #[arg(long)]
    quick: bool,
    /// Customers of the measured organisation; 40 others have 500 each. Several numbers make as many runs, and show them
    /// side by side. At least 10,000.
    #[arg(long, value_delimiter = ',', default_value = "100000", value_parser = clap::value_parser!(u64).range(10_000..))]
    rows: Vec<u64>,
    /// Connections at once.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    connections: Vec<u16>,
    /// Only kinds of request whose name begins so.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Length of a slice in seconds; 2 with --quick, else 5.
    #[arg(long)]
    seconds: Option<u16>,
    /// Rounds; 3 with --quick, else 5.
    #[arg(long)]
    rounds: Option<u16>,
    /// Processes of the service on one database. They share the connections.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=8))]
    processes: u16,
    /// Customers that are created through the service before anything is measured, on 64 connections.
    #[arg(long, default_value_t = 0)]
    creates_before: u64,
    /// Measures only what a create pays for the search index and for counting, by SQL alone.
    #[arg(long)]
    cost_of_creates: bool,
    /// Waits for Enter once the database is filled: filling it disturbs a machine, and so does what else may run there.
    #[arg(long)]
    pause: bool,
    /// A setting of the service, as NAME=value. Repeatable.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Where the outcome goes, as `<output>.json`, `.md` and `.svg`; `bench` in the target folder by default. Where there
    /// are several, their number of customers is added.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Measures nothing: shows outcomes side by side.
    #[arg(long, num_args = 2.., value_name = "JSON")]
    compare: Vec<PathBuf>,
}

impl Arguments {
    fn seconds(&self) -> u16 {
        self.seconds.unwrap_or(if self.quick { 2 } else { 5 })
    }

    fn rounds(&self) -> u16 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 5 })
    }

    fn wants(&self, scenario: &Scenario<'_>) -> bool {
        let mut only = self.only.iter();
        self.only.is_empty() || only.any(|start| scenario.name.starts_with(start.as_str()))
    }

    /// Where the outcome on so many customers goes, without an extension.
    fn stem(&self, rows: u64) -> Result<PathBuf, Failure> {
        let mut stem = match &self.output {
            Some(stem) => stem.clone(),
            None => target_folder()?.join("bench"),
        };
        if self.rows.len() > 1 {
            let name = stem.file_name().unwrap_or_default().to_string_lossy();
            stem.set_file_name(format!("{name}-{rows}"));
        }
        Ok(stem)
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if !arguments.compare.is_empty() {
        return compare(&arguments.compare);
    }
    demand("wrk".as_ref(), "wrk")?;
    let program = vouch()?;
    let mut files = Vec::new();
    for &rows in &arguments.rows {
        let home = Home::start().await?;
        let measured = measure(&home, program.clone(), &arguments, rows).await;
        home.close().await;
        files.extend(measured?);
    }
    if files.len() > 1 {
        compare(&files)?;
    }
    Ok(())
}

fn compare(files: &[PathBuf]) -> Result<(), Failure> {
    let name = |file: &PathBuf| {
        file.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let read = |file: &PathBuf| Ok((name(file), Outcome::read(file)?));
    let outcomes: Result<Vec<_>, Failure> = files.iter().map(read).collect();
    println!("{}", comparison::markdown(&outcomes?));
    Ok(())
}

/// Answers the file with the outcome, if that is kept.
async fn measure(
    home: &Home,
    program: PathBuf,
    arguments: &Arguments,
    rows: u64,
) -> Result<Option<PathBuf>, Failure> {
    let rail = Rail::start()?;
    let stage = Stage::set(program, home, &rail, &arguments.settings, rows).await?;
    if arguments.pause {
        println!("Ready: press Enter.");
        stdin().read_line(&mut String::new())?;
    }
    let written = if arguments.cost_of_creates {
        cost_of_creates(home, arguments, &stage).await?;
        None
    } else {
        let outcome = measure_requests(home, arguments, &stage, rows).await?;
        Some(write(&outcome, &arguments.stem(rows)?)?)
    };
    rail.stop().await;
    Ok(written)
}

async fn cost_of_creates(home: &Home, arguments: &Arguments, stage: &Stage) -> Result<(), Failure> {
    let (seconds, rounds) = (arguments.seconds(), arguments.rounds());
    let connections = &arguments.connections;
    let table = creates::measure(home, stage, connections, seconds, rounds).await?;
    println!("{table}");
    Ok(())
}

async fn measure_requests(
    home: &Home,
    arguments: &Arguments,
    stage: &Stage,
    rows: u64,
) -> Result<Outcome, Failure> {
    let limit = Limit::start()?;
    let client = connect(&home.url).await?;
    let paths = Paths::new(home.join(""));
    paths
        .of_remittance(&client, stage.remittance.tenant)
        .await?;
    paths.of_treasury(&client, stage.treasury.tenant).await?;
    let mut scenarios = scenario::of_remittance(&stage.statements, &stage.remittance, &paths)?;
    scenarios.extend(scenario::of_treasury(&stage.statements, &stage.treasury));

    let mut services = Vec::new();
    for _ in 0..arguments.processes {
        services.push(stage.program.serve().await?);
    }
    let idle_memory = most(&services, |memory| memory.resident)?;
    let bench = Bench {
        services: &services,
        limit: &limit,
        pgbench: &stage.pgbench(&home.url, home)?,
        postmaster: home.postmaster()?,
        client: &client,
        paths: &paths,
        seconds: arguments.seconds(),
        rounds: arguments.rounds(),
    };
    let creates = scenarios.iter().find(|scenario| scenario.name == "create");
    if let Some(creates) = creates {
        bench.prepare(creates, arguments.creates_before).await?;
    }
    scenarios.retain(|scenario| arguments.wants(scenario));
    let rows_measured = bench.run(&scenarios, &arguments.connections).await?;
    let outcome = Outcome {
        customers: rows,
        cores: std::thread::available_parallelism()?.get(),
        processes: services.len(),
        seconds: bench.seconds,
        rounds: bench.rounds,
        start_ms: slowest_start(&services),
        idle_memory,
        peak_memory: most(&services, |memory| memory.peak)?,
        rows: rows_measured,
    };
    drop(services);
    limit.stop().await;
    Ok(outcome)
}

fn most(services: &[Service], of: fn(Memory) -> u64) -> Result<u64, Failure> {
    let mut most = 0;
    for service in services {
        most = most.max(of(Memory::of(service.process())?));
    }
    Ok(most)
}

fn slowest_start(services: &[Service]) -> u128 {
    let starts = services.iter().map(|service| service.start.as_millis());
    starts.max().unwrap_or_default()
}

/// Writes and shows an outcome. Answers the file that others can be compared with.
fn write(outcome: &Outcome, stem: &Path) -> Result<PathBuf, Failure> {
    let file = stem.with_extension("json");
    outcome.write(&file)?;
    plot::draw(outcome, &stem.with_extension("svg"))?;
    let report = report::markdown(outcome);
    fs::write(stem.with_extension("md"), &report)?;
    println!("{report}\n{}.json, .md, .svg", stem.display());
    Ok(file)
}
