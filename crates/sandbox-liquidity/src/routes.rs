//! Payment routes, played.
//!
//! A simulated deposit's id at the provider says how the deposit ends, so that nothing about it has to be remembered
//! while it waits at a paused route.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use vouch_domain::{
    id::{DepositId, PaymentRouteId},
    money::AtomicUnits,
    payment_route::{
        Deposit, DepositEnd, DepositFailure, DepositStatus, PaymentRoute, RouteEnd, RouteOrder,
        RouteStatus, RouteTerms,
    },
    ports::{LiquidityFailure, Network, RouteProvider, RouteSimulator, RouteUnserved},
    simulation::{Outcome, Simulation},
    values::TransactionHash,
};

use crate::{SandboxLiquidity, network};

/// What arrives when nobody says how much: 100 units.
const USUAL: i64 = 100_000_000;

#[async_trait]
impl RouteProvider for SandboxLiquidity {
    async fn network(&self) -> Result<Network, LiquidityFailure> {
        network::network()
    }

    async fn open_route(
        &self,
        id: PaymentRouteId,
        order: &RouteOrder,
    ) -> Result<Result<RouteTerms, RouteUnserved>, LiquidityFailure> {
        let ends = network::ends(
            (order.origin_chain, order.origin_currency.as_ref()),
            (order.destination_chain, &order.destination_currency),
        )?;
        let (origin, destination) = match ends {
            Ok(ends) => ends,
            Err(unserved) => return Ok(Err(unserved)),
        };
        Ok(Ok(RouteTerms {
            acceptable: vec![origin.token.clone()],
            origin,
            destination,
            deposit_address: self.address("deposit account of a route", id.uuid())?,
            relay_request: Some(relay_request("route", id.uuid())?),
        }))
    }

    async fn deposits(
        &self,
        route: &PaymentRoute,
        pending: &[Deposit],
        now: DateTime<Utc>,
    ) -> Result<Vec<Deposit>, LiquidityFailure> {
        if route.status != RouteStatus::Active {
            return Ok(Vec::new());
        }
        // Of what other providers have made of it, nothing is known here.
        let ours = pending
            .iter()
            .filter_map(|deposit| Some((deposit, outcome(deposit)?)));
        ours.map(|(deposit, outcome)| self.pass_on(deposit.clone(), outcome, now))
            .collect()
    }
}

impl RouteSimulator for SandboxLiquidity {
    fn arrive(
        &self,
        route: &PaymentRoute,
        id: DepositId,
        simulation: &Simulation,
    ) -> Result<Deposit, LiquidityFailure> {
        let sum = match simulation.amount {
            Some(amount) => amount.units(),
            None => AtomicUnits::new(USUAL).map_err(|_| broken())?,
        };
        let transaction = self.signature("deposit by a route", id.uuid())?;
        let end = |end: &RouteEnd, transactions| DepositEnd {
            chain: end.chain,
            symbol: end.token.symbol.clone(),
            amount: sum,
            // The simulated dollar is worth a dollar.
            amount_usd: sum,
            transactions,
        };
        let deposit = Deposit {
            id,
            route: route.id,
            relay_request: relay_request(simulation.outcome.as_str(), id.uuid())?,
            status: DepositStatus::Pending,
            origin: end(&route.terms.origin, vec![transaction.clone()]),
            destination: end(&route.terms.destination, Vec::new()),
            deposit_transaction: transaction,
            failure: None,
            relay_updated_at: id.created_at(),
        };
        match route.status {
            RouteStatus::Active => self.pass_on(deposit, simulation.outcome, id.created_at()),
            RouteStatus::Paused | RouteStatus::Archived => Ok(deposit),
        }
    }
}

impl SandboxLiquidity {
    /// The deposit at its end.
    fn pass_on(
        &self,
        mut deposit: Deposit,
        outcome: Outcome,
        at: DateTime<Utc>,
    ) -> Result<Deposit, LiquidityFailure> {
        deposit.relay_updated_at = at;
        match outcome {
            Outcome::Completed => {
                let payout = self.signature("payout of a route", deposit.id.uuid())?;
                deposit.status = DepositStatus::Success;
                deposit.destination.transactions = vec![payout];
            }
            Outcome::Failed => {
                let nothing = AtomicUnits::new(0).map_err(|_| broken())?;
                deposit.status = DepositStatus::Failed;
                deposit.failure = Some(DepositFailure::Payout);
                deposit.destination.amount = nothing;
                deposit.destination.amount_usd = nothing;
            }
        }
        Ok(deposit)
    }
}

/// The simulator's own id of something.
fn relay_request(word: &str, id: Uuid) -> Result<TransactionHash, LiquidityFailure> {
    TransactionHash::parse(&format!("sandbox-{word}-{}", id.hyphenated())).map_err(|_| broken())
}

/// How a deposit ends that was simulated here.
fn outcome(deposit: &Deposit) -> Option<Outcome> {
    let word = deposit.relay_request.as_str().strip_prefix("sandbox-")?;
    Outcome::ALL
        .into_iter()
        .find(|outcome| word.starts_with(outcome.as_str()))
}

fn broken() -> LiquidityFailure {
    LiquidityFailure::Unavailable {
        cause: "a simulated deposit breaks a rule".to_owned(),
    }
}

#[cfg(test)]
mod tests;
