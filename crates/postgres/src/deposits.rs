//! What arrived at payment routes.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::HolderFilter,
    id::{DepositId, PaymentRouteId},
    idempotency::{Keep, Kept},
    ledger::RouteDeposit,
    payment_route::{Deposit, DepositEnd, DepositFailure, PaymentRoute},
    ports::{DepositFilter, Deposits, Listing, Recorded, StoreError, WaitingRoute},
    tenant::{Env, Tenant},
    values::TransactionHash,
};

use crate::{
    answers::keeping,
    database::Store,
    route_rows::{
        DepositRow, DepositSql, RouteDepositRow, RouteDepositSql, deposit, deposit_columns,
        deposit_route_columns, route_deposit,
    },
    rows::{broken, id},
    statement::{Statement, in_tenant, statement},
};

/// The route's row is shared until the end: whoever pauses or archives the route comes before all of this or after it.
///
/// Not one upsert: two that meet while one of them changes the row may run into its primary key, which no conflict target
/// covers. The two halves exclude each other, since neither sees what the other does. Whoever ends a deposit in the moment
/// in which another records it as pending changes nothing, and it is asked about again, as everything pending is.
///
/// The customer is the route's, by a trigger. Hashes hold no space.
const RECORD: &str = "
    WITH route AS MATERIALIZED (
        SELECT r.id FROM payment_routes r
        WHERE r.organisation_id = $1 AND r.env = $2 AND r.id = $3 AND r.status = $4
        FOR SHARE
    ), told AS MATERIALIZED (
        SELECT t.id, t.relay_request, t.status, t.deposit_transaction, NULLIF(t.failure, '') AS failure,
               t.relay_updated_at, t.origin_chain, t.origin_symbol, t.amount_in, t.amount_in_usd,
               string_to_array(t.in_transactions, ' ') AS in_transactions, t.destination_chain, t.destination_symbol,
               t.amount_out, t.amount_out_usd, string_to_array(t.out_transactions, ' ') AS out_transactions
        FROM route, unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::bigint[],
                           $12::text[], $13::bigint[], $14::bigint[], $15::text[], $16::bigint[], $17::text[],
                           $18::bigint[], $19::bigint[], $20::text[])
            AS t (id, relay_request, status, deposit_transaction, failure, relay_updated_at, origin_chain, origin_symbol,
                  amount_in, amount_in_usd, in_transactions, destination_chain, destination_symbol, amount_out,
                  amount_out_usd, out_transactions)
    ), ended AS (
        UPDATE route_deposits d
        SET status = t.status, failure = t.failure, relay_updated_at = t.relay_updated_at,
            in_transactions = t.in_transactions, amount_out = t.amount_out, amount_out_usd = t.amount_out_usd,
            out_transactions = t.out_transactions
        FROM told t
        WHERE d.organisation_id = $1 AND d.env = $2 AND d.relay_request = t.relay_request AND d.route_id = $3
          AND d.status = 'pending' AND t.status <> 'pending'
        RETURNING d.id
    ), arrived AS (
        INSERT INTO route_deposits (organisation_id, env, id, route_id, relay_request, status, deposit_transaction, failure,
                                    relay_updated_at, origin_chain, origin_symbol, amount_in, amount_in_usd,
                                    in_transactions, destination_chain, destination_symbol, amount_out, amount_out_usd,
                                    out_transactions)
        SELECT $1, $2, t.id, $3, t.relay_request, t.status, t.deposit_transaction, t.failure, t.relay_updated_at,
               t.origin_chain, t.origin_symbol, t.amount_in, t.amount_in_usd, t.in_transactions, t.destination_chain,
               t.destination_symbol, t.amount_out, t.amount_out_usd, t.out_transactions
        FROM told t
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT EXISTS (SELECT FROM route), (SELECT count(*) FROM ended) + (SELECT count(*) FROM arrived),
           (SELECT count(*) FROM told t JOIN route_deposits d
                ON d.organisation_id = $1 AND d.env = $2 AND d.relay_request = t.relay_request
            WHERE d.route_id <> $3)";

const KEEP_RECORDED: &str = keeping!("changed AS (SELECT FROM held)");

/// The total comes along in every row: without rows it is zero.
macro_rules! list {
    ($filter:literal) => {
        concat!(
            "SELECT (SELECT COALESCE(sum(n.rows), 0)::bigint FROM row_counts n
                     WHERE n.organisation_id = $1 AND n.env = $2 AND n.counted = 'route_deposits' AND n.of_id = $3), ",
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
const LIST: &str = list!("");
const LIST_OF_CUSTOMER: &str = list!(" AND d.customer_id = $3");
const LIST_OF_ROUTE: &str = list!(" AND d.route_id = $3");

/// The nil UUID comes before all others.
const PENDING: &str = concat!(
    "SELECT ",
    deposit_columns!(),
    " FROM route_deposits d
     WHERE d.organisation_id = $1 AND d.env = $2 AND d.route_id = $3 AND d.status = 'pending' AND d.id > $4
     ORDER BY d.id LIMIT $5"
);

/// Goes from one route to the next, by one look at the index each: what waits at a paused route may be much.
const WAITING: &str = "
    WITH RECURSIVE waiting (organisation_id, route_id) AS (
        SELECT first.* FROM (
            SELECT d.organisation_id, d.route_id FROM route_deposits d
            WHERE d.env = $1 AND d.status = 'pending' AND (d.organisation_id, d.route_id) > ($2, $3)
            ORDER BY d.organisation_id, d.route_id LIMIT 1
        ) first
        UNION ALL
        SELECT next.* FROM waiting w, LATERAL (
            SELECT d.organisation_id, d.route_id FROM route_deposits d
            WHERE d.env = $1 AND d.status = 'pending'
              AND (d.organisation_id, d.route_id) > (w.organisation_id, w.route_id)
            ORDER BY d.organisation_id, d.route_id LIMIT 1
        ) next
    )
    SELECT w.organisation_id, w.route_id FROM waiting w
    WHERE (SELECT r.status FROM payment_routes r
           WHERE r.organisation_id = w.organisation_id AND r.env = $1 AND r.id = w.route_id) <> 'paused'
    LIMIT $4";

#[async_trait]
impl Deposits for Store {
    async fn record_deposits(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
        deposits: &[Deposit],
    ) -> Result<Recorded, StoreError> {
        let row: Option<(bool, i64, i64)> = self
            .database
            .row(|| {
                let head = in_tenant::<(Bool, BigInt, BigInt)>(RECORD, tenant)
                    .uuid(route.id.uuid())
                    .text(route.status.as_str())
                    .uuids(deposits.iter().map(|one| one.id.uuid()).collect())
                    .texts(each(deposits, |one| one.relay_request.as_str()))
                    .texts(each(deposits, |one| one.status.as_str()))
                    .texts(each(deposits, |one| one.deposit_transaction.as_str()))
                    .texts(each(deposits, |one| {
                        one.failure.map_or("", DepositFailure::as_str)
                    }))
                    .times(deposits.iter().map(|one| one.relay_updated_at).collect());
                let head = ends(head, deposits, |one| &one.origin);
                ends(head, deposits, |one| &one.destination)
            })
            .await?;
        let (is_as_it_was, news, foreign) = row.ok_or_else(|| broken("record"))?;
        if !is_as_it_was {
            return Ok(Recorded::Outrun);
        }
        Ok(Recorded::Done {
            news: count(news)?,
            foreign: count(foreign)?,
        })
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
        after: Option<DepositId>,
        limit: u8,
    ) -> Result<Vec<Deposit>, StoreError> {
        let rows: Vec<DepositRow> = self
            .database
            .rows(|| {
                in_tenant::<DepositSql>(PENDING, tenant)
                    .uuid(route.uuid())
                    .uuid(after.map_or(Uuid::nil(), DepositId::uuid))
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
                    .uuid(after.map_or(Uuid::nil(), |after| after.tenant.organisation.uuid()))
                    .uuid(after.map_or(Uuid::nil(), |after| after.route.uuid()))
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

fn each(deposits: &[Deposit], part: fn(&Deposit) -> &str) -> Vec<String> {
    deposits.iter().map(|one| part(one).to_owned()).collect()
}

/// One end of every deposit.
fn ends<Row>(
    statement: Statement<Row>,
    deposits: &[Deposit],
    end: fn(&Deposit) -> &DepositEnd,
) -> Statement<Row> {
    let ends = || deposits.iter().map(end);
    let transactions = |end: &DepositEnd| {
        let hashes: Vec<_> = end
            .transactions
            .iter()
            .map(TransactionHash::as_str)
            .collect();
        hashes.join(" ")
    };
    statement
        .big_ints(ends().map(|end| end.chain.number()).collect())
        .texts(ends().map(|end| end.symbol.as_str().to_owned()).collect())
        .big_ints(ends().map(|end| end.amount.count()).collect())
        .big_ints(ends().map(|end| end.amount_usd.count()).collect())
        .texts(ends().map(transactions).collect())
}

fn count(rows: i64) -> Result<usize, StoreError> {
    usize::try_from(rows).map_err(|_| broken("count"))
}
