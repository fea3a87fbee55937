use std::cmp::Reverse;

use async_trait::async_trait;
use vouch_domain::{
    customer::HolderFilter,
    ledger::Transaction,
    ports::{Ledger, Listing, StoreError},
    tenant::Tenant,
};

use super::{
    InMemory,
    payment_routes::{is_shown, listing},
};

#[async_trait]
impl Ledger for InMemory {
    async fn list_transactions(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<Transaction>, StoreError> {
        let state = self.state().await?;
        let swaps = state.swaps_of(tenant).into_iter().map(Transaction::Swap);
        let deposits = state.route_deposits(tenant).into_iter();
        let mut all: Vec<_> = swaps.chain(deposits.map(Transaction::Deposit)).collect();
        all.sort_by_key(|transaction| {
            Reverse(match transaction {
                Transaction::Swap(swap) => swap.id.uuid(),
                Transaction::Deposit(deposit) => deposit.deposit.id.uuid(),
            })
        });
        let shown = all.into_iter();
        Ok(listing(
            shown.filter(|transaction| is_shown(filter, transaction.holder())),
            limit,
        ))
    }
}
