use async_trait::async_trait;
use vouch_domain::{
    customer::{Holder, HolderFilter},
    id::PaymentRouteId,
    idempotency::{Keep, Kept},
    payment_route::{PaymentRoute, RouteStatus},
    ports::{Listing, PaymentRoutes, StoreError},
    tenant::Tenant,
};

use super::{InMemory, State};

#[async_trait]
impl PaymentRoutes for InMemory {
    async fn insert_route(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let mut state = self.state().await?;
        Ok(state.change_and_keep(tenant, &keep, |state| {
            let routes = state.payment_routes.entry(tenant).or_default();
            routes.insert(route.id, route.clone());
            true
        }))
    }

    async fn find_route(
        &self,
        tenant: Tenant,
        id: PaymentRouteId,
    ) -> Result<Option<PaymentRoute>, StoreError> {
        Ok(self.state().await?.payment_route(tenant, id))
    }

    async fn list_routes(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<PaymentRoute>, StoreError> {
        let state = self.state().await?;
        let known = state.payment_routes.get(&tenant).into_iter();
        let ids = known.flat_map(|routes| routes.keys().rev());
        let routes = ids.filter_map(|id| state.payment_route(tenant, *id));
        Ok(listing(
            routes.filter(|route| is_shown(filter, &route.holder)),
            limit,
        ))
    }

    async fn advance_route(
        &self,
        tenant: Tenant,
        expected: RouteStatus,
        after: &PaymentRoute,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let mut state = self.state().await?;
        Ok(state.change_and_keep(tenant, &keep, |state| {
            let routes = state.payment_routes.entry(tenant).or_default();
            let route = routes.get_mut(&after.id);
            let Some(route) = route.filter(|route| route.status == expected) else {
                return false;
            };
            route.status = after.status;
            route.updated_at = after.updated_at;
            true
        }))
    }
}

impl State {
    /// A route, with its customer's present name.
    pub(super) fn payment_route(&self, tenant: Tenant, id: PaymentRouteId) -> Option<PaymentRoute> {
        let mut route = self.payment_routes.get(&tenant)?.get(&id)?.clone();
        let customers = self.treasury_customers(tenant);
        let holder = customers
            .into_iter()
            .find(|customer| customer.id == route.holder.id)?;
        route.holder.name = holder.name;
        Some(route)
    }
}

/// Whether a list shows what belongs to this customer.
pub(super) fn is_shown(filter: HolderFilter, holder: &Holder) -> bool {
    match filter {
        HolderFilter::All => true,
        HolderFilter::Customer(customer) => holder.id == customer,
        HolderFilter::Nobody => false,
    }
}

/// The first rows of all.
pub(super) fn listing<T>(all: impl Iterator<Item = T>, limit: u8) -> Listing<T> {
    let mut rows: Vec<T> = all.collect();
    let total = i64::try_from(rows.len()).expect("few rows");
    rows.truncate(usize::from(limit));
    Listing { rows, total }
}
