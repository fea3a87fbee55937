//! `vouch`: one program that serves Vouch's APIs and does what its operators need.

mod background;
mod callbacks;
mod check_config;
mod cli;
mod clock;
mod config;
#[cfg(debug_assertions)]
mod crash;
mod customers;
mod demo;
mod documents;
mod kyc;
mod liquidity;
mod logging;
mod master_key;
mod metrics;
mod money;
mod operators;
mod output;
mod parts;
mod private_file;
mod rails;
mod readiness;
mod reconcile;
mod sandbox;
mod serve;
mod store;
mod treasury;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why a command failed: one line for the person at the terminal, causes included.
type CommandError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            output::error_line(&describe(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    logging::init()?;
    let unknown = config::unknown_variables();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    match &command {
        Command::Serve(_) => config::refuse_unknown(&unknown)?,
        _ => config::warn_of_unknown(&unknown),
    }
    match command {
        Command::Serve(args) => serve::run(args).await?,
        Command::Migrate(args) => store::migrate_only(&args).await?,
        Command::Org(command) => operators::organisation(command).await?,
        Command::Key(command) => operators::key(command).await?,
        Command::Customer(command) => customers::run(command).await?,
        Command::Reconcile(args) => return reconcile::run(args).await,
        Command::SandboxRail(args) => sandbox::run_alone(args).await?,
        Command::Openapi { contract } => operators::openapi(contract)?,
        Command::CheckConfig(args) => check_config::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The error and its causes in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}
