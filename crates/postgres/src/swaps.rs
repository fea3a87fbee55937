//! Swaps: each step one statement, guarded by the status from which it leads on.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Bool, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{Holder, HolderChoice, HolderFilter},
    id::SwapId,
    idempotency::{Keep, Kept},
    ports::{Holders, Listing, StoreError, Swaps},
    swap::{Completion, Swap, SwapState, SwapStatus},
    tenant::Tenant,
    values::{DisplayName, TransactionHash},
};

use crate::{
    answers::keeping,
    database::Store,
    rows::{broken, id},
    statement::{Statement, in_tenant, millis},
    swap_rows::{SwapRow, SwapSql, swap, swap_columns},
};

const HOLDER: &str = "
    SELECT c.id, COALESCE(c.display_name, o.name)
    FROM customers c JOIN organisations o ON o.id = $1
    WHERE c.organisation_id = $1 AND c.env = $2 AND c.provisioning <> 'reserved'";
const NAMED: &str = " AND c.id = $3";
const PRIMARY: &str = " AND c.is_primary";

const INSERT: &str = keeping!(
    "changed AS (
         INSERT INTO swaps (organisation_id, env, id, customer_id, from_currency, to_currency, amount,
                            destination_address, rate, fee_bps, deposit_address, deposit_wallet, status, updated_at)
         SELECT $1, $2, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'awaiting_deposit', $17 FROM held
         RETURNING id
     ), job AS (
         INSERT INTO swap_jobs (organisation_id, env, swap_id, due_at)
         SELECT $1, $2, changed.id, now() + $18 * interval '1 millisecond' FROM changed
     )"
);

const CANCEL: &str = keeping!(
    "changed AS (
         UPDATE swaps s SET status = 'cancelled', updated_at = $8 FROM held
         WHERE s.organisation_id = $1 AND s.env = $2 AND s.id = $7 AND s.status = 'awaiting_deposit'
         RETURNING s.id
     ), ended AS (
         DELETE FROM swap_jobs j USING changed
         WHERE j.organisation_id = $1 AND j.env = $2 AND j.swap_id = changed.id
     )"
);

const ADVANCE: &str = "
    WITH moved AS (
        UPDATE swaps
        SET status = $5, received = $6, output = $7, swap_transaction = $8, payout_transaction = $9, failure = $10,
            completed_at = $11, updated_at = $12
        WHERE organisation_id = $1 AND env = $2 AND id = $3 AND status = $4
        RETURNING id
    ), ended AS (
        DELETE FROM swap_jobs j USING moved
        WHERE $13 AND j.organisation_id = $1 AND j.env = $2 AND j.swap_id = moved.id
    )
    SELECT EXISTS (SELECT FROM moved)";

macro_rules! select_swaps {
    ($first:literal) => {
        concat!(
            "SELECT ",
            $first,
            swap_columns!(),
            " FROM swaps s
             JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = s.customer_id
             JOIN organisations o ON o.id = $1
             WHERE s.organisation_id = $1 AND s.env = $2"
        )
    };
}

const FIND: &str = concat!(select_swaps!(""), " AND s.id = $3");

/// The total comes along in every row: without rows it is zero.
macro_rules! list {
    ($filter:literal) => {
        concat!(
            select_swaps!(
                "(SELECT COALESCE(sum(n.rows), 0)::bigint FROM row_counts n
                  WHERE n.organisation_id = $1 AND n.env = $2 AND n.counted = 'swaps' AND n.of_id = $3), "
            ),
            $filter,
            " ORDER BY s.id DESC LIMIT $4"
        )
    };
}
const LIST: &str = list!("");
const LIST_OF_CUSTOMER: &str = list!(" AND s.customer_id = $3");

#[async_trait]
impl Holders for Store {
    async fn holder(
        &self,
        tenant: Tenant,
        choice: HolderChoice,
    ) -> Result<Option<Holder>, StoreError> {
        let (customer, condition) = match choice {
            HolderChoice::Primary => (None, PRIMARY),
            HolderChoice::Customer(customer) => (Some(customer), NAMED),
            HolderChoice::Nobody => return Ok(None),
        };
        let row: Option<(Uuid, String)> = self
            .database
            .row(|| {
                let found: Statement<(SqlUuid, Text)> =
                    in_tenant([HOLDER, condition].concat(), tenant);
                match customer {
                    Some(customer) => found.uuid(customer.uuid()),
                    None => found,
                }
            })
            .await?;
        let holder = |(uuid, name)| {
            Ok(Holder {
                id: id(uuid)?,
                name: DisplayName::restore(name).map_err(|_| broken("name"))?,
            })
        };
        row.map(holder).transpose()
    }
}

#[async_trait]
impl Swaps for Store {
    async fn insert_swap(
        &self,
        tenant: Tenant,
        swap: &Swap,
        settle_in: Duration,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let (order, terms) = (&swap.order, &swap.terms);
        let kept = self
            .change_and_keep(tenant, &keep, INSERT, |statement| {
                statement
                    .uuid(swap.id.uuid())
                    .uuid(swap.holder.id.uuid())
                    .text(order.pair.from.as_str())
                    .text(order.pair.to.as_str())
                    .big_int(order.amount.units().count())
                    .text(order.destination.as_str())
                    .big_int(terms.rate.millionths())
                    .integer(terms.fee.count())
                    .text(terms.deposit_address.as_str())
                    .text(terms.deposit_wallet.as_str())
                    .time(swap.updated_at)
                    .big_int(millis(settle_in))
            })
            .await?;
        Ok(kept)
    }

    async fn find_swap(&self, tenant: Tenant, id: SwapId) -> Result<Option<Swap>, StoreError> {
        let row: Option<SwapRow> = self
            .database
            .row(|| in_tenant::<SwapSql>(FIND, tenant).uuid(id.uuid()))
            .await?;
        row.map(swap).transpose()
    }

    async fn list_swaps(
        &self,
        tenant: Tenant,
        filter: HolderFilter,
        limit: u8,
    ) -> Result<Listing<Swap>, StoreError> {
        let (sql, counted) = match filter {
            HolderFilter::All => (LIST, Uuid::nil()),
            HolderFilter::Customer(customer) => (LIST_OF_CUSTOMER, customer.uuid()),
            HolderFilter::Nobody => return Ok(Listing::EMPTY),
        };
        let rows: Vec<(i64, SwapRow)> = self
            .database
            .rows(|| {
                in_tenant::<(BigInt, SwapSql)>(sql, tenant)
                    .uuid(counted)
                    .big_int(i64::from(limit))
            })
            .await?;
        let total = rows.first().map_or(0, |(total, _)| *total);
        let rows: Result<_, _> = rows.into_iter().map(|(_, row)| swap(row)).collect();
        Ok(Listing { rows: rows?, total })
    }

    async fn cancel_swap(
        &self,
        tenant: Tenant,
        cancelled: &Swap,
        keep: Keep<'_>,
    ) -> Result<Kept, StoreError> {
        let kept = self
            .change_and_keep(tenant, &keep, CANCEL, |statement| {
                statement
                    .uuid(cancelled.id.uuid())
                    .time(cancelled.updated_at)
            })
            .await?;
        Ok(kept)
    }

    async fn advance_swap(
        &self,
        tenant: Tenant,
        expected: SwapStatus,
        after: &Swap,
    ) -> Result<bool, StoreError> {
        let status = after.state.status();
        let completion = match &after.state {
            SwapState::Completed(completion) => Some(completion),
            _ => None,
        };
        let failure = match &after.state {
            SwapState::Failed { failure, .. } => Some(failure.as_str()),
            _ => None,
        };
        let hash = |of: fn(&Completion) -> &TransactionHash| {
            completion.map(|completion| of(completion).as_str())
        };
        let row: Option<(bool,)> = self
            .database
            .row(|| {
                in_tenant::<(Bool,)>(ADVANCE, tenant)
                    .uuid(after.id.uuid())
                    .text(expected.as_str())
                    .text(status.as_str())
                    .big_int(after.state.received().map(|sum| sum.units().count()))
                    .big_int(completion.map(|completion| completion.output.count()))
                    .maybe_text(hash(|completion| &completion.swap_transaction))
                    .maybe_text(hash(|completion| &completion.payout_transaction))
                    .maybe_text(failure)
                    .time(completion.map(|completion| completion.at))
                    .time(after.updated_at)
                    .bool(status.is_final())
            })
            .await?;
        Ok(row.is_some_and(|(moved,)| moved))
    }
}
