//! The server's settings, given on its command line: nothing in the cluster can override them.

use crate::location::Location;
use crate::options::{Durability, Options};

/// What [`Options::settings`] may change.
const DEFAULTS: [(&str, &str); 2] = [("max_connections", "100"), ("shared_buffers", "128MB")];

/// No statement and no value reaches the log. Terse alone would not do: the first line of an error
/// can quote a value (`invalid input syntax for type integer: "…"`), so errors of statements,
/// which the client is told anyway, are below the level that is logged.
const PRIVATE_LOG: [(&str, &str); 9] = [
    ("log_error_verbosity", "terse"),
    ("log_min_messages", "log"),
    ("log_min_error_statement", "panic"),
    ("log_statement", "none"),
    ("log_duration", "off"),
    ("log_min_duration_statement", "-1"),
    ("log_min_duration_sample", "-1"),
    ("log_parameter_max_length", "0"),
    ("log_parameter_max_length_on_error", "0"),
];

const REST: [(&str, &str); 6] = [
    ("listen_addresses", ""),
    ("unix_socket_permissions", "0700"),
    ("logging_collector", "off"),
    ("log_checkpoints", "off"),
    ("log_timezone", "UTC"),
    ("timezone", "UTC"),
];

/// All settings as `name=value`; of two with the same name the later one counts.
pub(crate) fn all(options: &Options, location: &Location) -> Vec<String> {
    let synced = match options.durability {
        Durability::Safe => "on",
        Durability::Fast => "off",
    };
    let durability =
        ["fsync", "synchronous_commit", "full_page_writes"].map(|name| format!("{name}={synced}"));
    let constant = |(name, value): &(&str, &str)| format!("{name}={value}");
    let chosen = |(name, value): &(String, String)| format!("{name}={value}");

    DEFAULTS
        .iter()
        .map(constant)
        .chain(options.settings.iter().map(chosen))
        .chain(PRIVATE_LOG.iter().chain(&REST).map(constant))
        .chain(durability)
        .chain(places(location))
        .collect()
}

fn places(location: &Location) -> [String; 4] {
    // A list, in which a name with a comma has to be quoted.
    let socket_folder = location
        .socket_folder()
        .display()
        .to_string()
        .replace('"', "\"\"");
    [
        format!("unix_socket_directories=\"{socket_folder}\""),
        format!("port={}", crate::socket::PORT),
        format!("hba_file={}", location.hba_file().display()),
        format!("ident_file={}", location.ident_file().display()),
    ]
}
