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
        RouteTerms,
    },
    ports::{LiquidityFailure, Network, RouteProvider, RouteSimulator, RouteUnserved, VmType},
    simulation::{Outcome, Simulation},
    values::{ChainAddress, ChainId, TransactionHash},
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
            deposit_address: self.account(origin.chain, "deposit account of a route", id.uuid())?,
            origin,
            destination,
            relay_request: Some(relay_request("route", id.uuid())?),
        }))
    }

    async fn deposits(
        &self,
        route: &PaymentRoute,
        pending: &[Deposit],
        now: DateTime<Utc>,
    ) -> Result<Vec<Deposit>, LiquidityFailure> {
        if !route.status.passes_on() {
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
        let units = |count| AtomicUnits::new(count).map_err(|_| broken());
        let sum = match simulation.amount {
            Some(amount) => amount.units(),
            None => units(USUAL)?,
        };
        let origin = &route.terms.origin;
        let transaction = self.transaction(origin.chain, "deposit by a route", id.uuid())?;
        let end = |end: &RouteEnd, sum, transactions| DepositEnd {
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
            origin: end(origin, sum, vec![transaction.clone()]),
            destination: end(&route.terms.destination, units(0)?, Vec::new()),
            deposit_transaction: transaction,
            failure: None,
            relay_updated_at: id.created_at(),
        };
        match route.status.passes_on() {
            true => self.pass_on(deposit, simulation.outcome, id.created_at()),
            false => Ok(deposit),
        }
    }
}

impl SandboxLiquidity {
    /// An account that looks like one of this chain's.
    fn account(
        &self,
        chain: ChainId,
        purpose: &str,
        object: Uuid,
    ) -> Result<ChainAddress, LiquidityFailure> {
        match network::vm(chain) {
            VmType::Svm => self.address(purpose, object),
            VmType::Evm => self.evm_address(purpose, object),
        }
    }

    /// A transaction that looks like one of this chain's.
    fn transaction(
        &self,
        chain: ChainId,
        purpose: &str,
        object: Uuid,
    ) -> Result<TransactionHash, LiquidityFailure> {
        match network::vm(chain) {
            VmType::Svm => self.signature(purpose, object),
            VmType::Evm => self.evm_transaction(purpose, object),
        }
    }

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
                let chain = deposit.destination.chain;
                let payout = self.transaction(chain, "payout of a route", deposit.id.uuid())?;
                deposit.status = DepositStatus::Success;
                deposit.destination.amount = deposit.origin.amount;
                deposit.destination.amount_usd = deposit.origin.amount_usd;
                deposit.destination.transactions = vec![payout];
            }
            Outcome::Failed => {
                deposit.status = DepositStatus::Failed;
                deposit.failure = Some(DepositFailure::Payout);
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
