//! What a person at the terminal reads; the log goes elsewhere.

use std::io::{self, Write};

/// Writes a line to standard output.
///
/// # Errors
/// Whatever the output says, such as a closed pipe.
pub(crate) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Writes a line to standard error. There is nowhere to report a failure of that.
pub(crate) fn error_line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "vouch: {text}");
}
