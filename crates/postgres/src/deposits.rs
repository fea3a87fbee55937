//! What arrived at payment routes.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::HolderFilter,
    id::PaymentRouteId,
    idempotency::{Keep, Kept},
    ledger::RouteDeposit,
    payment_route::{Deposit, DepositEnd},
    ports::{DepositFilter, Deposits, Listing, StoreError, WaitingRoute},
    tenant::{Env, Tenant},
};

use crate::{
    answers::keeping,
    database::Store,
    route_rows::{
        DepositRow, DepositSql, RouteDepositRow, RouteDepositSql, deposit, deposit_columns,
        deposit_route_columns, route_deposit,
    },
    rows::id,
    statement::{Statement, statement},
};

/// Not one upsert: two that meet while one of them changes the row may run into its primary key, which no conflict target
/// covers. The two halves exclude each other, since neither sees what the other does. Whoever ends a deposit in the moment
/// in which another records it as pending changes nothing, and it is asked about again, as everything pending is.
///
/// The customer is the route's, by a trigger.
const RECORD: &str = "
    WITH ended AS (
        UPDATE route_deposits
        SET status = $6, failure = $8, relay_updated_at = $9, in_transactions = $14, amount_out = $17, amount_out_usd = $18,
            out_transactions = $19
        WHERE organisation_id = $1 AND env = $2 AND relay_request = $5 AND route_id = $4
          AND status = 'pending' AND $6 <> 'pending'
        RETURNING id
    ), arrived AS (
        INSERT INTO route_deposits (organisation_id, env, id, route_id, relay_request, status, deposit_transaction, failure,
                                    relay_updated_at, origin_chain, origin_symbol, amount_in, amount_in_usd,
                                    in_transactions, destination_chain, destination_symbol, amount_out, amount_out_usd,
                                    out_transactions)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT id FROM ended UNION ALL SELECT id FROM arrived";

const KEEP_RECORDED: &str = keeping!("changed AS (SELECT FROM held)");

/// The total comes along in every row: without rows it is zero.
macro_rules! list {
    ($total:literal, $filter:literal) => {
        concat!(
            "SELECT (",
            $total,
            "), ",
            deposit_columns!(),
            ", ",
            deposit_route_columns!(),
            " FROM route_deposits d
             JOIN payment_routes r ON r.organisation_id = $1 AND r.env = $2 AND r.id = d.route_id
             JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = r.customer_id
             JOIN organisations o ON o.id = $1
             WHERE d.organisation_id = $1 AND d.env = $2",
            $filter,
            " ORDER BY d.id DESC LIMIT $4"
        )
    };
}
macro_rules! list_counted {
    ($filter:literal) => {
        list!(
            "SELECT COALESCE(sum(n.rows), 0)::bigint FROM row_counts n
             WHERE n.organisation_id = $1 AND n.env = $2 AND n.counted = 'route_deposits' AND n.customer_id = $3",
            $filter
        )
    };
}
const LIST: &str = list_counted!("");
const LIST_OF_CUSTOMER: &str = list_counted!(" AND d.customer_id = $3");
const LIST_OF_ROUTE: &str = list!(
    "SELECT count(*) FROM route_deposits n WHERE n.organisation_id = $1 AND n.env = $2 AND n.route_id = $3",
    " AND d.route_id = $3"
);

const PENDING: &str = concat!(
    "SELECT ",
    deposit_columns!(),
    " FROM route_deposits d
     WHERE d.organisation_id = $1 AND d.env = $2 AND d.route_id = $3 AND d.status = 'pending'
     ORDER BY d.id LIMIT $4"
);

/// Of what is pending there is little.
const WAITING: &str = "
    SELECT DISTINCT d.organisation_id, d.route_id
    FROM route_deposits d
    JOIN payment_routes r ON r.organisation_id = d.organisation_id AND r.env = $1 AND r.id = d.route_id
    WHERE d.env = $1 AND d.status = 'pending' AND r.status = 'active'
      AND ($2::uuid IS NULL OR (d.organisation_id, d.route_id) > ($2, $3))
    ORDER BY d.organisation_id, d.route_id LIMIT $4";

#[async_trait]
impl Deposits for Store {
    async fn record_deposit(&self, tenant: Tenant, deposit: &Deposit) -> Result<bool, StoreError> {
        let recorded: Option<(Uuid,)> = self
            .database
            .row(|| {
                let head = in_tenant::<(SqlUuid,)>(RECORD, tenant)
                    .uuid(deposit.id.uuid())
                    .uuid(deposit.route.uuid())
                    .text(deposit.relay_request.as_str())
                    .text(deposit.status.as_str())
                    .text(deposit.deposit_transaction.as_str())
                    .maybe_text(deposit.failure.map(|failure| failure.as_str()))
                    .time(deposit.relay_updated_at);
                end(end(head, &deposit.origin), &deposit.destination)
            })
            .await?;
        Ok(recorded.is_some())
    }

    async fn keep_recorded_deposits(
        &self,
        tenant: Tenant,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let kept = self
            .change_and_keep(tenant, &keep, KEEP_RECORDED, |statement| statement)
            .await?;
        Ok(kept)
    }

    async fn list_deposits(
        &self,
        tenant: Tenant,
        filter: DepositFilter,
        limit: u8,
    ) -> Result<Listing<RouteDeposit>, StoreError> {
        let (sql, of) = match filter {
            DepositFilter::Route(route) => (LIST_OF_ROUTE, route.uuid()),
            DepositFilter::Holder(HolderFilter::All) => (LIST, Uuid::nil()),
            DepositFilter::Holder(HolderFilter::Customer(customer)) => {
                (LIST_OF_CUSTOMER, customer.uuid())
            }
            DepositFilter::Holder(HolderFilter::Nobody) => return Ok(Listing::EMPTY),
        };
        let rows: Vec<(i64, RouteDepositRow)> = self
            .database
            .rows(|| {
                in_tenant::<(BigInt, RouteDepositSql)>(sql, tenant)
                    .uuid(of)
                    .big_int(i64::from(limit))
            })
            .await?;
        let total = rows.first().map_or(0, |(total, _)| *total);
        let rows: Result<_, _> = rows
            .into_iter()
            .map(|(_, row)| route_deposit(row))
            .collect();
        Ok(Listing { rows: rows?, total })
    }

    async fn pending_deposits(
        &self,
        tenant: Tenant,
        route: PaymentRouteId,
        limit: u8,
    ) -> Result<Vec<Deposit>, StoreError> {
        let rows: Vec<DepositRow> = self
            .database
            .rows(|| {
                in_tenant::<DepositSql>(PENDING, tenant)
                    .uuid(route.uuid())
                    .big_int(i64::from(limit))
            })
            .await?;
        rows.into_iter().map(deposit).collect()
    }

    async fn waiting_routes(
        &self,
        env: Env,
        after: Option<WaitingRoute>,
        limit: u8,
    ) -> Result<Vec<WaitingRoute>, StoreError> {
        let rows: Vec<(Uuid, Uuid)> = self
            .database
            .rows(|| {
                statement::<(SqlUuid, SqlUuid)>(WAITING)
                    .text(env.as_str())
                    .uuid(after.map(|after| after.tenant.organisation.uuid()))
                    .uuid(after.map(|after| after.route.uuid()))
                    .big_int(i64::from(limit))
            })
            .await?;
        rows.into_iter()
            .map(|(organisation, route)| {
                Ok(WaitingRoute {
                    tenant: Tenant {
                        organisation: id(organisation)?,
                        env,
                    },
                    route: id(route)?,
                })
            })
            .collect()
    }
}

fn end<Row>(statement: Statement<Row>, end: &DepositEnd) -> Statement<Row> {
    let transactions = end.transactions.iter();
    statement
        .big_int(end.chain.number())
        .text(end.symbol.as_str())
        .big_int(end.amount.count())
        .big_int(end.amount_usd.count())
        .texts(transactions.map(|hash| hash.as_str().to_owned()).collect())
}

/// The first two placeholders of every statement are its tenant.
fn in_tenant<Row>(sql: &'static str, tenant: Tenant) -> Statement<Row> {
    statement(sql)
        .uuid(tenant.organisation.uuid())
        .text(tenant.env.as_str())
}
