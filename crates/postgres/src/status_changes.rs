//! Changes of statuses: one statement each, guarded by the number of the last event that bore on the status when the
//! change was judged.

use async_trait::async_trait;
use diesel::sql_types::{Binary, Bool, Integer, Nullable};
use vouch_domain::{
    customer::{Cause, CustomerHandle, Explanation, TransitionRefused},
    event::EventDetail,
    id::{CustomerId, StatusChangeId},
    idempotency::{Fingerprint, KeyClaim},
    ports::{ChangeStatus, StatusBasis, StatusChanges, StoreError, TransitionOutcome},
    tenant::Tenant,
};

use crate::{
    database::Store,
    error::Failure,
    event_rows::detail_json,
    rows::{SummaryRow, SummarySql, broken, handle_parts, summary, summary_columns},
    statement::in_tenant,
};

const BASIS: &str = concat!(
    "SELECT ",
    summary_columns!(),
    ", c.status_event, k.fingerprint
     FROM customers c
     LEFT JOIN idempotency_keys k
       ON k.organisation_id = $1 AND k.env = $2 AND k.digest = $5
     WHERE c.organisation_id = $1 AND c.env = $2 AND (c.id = $3 OR c.reference = $4)
       AND c.provisioning <> 'reserved' AND NOT c.is_primary"
);

type BasisSql = (SummarySql, Integer, Nullable<Binary>);
type BasisRow = (SummaryRow, i32, Option<Vec<u8>>);

/// What a customer's address being taken means for its return differs: see [`RETURN_WITHOUT_HOLD`]. The lease of a review
/// is locked, so that nobody takes it over before the change is stored.
macro_rules! transition {
    ($address_taken:literal) => {
        concat!(
            "WITH review AS MATERIALIZED (
                 SELECT customer_id FROM reviews
                 WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $6
                 FOR UPDATE
             ), c AS (
                 UPDATE customers t
                 SET status = $5, version = t.version + 1, event_count = t.event_count + 1,
                     status_event = t.event_count + 1
                 WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $3 AND t.status_event = $19
                   AND t.provisioning <> 'reserved' AND NOT t.is_primary
                   AND ($6 IS NULL OR EXISTS (SELECT FROM review))
                 RETURNING t.*
             ), released AS (
                 DELETE FROM interac_holds h USING c
                 WHERE $7 AND h.organisation_id = $1 AND h.env = $2 AND h.customer_id = c.id
             ), retaken AS (
                 INSERT INTO interac_holds (organisation_id, env, address, customer_id)
                 SELECT $1, $2, c.interac_email, c.id FROM c WHERE $8 AND c.interac_email IS NOT NULL ",
            $address_taken,
            " RETURNING customer_id
             ), outcome AS (
                 SELECT c.*, $8 AND c.interac_email IS NOT NULL AND NOT EXISTS (SELECT FROM retaken) AS hold_lost FROM c
             ), looked_for AS (
                 DELETE FROM reviews r USING c
                 WHERE $5 = 'closed' AND r.organisation_id = $1 AND r.env = $2 AND r.customer_id = c.id
             ), bound AS (
                 INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id)
                 SELECT $1, $2, $16, $17, $18, c.id FROM c WHERE $16 IS NOT NULL
             ), noted AS (
                 INSERT INTO status_changes (organisation_id, env, customer_id, id, sequence, cause, from_status,
                                             to_status, applied, hold_lost, rejection, reason, told_at)
                 SELECT $1, $2, c.id, $9, c.event_count, $12, $4, $5, true, c.hold_lost, $13, $14, $15
                 FROM outcome c
             ), logged AS (
                 INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, interac_email,
                                     status, version, changed, detail)
                 SELECT $1, $2, c.id, c.event_count, $9, $10, c.interac_email, c.status, c.version, '{}', $11::jsonb
                 FROM c
             )
             SELECT ",
            summary_columns!(),
            ", c.hold_lost FROM outcome c"
        )
    };
}

/// The rail's word always counts: if another customer has the address, this one goes without.
const RETURN_WITHOUT_HOLD: &str = transition!("ON CONFLICT DO NOTHING");
/// Raises, and undoes all of it, if another customer has the address.
const RETURN_WITH_HOLD: &str = transition!("");

type ChangedSql = (SummarySql, Bool);
type ChangedRow = (SummaryRow, bool);

const REFUSE: &str = "
    INSERT INTO status_changes (organisation_id, env, customer_id, id, sequence, cause, from_status, to_status, applied,
                                hold_lost)
    SELECT $1, $2, c.id, $4, c.event_count, $5, $6, $7, false, false FROM customers c
    WHERE c.organisation_id = $1 AND c.env = $2 AND c.id = $3
    ON CONFLICT DO NOTHING";

const EXPLAIN: &str = "
    UPDATE status_changes s SET rejection = $4, reason = $5, told_at = $6
    FROM customers c
    WHERE c.organisation_id = $1 AND c.env = $2 AND c.id = $3 AND c.status = 'rejected'
      AND s.organisation_id = $1 AND s.env = $2 AND s.customer_id = $3 AND s.applied AND s.to_status = 'rejected'
      AND s.sequence = (SELECT max(n.sequence) FROM status_changes n
                        WHERE n.organisation_id = $1 AND n.env = $2 AND n.customer_id = $3 AND n.applied)
      AND COALESCE(s.told_at, '-infinity') <= COALESCE($6, '-infinity')";

#[async_trait]
impl StatusChanges for Store {
    async fn status_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<StatusBasis>, StoreError> {
        let (id, reference) = handle_parts(customer);
        let row: Option<BasisRow> = self
            .database
            .row(|| {
                in_tenant::<BasisSql>(BASIS, tenant)
                    .uuid(id)
                    .maybe_text(reference)
                    .maybe_bytes(claim.map(|claim| self.hashing.key(tenant, claim)))
            })
            .await?;
        row.map(basis).transpose()
    }

    async fn transition(
        &self,
        tenant: Tenant,
        change: &ChangeStatus<'_>,
    ) -> Result<TransitionOutcome, StoreError> {
        let outcome = match self.move_on(tenant, change).await {
            Ok(outcome) => outcome,
            Err(Failure::Taken { constraint }) => match constraint.as_str() {
                "interac_holds_pkey" => return Ok(TransitionOutcome::InteracEmailTaken),
                "idempotency_keys_pkey" => return Ok(TransitionOutcome::Outrun),
                _ => return Err(Failure::Taken { constraint }.into()),
            },
            Err(Failure::Forbidden { constraint })
                if constraint == "customers_closed_have_no_payouts" =>
            {
                return Ok(TransitionOutcome::PayoutsProcessing);
            }
            Err(other) => return Err(other.into()),
        };
        let Some((row, hold_lost)) = outcome else {
            return Ok(TransitionOutcome::Outrun);
        };
        Ok(TransitionOutcome::Changed {
            customer: summary(row)?,
            hold_lost,
        })
    }

    async fn record_refusal(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        id: StatusChangeId,
        refused: TransitionRefused,
    ) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                in_tenant(REFUSE, tenant)
                    .uuid(customer.uuid())
                    .uuid(id.uuid())
                    .text(refused.cause.as_str())
                    .text(refused.from.as_str())
                    .text(refused.to.as_str())
            })
            .await?;
        Ok(())
    }

    async fn explain_rejection(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        explanation: &Explanation,
    ) -> Result<(), StoreError> {
        let reason = self.sealed_reason(tenant, customer, Some(explanation))?;
        self.database
            .affected(|| {
                in_tenant(EXPLAIN, tenant)
                    .uuid(customer.uuid())
                    .text(explanation.rejection.code())
                    .maybe_bytes(reason.clone())
                    .time(explanation.told_at)
            })
            .await?;
        Ok(())
    }
}

impl Store {
    async fn move_on(
        &self,
        tenant: Tenant,
        change: &ChangeStatus<'_>,
    ) -> Result<Option<ChangedRow>, Failure> {
        let transition = change.transition;
        let sql = match transition.cause {
            Cause::Submission => RETURN_WITH_HOLD,
            Cause::Rail | Cause::Merchant | Cause::Operator => RETURN_WITHOUT_HOLD,
        };
        let detail = EventDetail::from(transition);
        let reason = self.sealed_reason(tenant, change.customer, change.explanation)?;
        let rejection = change.explanation.map(|why| why.rejection.code());
        let claim = change.claim;
        self.database
            .row(|| {
                in_tenant::<ChangedSql>(sql, tenant)
                    .uuid(change.customer.uuid())
                    .text(transition.from.as_str())
                    .text(transition.to.as_str())
                    .uuid(change.review)
                    .bool(transition.releases_hold())
                    .bool(transition.retakes_hold())
                    .uuid(change.event.uuid())
                    .text(detail.event_type().as_str())
                    .maybe_text(detail_json(&detail))
                    .text(transition.cause.as_str())
                    .maybe_text(rejection)
                    .maybe_bytes(reason.clone())
                    .time(change.explanation.and_then(|why| why.told_at))
                    .maybe_bytes(claim.map(|claim| self.hashing.key(tenant, claim)))
                    .maybe_text(claim.map(|claim| claim.contract.as_str()))
                    .maybe_bytes(claim.map(|claim| claim.fingerprint.0))
                    .integer(change.status_event)
            })
            .await
    }
}

fn basis((row, status_event, bound): BasisRow) -> Result<StatusBasis, StoreError> {
    let bound = bound.map(|bytes| bytes.try_into().map(Fingerprint));
    Ok(StatusBasis {
        customer: summary(row)?,
        status_event,
        bound: bound.transpose().map_err(|_| broken("fingerprint"))?,
    })
}
