//! The ledger: swaps and deposits as one row of transactions.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Nullable};
use uuid::Uuid;
use vouch_domain::{
    customer::HolderFilter,
    ledger::Transaction,
    ports::{Ledger, Listing, StoreError},
    tenant::Tenant,
};

use crate::{
    database::Store,
    route_rows::{
        RouteDepositRow, RouteDepositSql, deposit_columns, deposit_route_columns, route_deposit,
    },
    rows::broken,
    statement::in_tenant,
    swap_rows::{SwapRow, SwapSql, swap, swap_columns},
};

/// The newest of each kind, merged by their ids, which are in order of time; only what is left is read in full, row by
/// row: the limits of one keep the planner from joining whole tables while they are small, which it would repeat when they
/// are not. The total comes along in every row: without rows it is zero.
macro_rules! list {
    ($filter:literal) => {
        concat!(
            "WITH newest AS MATERIALIZED (
                 (SELECT e.id, true AS is_swap FROM swaps e
                  WHERE e.organisation_id = $1 AND e.env = $2",
            $filter,
            "      ORDER BY e.id DESC LIMIT $4)
                 UNION ALL
                 (SELECT e.id, false FROM route_deposits e
                  WHERE e.organisation_id = $1 AND e.env = $2",
            $filter,
            "      ORDER BY e.id DESC LIMIT $4)
                 ORDER BY 1 DESC, 2 LIMIT $4
             )
             SELECT (SELECT COALESCE(sum(n.rows), 0)::bigint FROM row_counts n
                     WHERE n.organisation_id = $1 AND n.env = $2 AND n.counted IN ('swaps', 'route_deposits')
                       AND n.of_id = $3), ",
            swap_columns!(),
            ", ",
            deposit_columns!(),
            ", ",
            deposit_route_columns!(),
            " FROM newest
             LEFT JOIN LATERAL (
                 SELECT * FROM swaps s
                 WHERE newest.is_swap AND s.organisation_id = $1 AND s.env = $2 AND s.id = newest.id LIMIT 1
             ) s ON true
             LEFT JOIN LATERAL (
                 SELECT * FROM route_deposits d
                 WHERE NOT newest.is_swap AND d.organisation_id = $1 AND d.env = $2 AND d.id = newest.id LIMIT 1
             ) d ON true
             LEFT JOIN payment_routes r ON r.organisation_id = $1 AND r.env = $2 AND r.id = d.route_id
             JOIN customers c
                 ON c.organisation_id = $1 AND c.env = $2 AND c.id = COALESCE(s.customer_id, r.customer_id)
             JOIN organisations o ON o.id = $1
             ORDER BY newest.id DESC, newest.is_swap"
        )
    };
}
const LIST: &str = list!("");
const LIST_OF_CUSTOMER: &str = list!(" AND e.customer_id = $3");

type EntrySql = (BigInt, Nullable<SwapSql>, Nullable<RouteDepositSql>);
type EntryRow = (i64, Option<SwapRow>, Option<RouteDepositRow>);

#[async_trait]
impl Ledger for Store {
    async fn list_transactions(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<Transaction>, StoreError> {
        let (sql, counted) = match filter {
            HolderFilter::All => (LIST, Uuid::nil()),
            HolderFilter::Customer(customer) => (LIST_OF_CUSTOMER, customer.uuid()),
            HolderFilter::Nobody => return Ok(Listing::EMPTY),
        };
        let rows: Vec<EntryRow> = self
            .database
            .rows(|| {
                in_tenant::<EntrySql>(sql, tenant)
                    .uuid(counted)
                    .big_int(i64::from(limit))
            })
            .await?;
        let total = rows.first().map_or(0, |(total, ..)| *total);
        let rows: Result<_, _> = rows.into_iter().map(transaction).collect();
        Ok(Listing { rows: rows?, total })
    }
}

fn transaction((_, is_swap, is_deposit): EntryRow) -> Result<Transaction, StoreError> {
    match (is_swap, is_deposit) {
        (Some(row), None) => swap(row).map(Transaction::Swap),
        (None, Some(row)) => route_deposit(row).map(Transaction::Deposit),
        (Some(_), Some(_)) | (None, None) => Err(broken("transaction")),
    }
}
