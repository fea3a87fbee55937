//! Customers whose decision is looked for, shared among processes.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{RailReason, ToldReason},
    id::CustomerId,
    ports::{DueReview, RailCustomerId, Reviews, StoreError},
    tenant::{Env, Tenant},
};

use crate::{
    database::Store,
    leases::{readable, take_due},
    rows::{broken, id},
    statement::{Statement, in_tenant, millis, statement},
    submission_jobs::handover,
};

const AWAIT: &str = "
    INSERT INTO reviews AS r (organisation_id, env, customer_id, awaited, calls, next_look_at)
    VALUES ($1, $2, $3, true, 0, now() + $4 * interval '1 millisecond')
    ON CONFLICT (organisation_id, env, customer_id) DO UPDATE
    SET awaited = true, calls = r.calls + 1, looks = 0, next_look_at = least(r.next_look_at, EXCLUDED.next_look_at)";

const CALL: &str = "
    INSERT INTO reviews AS r (organisation_id, env, customer_id, awaited, calls, reason, told_at, next_look_at)
    SELECT c.organisation_id, $1, c.id, false, 1, $3, $4, now() FROM customers c
    WHERE c.env = $1 AND c.rail_customer_id = $2
    ON CONFLICT (organisation_id, env, customer_id) DO UPDATE
    SET calls = r.calls + 1, attempts = 0, next_look_at = now(),
        (reason, told_at) = (
            SELECT CASE WHEN is_newer THEN EXCLUDED.reason ELSE r.reason END,
                   CASE WHEN is_newer THEN EXCLUDED.told_at ELSE r.told_at END
            FROM (SELECT EXCLUDED.reason IS NOT NULL
                         AND COALESCE(EXCLUDED.told_at, '-infinity') >= COALESCE(r.told_at, '-infinity')) one (is_newer)
        )";

const TAKE_DUE: &str = take_due! {
    table: "reviews", key: "customer_id", due: "next_look_at", and: "true", doublings: 6,
    then: "
    SELECT taken.organisation_id, taken.customer_id, taken.awaited, taken.calls, taken.looks, taken.reason, taken.told_at,
           taken.lease_token, c.rail_customer_id, c.status_event,
           CASE WHEN s.is_undecided THEN COALESCE(s.may_have_begun, true) WHEN d.cause = 'submission' THEN false END,
           s.rejected_before
    FROM taken JOIN customers c
      ON c.organisation_id = taken.organisation_id AND c.env = $1 AND c.id = taken.customer_id
    LEFT JOIN LATERAL (
        SELECT n.decision IS NULL AS is_undecided, n.rejected_before, j.may_have_begun
        FROM kyc_submissions n
        LEFT JOIN kyc_jobs j ON j.organisation_id = n.organisation_id AND j.env = $1 AND j.submission_id = n.id
        WHERE n.organisation_id = taken.organisation_id AND n.env = $1 AND n.customer_id = taken.customer_id
        ORDER BY n.id DESC LIMIT 1
    ) s ON true
    LEFT JOIN LATERAL (
        SELECT n.cause FROM status_changes n
        WHERE n.organisation_id = taken.organisation_id AND n.env = $1 AND n.customer_id = taken.customer_id AND n.applied
        ORDER BY n.sequence DESC LIMIT 1
    ) d ON true"
};

type ReviewSql = (
    SqlUuid,
    SqlUuid,
    Bool,
    Integer,
    Integer,
    Nullable<Binary>,
    Nullable<Timestamptz>,
    SqlUuid,
);
type ReviewRow = (
    Uuid,
    Uuid,
    bool,
    i32,
    i32,
    Option<Vec<u8>>,
    Option<DateTime<Utc>>,
    Uuid,
);
type CustomerSql = (Text, Integer);
type CustomerRow = (String, i32);
/// Whether the review of the newest submission may have begun, unless somebody has decided about it.
type HandoverSql = (Nullable<Bool>, Nullable<Timestamptz>);
type HandoverRow = (Option<bool>, Option<DateTime<Utc>>);
type DueSql = (ReviewSql, CustomerSql, HandoverSql);
type DueRow = (ReviewRow, CustomerRow, HandoverRow);

/// A row that was called for meanwhile is due at once, with the reason that was told.
const SETTLE: &str = "
    WITH held AS (
        SELECT calls > $5 AS is_called FROM reviews
        WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4
        FOR UPDATE
    ), ended AS (
        DELETE FROM reviews r USING held
        WHERE r.organisation_id = $1 AND r.env = $2 AND r.customer_id = $3 AND NOT is_called AND $6 IS NULL
    )
    UPDATE reviews r
    SET awaited = $6 IS NOT NULL OR (is_called AND r.awaited), looks = r.looks + 1, attempts = 0, lease_token = NULL, leased_until = now(),
        reason = CASE WHEN is_called THEN r.reason END, told_at = CASE WHEN is_called THEN r.told_at END,
        next_look_at = CASE WHEN is_called THEN now() ELSE now() + $6 * interval '1 millisecond' END
    FROM held
    WHERE r.organisation_id = $1 AND r.env = $2 AND r.customer_id = $3 AND (is_called OR $6 IS NOT NULL)";

#[async_trait]
impl Reviews for Store {
    async fn await_decision(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        first_look: Duration,
    ) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                in_tenant(AWAIT, tenant)
                    .uuid(customer.uuid())
                    .big_int(millis(first_look))
            })
            .await?;
        Ok(())
    }

    async fn call_for_look(
        &self,
        env: Env,
        customer: &RailCustomerId,
        told: Option<&ToldReason>,
    ) -> Result<bool, StoreError> {
        let sealed = told.map(|told| {
            let text = told.reason.expose().as_bytes();
            self.master_keys.seal(&place(env, customer.expose()), text)
        });
        let sealed = sealed.transpose()?;
        let called = self
            .database
            .affected(|| {
                statement(CALL)
                    .text(env.as_str())
                    .text(customer.expose())
                    .maybe_bytes(sealed.clone())
                    .time(told.and_then(|told| told.at))
            })
            .await?;
        Ok(called > 0)
    }

    async fn take_due_reviews(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<DueReview>, StoreError> {
        let rows = self
            .take_due_rows::<DueSql, DueRow>(TAKE_DUE, env, lease, limit)
            .await?;
        Ok(readable("customer", rows, |row| {
            (row.0.1, self.due_review(env, row))
        }))
    }

    async fn settle_review(
        &self,
        review: &DueReview,
        again_in: Option<Duration>,
    ) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                held(SETTLE, review)
                    .integer(review.calls)
                    .big_int(again_in.map(millis))
            })
            .await?;
        Ok(())
    }

    async fn free_review(&self, review: &DueReview) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                held(
                    "UPDATE reviews SET leased_until = now()
                     WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4",
                    review,
                )
            })
            .await?;
        Ok(())
    }
}

impl Store {
    fn due_review(&self, env: Env, row: DueRow) -> Result<DueReview, StoreError> {
        let (review, (rail_customer, status_event), (may_have_begun, rejected_before)) = row;
        let (organisation, customer, awaited, calls, looks, reason, at, lease) = review;
        let reason = reason.map(|sealed| self.told_reason(env, &rail_customer, &sealed));
        let tenant = Tenant {
            organisation: id(organisation)?,
            env,
        };
        Ok(DueReview {
            tenant,
            customer: id(customer)?,
            rail_customer: RailCustomerId::parse(&rail_customer).map_err(|_| broken("rail id"))?,
            status_event,
            awaited,
            handover: may_have_begun.map(|begun| handover(begun, rejected_before)),
            calls,
            looks,
            told: reason.transpose()?.map(|reason| ToldReason { reason, at }),
            lease,
        })
    }

    fn told_reason(
        &self,
        env: Env,
        rail_customer: &str,
        sealed: &[u8],
    ) -> Result<RailReason, StoreError> {
        let opened = self.master_keys.open(&place(env, rail_customer), sealed)?;
        let text = std::str::from_utf8(&opened).ok();
        text.and_then(RailReason::new)
            .ok_or_else(|| broken("reason"))
    }
}

/// The first four placeholders name a row and the lease that is held on it.
fn held(sql: &'static str, review: &DueReview) -> Statement<()> {
    in_tenant(sql, review.tenant)
        .uuid(review.customer.uuid())
        .uuid(review.lease)
}

fn place(env: Env, rail_customer: &str) -> String {
    format!("reviews.reason {} {rail_customer}", env.as_str())
}
