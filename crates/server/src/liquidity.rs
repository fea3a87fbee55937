//! From settings to liquidity providers.

use std::{sync::Arc, time::Duration};

use vouch_application::liquidity::{LiquidityLine, LiquidityLines};
use vouch_sandbox_liquidity::SandboxLiquidity;

use crate::config::ServeArgs;

/// What the simulator's addresses follow from: the same in every process and after every start.
const SEED: &str = "vouch sandbox";
/// The simulator answers at once.
const DEADLINE: Duration = Duration::from_secs(5);

/// The simulator for test data. Live data has no provider: a settlement is never pretended.
pub(crate) fn lines(args: &ServeArgs) -> LiquidityLines {
    let settles_after = Duration::from_millis(args.sandbox_settle_ms);
    let simulator = Arc::new(SandboxLiquidity::new(SEED, settles_after));
    let line = LiquidityLine::to_simulators(Arc::clone(&simulator), simulator, DEADLINE);
    LiquidityLines {
        test: Some(line),
        live: None,
    }
}
