//! Reservations: one statement each, and every race decided by a constraint.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use vouch_domain::{
    customer::NewCustomer,
    id::{CustomerId, EventId},
    idempotency::KeyClaim,
    ports::{
        AbsenceClear, Lease, LeaseTerms, Provisioning, RailCustomerId, RecordOutcome, Reservation,
        Reserve, Reserved, Standing, StoreError,
    },
    tenant::Tenant,
};

use crate::{
    database::Store,
    error::Failure,
    grams::{grams, search_text},
    leases::absence_parts,
    personal_data,
    rows::{SummaryRow, SummarySql, summary, summary_columns},
    statement::{in_tenant, millis},
};

/// How often a reservation is tried that meets only obstacles which are gone when looked at.
const ATTEMPTS: u8 = 3;

/// Plain inserts, so that any violation undoes all of them: with `ON CONFLICT DO NOTHING` a conflict on one table would
/// leave the others' rows behind.
const RESERVE: &str = "
    WITH customer AS (
        INSERT INTO customers (organisation_id, env, id, reference, provisioning, status, version, event_count,
                               customer_type, country, id_type, display_name, interac_email, search_text,
                               identity_hashes, data_key, personal_data)
        VALUES ($1, $2, $3, $4, 'reserved', 'pending', 1, 0, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ), reservation AS (
        INSERT INTO reservations (organisation_id, env, customer_id, person, lease_token, leased_until)
        VALUES ($1, $2, $3, $14, $15, now() + $16 * interval '1 millisecond')
    ), hold AS (
        INSERT INTO interac_holds (organisation_id, env, address, customer_id)
        SELECT $1, $2, $9, $3 WHERE $9 IS NOT NULL
    )
    INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id)
    VALUES ($1, $2, $17, $18, $19, $3)";
const RECORD: &str = concat!(
    "WITH ended AS (
         DELETE FROM reservations
         WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4
         RETURNING customer_id
     ), c AS (
         UPDATE customers t
         SET provisioning = 'provisioned', rail_customer_id = $5, event_count = t.event_count + 1,
             answered_at = CASE WHEN $6 THEN now() END, search_grams = placed_grams($1, $2, t.id, $8)
         FROM ended WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = ended.customer_id
         RETURNING t.*
     ), logged AS (
         INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, interac_email, status,
                             version, changed)
         SELECT $1, $2, c.id, c.event_count, $7, 'customer_created', c.interac_email, c.status, c.version, '{}' FROM c
     )
     SELECT ",
    summary_columns!(),
    " FROM c"
);

/// What the same call did before, if its answer was lost: the event is there by then. A statement of its own, because
/// [`RECORD`] cannot see what was committed while it waited for the row.
const RECORDED: &str = concat!(
    "SELECT ",
    summary_columns!(),
    " FROM events e JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = e.customer_id
     WHERE e.organisation_id = $1 AND e.env = $2 AND e.customer_id = $3 AND e.id = $4"
);

const ABANDON: &str = "
    WITH ended AS (
        DELETE FROM reservations
        WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4
        RETURNING customer_id
    ), keys AS (
        DELETE FROM idempotency_keys k USING ended
        WHERE k.organisation_id = $1 AND k.env = $2 AND k.customer_id = ended.customer_id
    ), holds AS (
        DELETE FROM interac_holds h USING ended
        WHERE h.organisation_id = $1 AND h.env = $2 AND h.customer_id = ended.customer_id
    )
    DELETE FROM customers c USING ended
    WHERE c.organisation_id = $1 AND c.env = $2 AND c.id = ended.customer_id";

const RELEASE: &str = "
    UPDATE reservations
    SET leased_until = now(),
        absence_clear_at = CASE
            WHEN $5 THEN absence_clear_at
            WHEN $6 IS NULL THEN NULL
            ELSE GREATEST(absence_clear_at, now() + $6 * interval '1 millisecond')
        END
    WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4";

#[async_trait]
impl Provisioning for Store {
    async fn reserve(&self, tenant: Tenant, reserve: &Reserve<'_>) -> Result<Reserved, StoreError> {
        let token = Uuid::new_v4();
        for _ in 0..ATTEMPTS {
            match self.insert_reservation(tenant, reserve, token).await {
                Ok(()) => {
                    return Ok(Reserved::Granted(Lease {
                        token,
                        absence_clear_in: Duration::ZERO,
                    }));
                }
                Err(Failure::Taken { .. }) => {}
                Err(other) => return Err(other.into()),
            }
            if let Some(standing) = self.standing(tenant, reserve).await? {
                return Ok(Reserved::Stands(standing));
            }
        }
        Err(StoreError::Unavailable(
            "a reservation met obstacles that kept vanishing".to_owned(),
        ))
    }

    async fn standing(
        &self,
        tenant: Tenant,
        reserve: &Reserve<'_>,
    ) -> Result<Option<Standing>, StoreError> {
        self.decide(tenant, reserve.claim, Some(reserve.customer), reserve.terms)
            .await
    }

    async fn key_standing(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        terms: LeaseTerms,
    ) -> Result<Option<Standing>, StoreError> {
        self.decide(tenant, claim, None, terms).await
    }

    async fn record_provisioned(
        &self,
        reservation: &Reservation,
        rail_customer: &RailCustomerId,
        event: EventId,
        answered: bool,
    ) -> Result<RecordOutcome, StoreError> {
        let grams = grams(&searched(&reservation.customer));
        let recorded = self
            .database
            .rows(|| {
                in_tenant::<SummarySql>(RECORD, reservation.tenant)
                    .uuid(reservation.id.uuid())
                    .uuid(reservation.lease.token)
                    .text(rail_customer.expose())
                    .bool(answered)
                    .uuid(event.uuid())
                    .texts(grams.clone())
            })
            .await;
        match recorded {
            Ok(rows) => match rows.into_iter().next() {
                Some(row) => Ok(RecordOutcome::Recorded(summary(row)?)),
                None => self.recorded_before(reservation, event).await,
            },
            Err(Failure::Taken { constraint }) if constraint == "customers_rail_customer" => {
                Ok(RecordOutcome::RailCustomerTaken)
            }
            Err(other) => Err(other.into()),
        }
    }

    async fn abandon(&self, reservation: &Reservation) -> Result<bool, StoreError> {
        let abandoned = self
            .database
            .affected(|| {
                in_tenant::<()>(ABANDON, reservation.tenant)
                    .uuid(reservation.id.uuid())
                    .uuid(reservation.lease.token)
            })
            .await?;
        Ok(abandoned > 0)
    }

    async fn release(
        &self,
        reservation: &Reservation,
        absence: AbsenceClear,
    ) -> Result<(), StoreError> {
        let (keep, after) = absence_parts(absence);
        self.database
            .affected(|| {
                in_tenant::<()>(RELEASE, reservation.tenant)
                    .uuid(reservation.id.uuid())
                    .uuid(reservation.lease.token)
                    .bool(keep)
                    .big_int(after)
            })
            .await?;
        Ok(())
    }

    async fn claim_creation_answer(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<bool, StoreError> {
        let claimed = self
            .database
            .affected(|| {
                in_tenant::<()>(
                    "UPDATE customers SET answered_at = now()
                     WHERE organisation_id = $1 AND env = $2 AND id = $3 AND answered_at IS NULL",
                    tenant,
                )
                .uuid(customer.uuid())
            })
            .await?;
        Ok(claimed > 0)
    }
}

impl Store {
    async fn recorded_before(
        &self,
        reservation: &Reservation,
        event: EventId,
    ) -> Result<RecordOutcome, StoreError> {
        let row: Option<SummaryRow> = self
            .database
            .row(|| {
                in_tenant::<SummarySql>(RECORDED, reservation.tenant)
                    .uuid(reservation.id.uuid())
                    .uuid(event.uuid())
            })
            .await?;
        match row {
            Some(row) => Ok(RecordOutcome::Recorded(summary(row)?)),
            None => Ok(RecordOutcome::LeaseLost),
        }
    }

    async fn insert_reservation(
        &self,
        tenant: Tenant,
        reserve: &Reserve<'_>,
        token: Uuid,
    ) -> Result<(), Failure> {
        let NewCustomer {
            reference,
            interac_email,
            identity,
            contact,
        } = reserve.customer;
        let id = reserve.id.uuid();
        let interac_email = interac_email.as_ref().map(|address| address.as_str());
        let display_name = identity.name.display();
        let search_text = searched(reserve.customer);
        let hashes = self.hashing.identity(id, identity, contact);
        let person = self.hashing.person(identity, contact);
        let sealed = personal_data::seal(&self.master_keys, tenant, id, identity, contact)
            .map_err(StoreError::from)?;
        self.database
            .affected(|| {
                in_tenant::<()>(RESERVE, tenant)
                    .uuid(id)
                    .text(reference.as_str())
                    .text(identity.name.customer_type().as_str())
                    .text(identity.country.as_str())
                    .text(identity.id_type.as_str())
                    .text(display_name.clone())
                    .maybe_text(interac_email)
                    .text(search_text.clone())
                    .bytes(hashes.as_flattened())
                    .bytes(sealed.data_key.clone())
                    .bytes(sealed.value.clone())
                    .bytes(person)
                    .uuid(token)
                    .big_int(millis(reserve.terms.lease()))
                    .bytes(self.hashing.key(tenant, reserve.claim))
                    .text(reserve.claim.contract.as_str())
                    .bytes(reserve.claim.fingerprint.0)
            })
            .await?;
        Ok(())
    }
}

/// What searches for this customer look through.
fn searched(customer: &NewCustomer) -> String {
    let interac_email = customer.interac_email.as_ref();
    search_text(
        customer.reference.as_str(),
        interac_email.map(|address| address.as_str()),
        &customer.identity.name.display(),
    )
}
