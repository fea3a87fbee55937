//! `vouch reconcile --report`: what does not agree between our customers and the rail's.

use std::{fmt::Display, process::ExitCode, sync::Arc};

use chrono::NaiveTime;
use serde_json::{Value, json};
use vouch_application::drift::{DriftReport, DriftReporter};
use vouch_domain::{ports::Clock, tenant::Env};

use crate::{
    CommandError, cli::ReconcileArgs, clock::SystemClock, output, rails::ConfiguredRails,
    sandbox::Sandbox, store::OpenStore,
};

/// The exit code when something is left to be done. Failures have 1, a command line that makes no sense 2.
const LEFT: u8 = 3;

/// Prints the report.
pub(crate) async fn run(args: ReconcileArgs) -> Result<ExitCode, CommandError> {
    if !args.report {
        return Err("`vouch reconcile` only reports: say `--report`".into());
    }
    let store = OpenStore::open(&args.serve.store).await?;
    let report = report(&args, &store).await;
    store.close().await;
    let report = report?;
    if args.json {
        output::line(&as_json(&report).to_string())?;
    } else {
        print(&report)?;
    }
    Ok(match report.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(LEFT),
    })
}

async fn report(args: &ReconcileArgs, store: &OpenStore) -> Result<DriftReport, CommandError> {
    let sandbox = match args.serve.test_rail.rail().url {
        Some(_) => None,
        None => Sandbox::elsewhere(&args.serve.store.data_dir, &store.database).await?,
    };
    let rails = ConfiguredRails::new(&args.serve, sandbox.as_ref())?.rails;
    let envs = match args.env {
        Some(env) => vec![env],
        None => configured(|env| rails.of(env).is_some()),
    };
    if envs.is_empty() {
        return Err("no rail is configured".into());
    }
    let since = args.since.map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let reporter = DriftReporter::new(Arc::new(store.background()), rails);
    let mut report = DriftReport::default();
    for env in envs {
        reporter
            .add(env, since, &mut report)
            .await
            .map_err(|error| format!("{}: {error}", env.as_str()))?;
    }
    Ok(report)
}

fn configured(has_rail: impl Fn(Env) -> bool) -> Vec<Env> {
    Env::ALL.into_iter().filter(|env| has_rail(*env)).collect()
}

/// The one place where the rail's ids are shown: to operators, who have to find those records at the rail.
fn as_json(report: &DriftReport) -> Value {
    let unknown = report.unknown_at_rail.iter().map(|id| id.expose());
    json!({
        "reservations_open": findings(&report.reservations_open),
        "without_rail_id": findings(&report.without_rail_id),
        "rail_ids_used_twice": findings(&report.rail_ids_used_twice),
        "unknown_at_rail": findings(unknown),
        "contact_differs": findings(&report.contact_differs),
        "accepted": findings(&report.accepted),
    })
}

fn findings(ids: impl IntoIterator<Item = impl Display>) -> Value {
    let ids: Vec<_> = ids.into_iter().map(|id| id.to_string()).collect();
    json!({"count": ids.len(), "ids": ids})
}

fn print(report: &DriftReport) -> Result<(), CommandError> {
    let now = SystemClock.now();
    let open = report.reservations_open.iter().map(|id| {
        let age = now - id.created_at();
        format!("{id}, {} s old", age.num_seconds())
    });
    section("reservations open", open)?;
    section("customers without a rail id", &report.without_rail_id)?;
    section(
        "customers that share a rail id",
        &report.rail_ids_used_twice,
    )?;
    let unknown = report.unknown_at_rail.iter().map(|id| id.expose());
    section("rail customers that are nobody's here", unknown)?;
    section(
        "customers whose contact data differs",
        &report.contact_differs,
    )?;
    section(
        "customers with a difference that the rail insists on",
        &report.accepted,
    )
}

fn section(
    title: &str,
    findings: impl IntoIterator<Item = impl Display>,
) -> Result<(), CommandError> {
    let lines: Vec<_> = findings
        .into_iter()
        .map(|finding| format!("  {finding}"))
        .collect();
    output::line(&format!("{title}: {}", lines.len()))?;
    for line in lines {
        output::line(&line)?;
    }
    Ok(())
}
