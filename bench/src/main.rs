//! `vouch-bench`: measures Vouch, and compares measurements.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::{fs, path::PathBuf};

use clap::Parser;
use vouch_bench::{
    Failure, comparison,
    data::{self, tenant},
    home::{Home, connect, target_folder},
    limit::Limit,
    measurement::Bench,
    outcome::Outcome,
    pgbench::Pgbench,
    plot,
    program::{demand, vouch},
    rail::Rail,
    report,
    scenario::{self, Scenario},
    service::Program,
    statements::Statements,
    usage::Memory,
};

/// Measures the service, PostgreSQL alone with the same statements, and a constant answer, in turns.
#[derive(Parser)]
struct Arguments {
    /// Short slices: some minutes in all.
    #[arg(long)]
    quick: bool,
    /// Customers of the measured organisation; 40 others have 500 each.
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
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
    /// A setting of the service, as NAME=value. Repeatable.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Where the outcome goes, as `<output>.json`, `.md` and `.svg`; `bench` in the target folder by default.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Measures nothing: shows outcomes side by side.
    #[arg(long, num_args = 2.., value_name = "JSON")]
    compare: Vec<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if !arguments.compare.is_empty() {
        return compare(&arguments.compare);
    }
    demand("wrk".as_ref(), "wrk")?;
    let outcome = measure(&arguments).await?;
    let stem = match &arguments.output {
        Some(stem) => stem.clone(),
        None => target_folder()?.join("bench"),
    };
    outcome.write(&stem.with_extension("json"))?;
    plot::draw(&outcome, &stem.with_extension("svg"))?;
    let report = report::markdown(&outcome);
    fs::write(stem.with_extension("md"), &report)?;
    println!("{report}\n{}.json, .md, .svg", stem.display());
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

async fn measure(arguments: &Arguments) -> Result<Outcome, Failure> {
    let program = vouch()?;
    let home = Home::start().await?;
    let measured = measure_at(&home, program, arguments).await;
    home.close().await;
    measured
}

async fn measure_at(
    home: &Home,
    program: PathBuf,
    arguments: &Arguments,
) -> Result<Outcome, Failure> {
    let rail = Rail::start()?;
    let limit = Limit::start()?;
    let data_dir = home.join("vouch").display().to_string();
    let mut program = Program::new(program, &home.url, &rail.url, &data_dir);
    for setting in &arguments.settings {
        let (name, value) = setting.split_once('=').ok_or("--set takes NAME=value")?;
        program = program.set(name, value);
    }
    let measured = tenant(program.organisation()?);
    let key = program.key(measured)?;
    data::load(&home.url, measured, arguments.rows).await?;
    let statements = Statements::taken_from(&home.url, tenant(program.organisation()?)).await?;
    let paths = data::sample(&home.url, measured, &home.join("")).await?;
    let mut scenarios = scenario::all(&statements, measured.organisation, &paths)?;
    scenarios.retain(|scenario| is_wanted(scenario, &arguments.only));

    let client = connect(&home.url).await?;
    let sealed =
        "SELECT encode(data_key, 'hex'), encode(personal_data, 'hex') FROM bench.real_customer";
    let sealed = client.query_one(sealed, &[]).await?;
    let organisation = measured.organisation.uuid().to_string();
    let pgbench = Pgbench::new(
        &home.url,
        &organisation,
        [sealed.get(0), sealed.get(1)],
        home.join("pgbench.sql"),
    )?;

    let service = program.serve().await?;
    let idle = Memory::of(service.process())?.resident;
    let seconds = arguments
        .seconds
        .unwrap_or(if arguments.quick { 2 } else { 5 });
    let rounds = arguments
        .rounds
        .unwrap_or(if arguments.quick { 3 } else { 5 });
    let bench = Bench {
        service: &service,
        key: &key,
        limit: &limit,
        pgbench: &pgbench,
        postmaster: home.postmaster()?,
        client: &client,
        paths: &paths,
        seconds,
        rounds,
    };
    let rows = bench.run(&scenarios, &arguments.connections).await?;
    let outcome = Outcome {
        customers: arguments.rows,
        cores: std::thread::available_parallelism()?.get(),
        seconds,
        rounds,
        start_ms: service.start.as_millis(),
        idle_memory: idle,
        peak_memory: Memory::of(service.process())?.peak,
        rows,
    };
    drop(service);
    limit.stop().await;
    rail.stop().await;
    Ok(outcome)
}

fn is_wanted(scenario: &Scenario, only: &[String]) -> bool {
    only.is_empty()
        || only
            .iter()
            .any(|start| scenario.name.starts_with(start.as_str()))
}
