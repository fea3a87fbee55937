//! `vouch check-config`: what the service would run with.

use clap::{CommandFactory, parser::ValueSource};

use crate::{CommandError, cli::Cli, config::ServeArgs, output};

/// Prints every setting with its effective value and where that came from; of secrets only whether they are set.
pub(crate) fn run(args: ServeArgs) -> Result<(), CommandError> {
    // Parsed once already, so every value is well-formed; the matches tell values and sources one by one.
    drop(args);
    let command = Cli::command();
    let matches = command.clone().try_get_matches()?;
    let matches = matches
        .subcommand_matches("check-config")
        .unwrap_or(&matches);
    let serve = command.find_subcommand("check-config").unwrap_or(&command);
    for argument in serve.get_arguments() {
        let Some(variable) = argument.get_env() else {
            continue;
        };
        let id = argument.get_id().as_str();
        let value = match matches.get_raw(id) {
            None => "(not set)".to_owned(),
            Some(_) if argument.is_hide_env_values_set() => "(set, not shown)".to_owned(),
            Some(values) => {
                let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
                values.join(",")
            }
        };
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => "command line",
            Some(ValueSource::EnvVariable) => "environment",
            _ => "default",
        };
        output::line(&format!(
            "{}={value}  # {source}",
            variable.to_string_lossy()
        ))?;
    }
    Ok(())
}
