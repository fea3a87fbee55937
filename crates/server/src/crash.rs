//! The fault suite's hook: kills the process at a named step of a provisioning. No release build has it.

use std::sync::atomic::{AtomicU32, Ordering};

use vouch_application::steps::{self, Step};

use crate::CommandError;

/// `<step>` or `<step>:<n>`: die when the step is passed for the n-th time, the first by default.
pub(crate) const VARIABLE: &str = "VOUCH_CRASH_AT";

/// Arms the hook if the environment asks for it.
pub(crate) fn arm() -> Result<(), CommandError> {
    let Ok(setting) = std::env::var(VARIABLE) else {
        return Ok(());
    };
    let (name, passes) = setting.split_once(':').unwrap_or((&setting, "1"));
    let fatal = Step::ALL
        .into_iter()
        .find(|step| step.name() == name)
        .ok_or_else(|| format!("{VARIABLE} names no step: {name}"))?;
    let left = AtomicU32::new(passes.parse()?);
    steps::listen(move |step| {
        if step == fatal && left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    });
    Ok(())
}
