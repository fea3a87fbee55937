use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use vouch_domain::{
    id::{DepositId, PaymentRouteId},
    idempotency::{Keep, Kept},
    ledger::RouteDeposit,
    payment_route::{Deposit, DepositStatus, PaymentRoute},
    ports::{DepositFilter, Deposits, Listing, Recorded, StoreError, WaitingRoute},
    tenant::{Env, Tenant},
};

use super::{
    InMemory, State,
    payment_routes::{is_shown, listing},
};

#[async_trait]
impl Deposits for InMemory {
    async fn record_deposits(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
        deposits: &[Deposit],
    ) -> Result<Recorded, StoreError> {
        let mut state = self.state().await?;
        let present = state.payment_route(tenant, route.id);
        if present.is_none_or(|present| present.status != route.status) {
            return Ok(Recorded::Outrun);
        }
        let known = state.deposits.entry(tenant).or_default();
        let (mut news, mut foreign) = (0, 0);
        for deposit in deposits {
            match record(known, route.id, deposit) {
                Some(is_news) => news += usize::from(is_news),
                None => foreign += 1,
            }
        }
        Ok(Recorded::Done { news, foreign })
    }

    async fn keep_recorded_deposits(
        &self,
        tenant: Tenant,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        Ok(self.state().await?.change_and_keep(tenant, &keep, |_| true))
    }

    async fn list_deposits(
        &self,
        tenant: Tenant,
        filter: DepositFilter,
        limit: u8,
    ) -> Result<Listing<RouteDeposit>, StoreError> {
        let deposits = self.state().await?.route_deposits(tenant).into_iter();
        let shown = deposits.filter(|deposit| match filter {
            DepositFilter::Route(route) => deposit.deposit.route == route,
            DepositFilter::Holder(holder) => is_shown(holder, &deposit.holder),
        });
        Ok(listing(shown, limit))
    }

    async fn pending_deposits(
        &self,
        tenant: Tenant,
        route: PaymentRouteId,
        after: Option<DepositId>,
        limit: u8,
    ) -> Result<Vec<Deposit>, StoreError> {
        let state = self.state().await?;
        let pending = state
            .pending(tenant)
            .filter(|one| one.route == route && Some(one.id) > after);
        Ok(pending.take(usize::from(limit)).cloned().collect())
    }

    async fn waiting_routes(
        &self,
        env: Env,
        after: Option<WaitingRoute>,
        limit: u8,
    ) -> Result<Vec<WaitingRoute>, StoreError> {
        let state = self.state().await?;
        let place = |waiting: &WaitingRoute| (waiting.tenant.organisation, waiting.route);
        let mut found = BTreeSet::new();
        for tenant in state.deposits.keys().filter(|tenant| tenant.env == env) {
            for deposit in state.pending(*tenant) {
                let route = state.payment_route(*tenant, deposit.route);
                if route.is_some_and(|route| route.status.passes_on()) {
                    found.insert((tenant.organisation, deposit.route));
                }
            }
        }
        let later = found
            .into_iter()
            .filter(|one| after.is_none_or(|after| *one > place(&after)));
        let waiting = later.map(|(organisation, route)| WaitingRoute {
            tenant: Tenant { organisation, env },
            route,
        });
        Ok(waiting.take(usize::from(limit)).collect())
    }
}

/// Answers whether it was news; nothing, when another route has it.
fn record(
    all: &mut BTreeMap<DepositId, Deposit>,
    route: PaymentRouteId,
    deposit: &Deposit,
) -> Option<bool> {
    let known = all
        .values_mut()
        .find(|known| known.relay_request == deposit.relay_request);
    let Some(known) = known else {
        let deposit = Deposit {
            route,
            ..deposit.clone()
        };
        all.insert(deposit.id, deposit);
        return Some(true);
    };
    if known.route != route {
        return None;
    }
    let ends = known.status == DepositStatus::Pending && deposit.status != DepositStatus::Pending;
    if ends {
        known.status = deposit.status;
        known.failure = deposit.failure;
        known.relay_updated_at = deposit.relay_updated_at;
        known.origin.transactions = deposit.origin.transactions.clone();
        known.destination.amount = deposit.destination.amount;
        known.destination.amount_usd = deposit.destination.amount_usd;
        known.destination.transactions = deposit.destination.transactions.clone();
    }
    Some(ends)
}

impl State {
    fn pending(&self, tenant: Tenant) -> impl Iterator<Item = &Deposit> {
        let deposits = self.deposits.get(&tenant).into_iter();
        deposits
            .flat_map(|deposits| deposits.values())
            .filter(|deposit| deposit.status == DepositStatus::Pending)
    }

    /// Every deposit, newest first.
    pub(super) fn route_deposits(&self, tenant: Tenant) -> Vec<RouteDeposit> {
        let deposits = self.deposits.get(&tenant).into_iter();
        let deposits = deposits.flat_map(|deposits| deposits.values().rev());
        deposits
            .filter_map(|deposit| {
                let route = self.payment_route(tenant, deposit.route)?;
                Some(RouteDeposit::of(&route, deposit.clone()))
            })
            .collect()
    }
}
