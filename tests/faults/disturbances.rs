//! What goes wrong in a run, and when.

use std::{ops::Range, time::Duration};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::cluster::Ending;

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Disturbance {
    /// A service is killed, unless it is about to kill itself.
    Kill { service: usize },
    /// A service is killed, and the next one kills itself at this step.
    Doom { service: usize, step: String },
    /// The rail fails in these ways, and in no other.
    Faults(Vec<Value>),
    /// The rail calls back at another service, or where nobody hears it: then it calls again later, for a while.
    Divert { service: Option<usize> },
    /// About half of the database's connections are cut.
    Disconnect,
    /// The database is ended without a warning and started again.
    RestartDatabase(Ending),
    /// The rail is killed, and started again after a while.
    RestartRail { after: Duration },
}

/// What the rail refuses for no reason in a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Refusals {
    pub(crate) of_creates: bool,
    pub(crate) of_payouts: bool,
    pub(crate) of_accounts: bool,
    /// Some step of them.
    pub(crate) of_submissions: bool,
}

impl Refusals {
    /// Those of a script.
    pub(crate) fn of(script: &[(Duration, Disturbance)]) -> Self {
        let refuses = |operation: &str| {
            let faults = script
                .iter()
                .filter_map(|(_, disturbance)| match disturbance {
                    Disturbance::Faults(faults) => Some(faults),
                    _ => None,
                });
            faults
                .flatten()
                .any(|fault| fault["operation"] == operation && fault["fault"] == "refuse_422")
        };
        Self {
            of_creates: refuses("create_customer"),
            of_payouts: refuses("payout"),
            of_accounts: refuses("create_account"),
            of_submissions: ["attach_files", "submit", "presign", "upload"]
                .into_iter()
                .any(refuses),
        }
    }
}

/// Every fault of the sandbox rail.
const FAULTS: [&str; 12] = [
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
    "slow_answer",
];

/// What a call that carries a file may suffer: it has minutes, so one that hung would outlast the run.
const QUICK_FAULTS: [&str; 6] = [
    "error_500",
    "drop_before",
    "refuse_422",
    "unauthorised",
    "drop_after_commit",
    "garbage_after_commit",
];

/// Every named step between a caller or the rail and what is stored here, but for those of the Treasury API's swaps.
const STEPS: [&str; 23] = [
    "reserved",
    "payout_stored",
    "review_starting",
    "taken_over",
    "payout_taken",
    "callback_kept",
    "sending",
    "payout_sending",
    "review_started",
    "created",
    "payout_sent",
    "decision_applied",
    "adopting",
    "payout_judged",
    "file_sent",
    "recorded",
    "payout_ended",
    "account_ordered",
    "refused",
    "account_judged",
    "upload_stored",
    "leaving",
    "account_bound",
];

/// How often the rail's faults change in a run.
const WINDOWS: u32 = 6;
/// How many services kill themselves at a step in a run.
const DOOMS: usize = 4;

/// A late commit comes in time for the guarantee, with something left for a slow machine.
const LATEST_COMMIT_MS: u64 = 700;
/// Some come in time, and some too late.
const SLOWEST_ANSWER_MS: u64 = 600;

/// Everything that goes wrong within `span`, in order. Faults and steps take turns with the seeds.
pub(crate) fn script(
    rng: &mut Rng,
    seed: u64,
    services: usize,
    span: Duration,
) -> Vec<(Duration, Disturbance)> {
    let mut script = Vec::new();
    for window in 0..WINDOWS {
        let turn = turn(seed, WINDOWS as usize, window as usize);
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
    for doom in 0..DOOMS {
        let step = STEPS[turn(seed, DOOMS, doom) % STEPS.len()];
        let service = rng.usize(..services);
        let step = format!("{step}:{}", rng.u8(1..=3));
        script.push((moment(rng), Disturbance::Doom { service, step }));
    }
    for _ in 0..rng.usize(1..=3) {
        let service = rng.bool().then(|| rng.usize(..services));
        script.push((moment(rng), Disturbance::Divert { service }));
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

/// The number of this one among all runs' of its kind.
fn turn(seed: u64, each_run: usize, number: usize) -> usize {
    usize::try_from(seed)
        .unwrap_or_default()
        .wrapping_mul(each_run)
        .wrapping_add(number)
}

/// A fault of the creates, of the payouts and of the submissions, and perhaps of other operations.
fn faults(rng: &mut Rng, turn: usize) -> Vec<Value> {
    let in_turn = |offset: usize| FAULTS[turn.wrapping_add(offset) % FAULTS.len()];
    let mut faults = vec![
        fault(rng, "create_customer", in_turn(0), 0.2..0.7),
        fault(rng, "payout", in_turn(5), 0.2..0.7),
        fault(rng, "attach_files", in_turn(8), 0.1..0.5),
        fault(rng, "create_account", in_turn(2), 0.2..0.7),
    ];
    for operation in [
        "lookup",
        "get",
        "update",
        "token",
        "submit",
        "transaction",
        "account",
        "wallet",
    ] {
        if rng.u8(..3) == 0 {
            let name = FAULTS[rng.usize(..FAULTS.len())];
            faults.push(fault(rng, operation, name, 0.1..0.5));
        }
    }
    for operation in ["presign", "upload"] {
        if rng.u8(..3) == 0 {
            let name = QUICK_FAULTS[rng.usize(..QUICK_FAULTS.len())];
            faults.push(fault(rng, operation, name, 0.1..0.5));
        }
    }
    faults
}

fn fault(rng: &mut Rng, operation: &str, name: &str, often: Range<f64>) -> Value {
    let probability = often.start + (often.end - often.start) * rng.f64();
    let delay_ms = match name {
        "late_commit" => rng.u64(..LATEST_COMMIT_MS),
        "slow_answer" => rng.u64(..SLOWEST_ANSWER_MS),
        _ => 0,
    };
    let seed = rng.u64(..);
    json!({"operation": operation, "fault": name, "probability": probability, "delay_ms": delay_ms, "seed": seed})
}
