//! `/sandbox`: what only test keys can do; the contract, section 8.

use actix_web::{HttpResponse, http::Method};
use futures_util::FutureExt;
use serde::Serialize;
use vouch_application::{simulate::SimulateError, simulate_deposit::SimulateDepositError};
use vouch_domain::{access::Scope, form::parse_simulation, tenant::Env};

use super::{
    answers::success,
    deposits::DepositObject,
    error::Fault,
    openapi::sandbox as openapi,
    routes::{Call, Route},
    swaps::SwapObject,
};
use crate::body::read_json;

/// The routes of the sandbox. A simulation needs no idempotency key: repeated for a swap it changes nothing, and for a
/// payment route it is another deposit.
pub(super) static ROUTES: [Route; 2] = [
    Route {
        method: Method::GET,
        path: "/sandbox/status",
        scopes: &[],
        needs_key: false,
        handler: |call| status(call).boxed_local(),
        describe: openapi::status,
    },
    Route {
        method: Method::POST,
        path: "/sandbox/simulate",
        scopes: &[],
        needs_key: false,
        handler: |call| simulate(call).boxed_local(),
        describe: openapi::simulate,
    },
];

/// What a simulation is answered with.
const APPLIED: &str = "Simulation applied";
/// A simulation needs one of these.
const WRITE_SCOPES: [Scope; 2] = [Scope::TransfersWrite, Scope::CollectionsWrite];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    simulation_enabled: bool,
    auto_settle_ms: u64,
    environment: &'static str,
}

/// `GET /sandbox/status`
async fn status(call: Call) -> Result<HttpResponse, Fault> {
    let env = call.tenant.env;
    let lines = &call.state.services.treasury.liquidity;
    let simulator = lines.of(env).and_then(|line| line.simulator.as_ref());
    let settles_after = simulator.and_then(|simulator| simulator.settles_after());
    let millis = settles_after.map_or(0, |settles_after| settles_after.as_millis());
    let data = Status {
        simulation_enabled: simulator.is_some(),
        auto_settle_ms: u64::try_from(millis).unwrap_or(u64::MAX),
        environment: env.as_str(),
    };
    Ok(success("Sandbox status fetched", data))
}

/// `POST /sandbox/simulate`
async fn simulate(call: Call) -> Result<HttpResponse, Fault> {
    if call.tenant.env != Env::Test {
        return Err(Fault::SandboxForTestKeys);
    }
    if !WRITE_SCOPES
        .iter()
        .any(|scope| call.scopes.contains(*scope))
    {
        return Err(Fault::MissingScopes(vec![Scope::TransfersWrite]));
    }
    let body = read_json(&call.request, call.payload).await?;
    let request = parse_simulation(&body.form)?;
    let subject = request.subject.ok_or(Fault::SimulatedNotFound)?;
    let (tenant, simulation) = (call.tenant, &request.simulation);
    let services = &call.state.services.treasury;
    let simulated = services.simulate.swap(tenant, subject.swap(), simulation);
    match simulated.await {
        Ok(swap) => Ok(success(APPLIED, SwapObject::new(&swap))),
        // Then it may be a payment route's.
        Err(SimulateError::Unknown) => {
            let simulate = &services.simulate_deposit;
            let route = subject.payment_route();
            let deposit = simulate.arrive(tenant, route, simulation).await?;
            Ok(success(APPLIED, DepositObject::new(&deposit)))
        }
        Err(error) => Err(error.into()),
    }
}

impl From<SimulateError> for Fault {
    fn from(error: SimulateError) -> Self {
        match error {
            SimulateError::Unknown => Self::SimulatedNotFound,
            SimulateError::Unsettled(_) => Self::Unavailable(error.to_string()),
            SimulateError::Store(error) => error.into(),
        }
    }
}

impl From<SimulateDepositError> for Fault {
    fn from(error: SimulateDepositError) -> Self {
        match error {
            SimulateDepositError::Unknown => Self::SimulatedNotFound,
            SimulateDepositError::Refused(refused) => Self::PaymentRouteIsAlready(refused.already),
            SimulateDepositError::Provider(_) => Self::Unavailable(error.to_string()),
            SimulateDepositError::Store(error) => error.into(),
        }
    }
}
