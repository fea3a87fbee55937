//! `vouch`: one program that serves Vouch's APIs and does what its operators need.

mod check_config;
mod cli;
mod clock;
mod config;
#[cfg(debug_assertions)]
mod crash;
mod demo;
mod logging;
mod master_key;
mod metrics;
mod operators;
mod output;
mod private_file;
mod rails;
mod readiness;
mod sandbox;
mod serve;
mod store;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// Why a command failed: one line for the person at the terminal, causes included.
type CommandError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::init();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error_line(&describe(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), CommandError> {
    let unknown = config::unknown_variables();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    if let Command::Serve(args) = command {
        config::refuse_unknown(&unknown)?;
        return serve::run(args).await;
    }
    config::warn_of_unknown(&unknown);
    match command {
        Command::Serve(_) => Ok(()),
        Command::Migrate(args) => store::migrate_only(&args).await,
        Command::Org(command) => operators::organisation(command).await,
        Command::Key(command) => operators::key(command).await,
        Command::SandboxRail(args) => sandbox::run_alone(args).await,
        Command::Openapi { contract } => operators::openapi(contract),
        Command::CheckConfig(args) => check_config::run(args),
    }
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
