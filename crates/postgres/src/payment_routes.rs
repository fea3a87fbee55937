//! Payment routes: each step one statement, guarded by the status from which it leads on.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use uuid::Uuid;
use vouch_domain::{
    customer::HolderFilter,
    id::PaymentRouteId,
    idempotency::{Keep, Kept},
    payment_route::{PaymentRoute, RouteStatus, Token},
    ports::{Listing, PaymentRoutes, StoreError},
    tenant::Tenant,
};

use crate::{
    answers::keeping,
    database::Store,
    route_rows::{RouteRow, RouteSql, route, route_columns},
    statement::in_tenant,
};

const INSERT: &str = keeping!(
    "changed AS (
         INSERT INTO payment_routes (organisation_id, env, id, customer_id, name, status, origin_chain, origin_chain_name,
                                     origin_symbol, origin_token, acceptable_symbols, acceptable_tokens,
                                     destination_chain, destination_chain_name, destination_symbol, destination_token,
                                     destination_address, refund_to, deposit_address, relay_request, strict, updated_at)
         SELECT $1, $2, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26
         FROM held
         RETURNING id
     )"
);

const ADVANCE: &str = keeping!(
    "changed AS (
         UPDATE payment_routes r SET status = $9, updated_at = $10 FROM held
         WHERE r.organisation_id = $1 AND r.env = $2 AND r.id = $7 AND r.status = $8
         RETURNING r.id
     )"
);

macro_rules! select_routes {
    ($first:literal) => {
        concat!(
            "SELECT ",
            $first,
            route_columns!(),
            " FROM payment_routes r
             JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = r.customer_id
             JOIN organisations o ON o.id = $1
             WHERE r.organisation_id = $1 AND r.env = $2"
        )
    };
}

const FIND: &str = concat!(select_routes!(""), " AND r.id = $3");

/// The total comes along in every row: without rows it is zero.
macro_rules! list {
    ($filter:literal) => {
        concat!(
            select_routes!(
                "(SELECT COALESCE(sum(n.rows), 0)::bigint FROM row_counts n
                  WHERE n.organisation_id = $1 AND n.env = $2 AND n.counted = 'payment_routes' AND n.of_id = $3), "
            ),
            $filter,
            " ORDER BY r.id DESC LIMIT $4"
        )
    };
}
const LIST: &str = list!("");
const LIST_OF_CUSTOMER: &str = list!(" AND r.customer_id = $3");

#[async_trait]
impl PaymentRoutes for Store {
    async fn insert_route(
        &self,
        tenant: Tenant,
        route: &PaymentRoute,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let terms = &route.terms;
        let (origin, destination) = (&terms.origin, &terms.destination);
        let kept = self
            .change_and_keep(tenant, &keep, INSERT, |statement| {
                statement
                    .uuid(route.id.uuid())
                    .uuid(route.holder.id.uuid())
                    .text(route.name.as_str())
                    .text(route.status.as_str())
                    .big_int(origin.chain.number())
                    .text(origin.chain_name.as_str())
                    .text(origin.token.symbol.as_str())
                    .text(origin.token.address.as_str())
                    .texts(texts(&terms.acceptable, |token| token.symbol.as_str()))
                    .texts(texts(&terms.acceptable, |token| token.address.as_str()))
                    .big_int(destination.chain.number())
                    .text(destination.chain_name.as_str())
                    .text(destination.token.symbol.as_str())
                    .text(destination.token.address.as_str())
                    .text(route.destination_address.as_str())
                    .maybe_text(route.refund_to.as_ref().map(|address| address.as_str()))
                    .text(terms.deposit_address.as_str())
                    .maybe_text(terms.relay_request.as_ref().map(|request| request.as_str()))
                    .bool(route.strict)
                    .time(route.updated_at)
            })
            .await?;
        Ok(kept)
    }

    async fn find_route(
        &self,
        tenant: Tenant,
        id: PaymentRouteId,
    ) -> Result<Option<PaymentRoute>, StoreError> {
        let row: Option<RouteRow> = self
            .database
            .row(|| in_tenant::<RouteSql>(FIND, tenant).uuid(id.uuid()))
            .await?;
        row.map(route).transpose()
    }

    async fn list_routes(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<PaymentRoute>, StoreError> {
        let (sql, counted) = match filter {
            HolderFilter::All => (LIST, Uuid::nil()),
            HolderFilter::Customer(customer) => (LIST_OF_CUSTOMER, customer.uuid()),
            HolderFilter::Nobody => return Ok(Listing::EMPTY),
        };
        let rows: Vec<(i64, RouteRow)> = self
            .database
            .rows(|| {
                in_tenant::<(BigInt, RouteSql)>(sql, tenant)
                    .uuid(counted)
                    .big_int(i64::from(limit))
            })
            .await?;
        let total = rows.first().map_or(0, |(total, _)| *total);
        let rows: Result<_, _> = rows.into_iter().map(|(_, row)| route(row)).collect();
        Ok(Listing { rows: rows?, total })
    }

    async fn advance_route(
        &self,
        tenant: Tenant,
        expected: RouteStatus,
        after: &PaymentRoute,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let kept = self
            .change_and_keep(tenant, &keep, ADVANCE, |statement| {
                statement
                    .uuid(after.id.uuid())
                    .text(expected.as_str())
                    .text(after.status.as_str())
                    .time(after.updated_at)
            })
            .await?;
        Ok(kept)
    }
}

fn texts(tokens: &[Token], part: fn(&Token) -> &str) -> Vec<String> {
    tokens.iter().map(|token| part(token).to_owned()).collect()
}
