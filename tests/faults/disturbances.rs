//! What goes wrong in a run, and when.

use std::{ops::Range, time::Duration};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::cluster::Ending;

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Disturbance {
    /// A service is killed.
    Kill { service: usize },
    /// A service is killed, and the next one kills itself at this step.
    Doom { service: usize, step: String },
    /// The rail fails in these ways, and in no other.
    Faults(Vec<Value>),
    /// About half of the database's connections are cut.
    Disconnect,
    /// The database is ended without a warning and started again.
    RestartDatabase(Ending),
    /// The rail is killed, and started again after a while.
    RestartRail { after: Duration },
}

/// Every fault of the sandbox rail.
const FAULTS: [&str; 11] = [
    "error_500",
    "drop_before",
    "timeout",
    "refuse_422",
    "rate_limit_429",
    "unauthorised",
    "error_500_after_commit",
    "drop_after_commit",
    "timeout_after_commit",
    "garbage_after_commit",
    "late_commit",
];

/// Every named step of a provisioning.
const STEPS: [&str; 8] = [
    "reserved",
    "taken_over",
    "sending",
    "created",
    "adopting",
    "recorded",
    "refused",
    "leaving",
];

/// How often the rail's faults change in a run.
const WINDOWS: u32 = 4;

/// A late commit comes in time for the guarantee, with something left for a slow machine.
const LATEST_COMMIT_MS: u64 = 700;

/// Everything that goes wrong within `span`, in order. Faults and steps take turns with the seeds.
pub(crate) fn script(
    rng: &mut Rng,
    seed: u64,
    services: usize,
    span: Duration,
) -> Vec<(Duration, Disturbance)> {
    let mut script = Vec::new();
    for window in 0..WINDOWS {
        let turn = seed
            .wrapping_mul(u64::from(WINDOWS))
            .wrapping_add(u64::from(window));
        script.push((
            span * window / WINDOWS,
            Disturbance::Faults(faults(rng, turn)),
        ));
    }
    let moment = |rng: &mut Rng| span.mul_f64(0.1 + 0.8 * rng.f64());
    for _ in 0..rng.usize(2..=3) {
        let service = rng.usize(..services);
        script.push((moment(rng), Disturbance::Kill { service }));
    }
    for doom in 0..2 {
        let turn = seed.wrapping_mul(2).wrapping_add(doom);
        let step = STEPS[usize::try_from(turn % 8).unwrap_or_default()];
        let service = rng.usize(..services);
        let step = format!("{step}:{}", rng.u8(1..=3));
        script.push((moment(rng), Disturbance::Doom { service, step }));
    }
    for _ in 0..rng.usize(..=2) {
        script.push((moment(rng), Disturbance::Disconnect));
    }
    if seed.is_multiple_of(3) {
        let ending = if rng.bool() {
            Ending::Immediate
        } else {
            Ending::Kill
        };
        script.push((moment(rng), Disturbance::RestartDatabase(ending)));
    }
    if rng.bool() {
        let after = Duration::from_millis(rng.u64(..600));
        script.push((moment(rng), Disturbance::RestartRail { after }));
    }
    script.sort_by_key(|(at, _)| *at);
    script
}

/// A fault of the creates, and perhaps of other operations.
fn faults(rng: &mut Rng, turn: u64) -> Vec<Value> {
    let name = FAULTS[usize::try_from(turn % 11).unwrap_or_default()];
    let mut faults = vec![fault(rng, "create_customer", name, 0.2..0.7)];
    for operation in ["lookup", "get", "update", "token"] {
        if rng.u8(..3) == 0 {
            let name = FAULTS[rng.usize(..FAULTS.len())];
            faults.push(fault(rng, operation, name, 0.1..0.5));
        }
    }
    faults
}

fn fault(rng: &mut Rng, operation: &str, name: &str, often: Range<f64>) -> Value {
    let probability = often.start + (often.end - often.start) * rng.f64();
    let delay_ms = if name == "late_commit" {
        rng.u64(..LATEST_COMMIT_MS)
    } else {
        0
    };
    let seed = rng.u64(..);
    json!({"operation": operation, "fault": name, "probability": probability, "delay_ms": delay_ms, "seed": seed})
}
