//! Reservations: one statement each, and every race decided by a constraint.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerSummary, IdentityField, NewCustomer, differing_fields},
    id::{CustomerId, EventId},
    idempotency::KeyClaim,
    ports::{
        AbsenceClear, Lease, LeaseTerms, Provisioning, RailCustomerId, RecordOutcome, Reservation,
        Reserve, Reserved, Standing, StoreError, folded,
    },
    tenant::Tenant,
};

use crate::{
    database::Store,
    error::Failure,
    hashing::stored_hashes,
    personal_data::{self, PersonalDataError, PlainIdentity},
    rows::{
        MaybeSummaryRow, MaybeSummarySql, SummaryRow, SummarySql, broken, present, summary,
        summary_columns,
    },
    sealing::Sealed,
    statement::statement,
};

/// How often a reservation is tried that meets only obstacles which are gone when looked at.
const ATTEMPTS: u8 = 3;

/// Parts the texts that a search looks through; no search can hold it.
const SEPARATOR: char = '\u{1f}';

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
    INSERT INTO idempotency_keys (organisation_id, env, contract, scope, key, fingerprint, customer_id)
    VALUES ($1, $2, $17, $18, $19, $20, $3)";

/// Reads everything that can stand against a reservation at once. A bound key names the customer to look at; without one
/// the reference does.
const STANDING: &str = concat!(
    "SELECT k.fingerprint, c.id IS NOT NULL,
            EXISTS (SELECT FROM reservations p WHERE p.env = $2 AND p.person = $7),
            EXISTS (SELECT FROM interac_holds h WHERE h.organisation_id = $1 AND h.env = $2 AND h.address = $8),
            ",
    summary_columns!(),
    ",
            c.provisioning, c.answered_at IS NOT NULL, c.identity_hashes, r.leased_until <= now()
     FROM (SELECT) one
     LEFT JOIN idempotency_keys k
       ON k.organisation_id = $1 AND k.env = $2 AND k.contract = $3 AND k.scope = $4 AND k.key = $5
     LEFT JOIN LATERAL (
         SELECT * FROM customers b WHERE b.organisation_id = $1 AND b.env = $2 AND b.id = k.customer_id
         UNION ALL
         SELECT * FROM customers n
         WHERE k.customer_id IS NULL AND n.organisation_id = $1 AND n.env = $2 AND n.reference = $6
     ) c ON true
     LEFT JOIN reservations r
       ON r.organisation_id = $1 AND r.env = $2 AND r.customer_id = c.id"
);

type StandingSql = (
    Nullable<Binary>,
    Bool,
    Bool,
    Bool,
    MaybeSummarySql,
    Nullable<Text>,
    Bool,
    Nullable<Binary>,
    Nullable<Bool>,
);
type StandingRow = (
    Option<Vec<u8>>,
    bool,
    bool,
    bool,
    MaybeSummaryRow,
    Option<String>,
    bool,
    Option<Vec<u8>>,
    Option<bool>,
);

/// Takes an expired lease, and with `$11` binds the key that asked, which a plain insert refuses if it is bound by now.
const TAKE_OVER: &str = concat!(
    "WITH taken AS (
         UPDATE reservations SET lease_token = $4, leased_until = now() + $5 * interval '1 millisecond'
         WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND leased_until <= now()
         RETURNING customer_id,
                   (EXTRACT(EPOCH FROM GREATEST(COALESCE(absence_clear_at, now()), now()) - now()) * 1000)::bigint AS doubt
     ), bound AS (
         INSERT INTO idempotency_keys (organisation_id, env, contract, scope, key, fingerprint, customer_id)
         SELECT $1, $2, $6, $7, $8, $9, $3 FROM taken WHERE $10
     )
     SELECT taken.doubt, ",
    summary_columns!(),
    ", c.customer_type, c.country, c.id_type, c.data_key, c.personal_data
     FROM taken JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = taken.customer_id"
);

pub(crate) type TakenSql = (BigInt, SummarySql, Text, Text, Text, Binary, Binary);
pub(crate) type TakenRow = (i64, SummaryRow, String, String, String, Vec<u8>, Vec<u8>);

const RECORD: &str = concat!(
    "WITH ended AS (
         DELETE FROM reservations
         WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND lease_token = $4
         RETURNING customer_id
     ), c AS (
         UPDATE customers t
         SET provisioning = 'provisioned', rail_customer_id = $5, event_count = t.event_count + 1,
             answered_at = CASE WHEN $6 THEN now() END
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
        let recorded = self
            .database
            .rows(|| {
                statement::<SummarySql>(RECORD)
                    .uuid(reservation.tenant.organisation.uuid())
                    .text(reservation.tenant.env.as_str())
                    .uuid(reservation.id.uuid())
                    .uuid(reservation.lease.token)
                    .text(rail_customer.expose())
                    .bool(answered)
                    .uuid(event.uuid())
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
                statement::<()>(ABANDON)
                    .uuid(reservation.tenant.organisation.uuid())
                    .text(reservation.tenant.env.as_str())
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
        let (keep, after) = match absence {
            AbsenceClear::Now => (false, None),
            AbsenceClear::After(settle) => (false, Some(millis(settle))),
            AbsenceClear::AsBefore => (true, None),
        };
        self.database
            .affected(|| {
                statement::<()>(RELEASE)
                    .uuid(reservation.tenant.organisation.uuid())
                    .text(reservation.tenant.env.as_str())
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
                statement::<()>(
                    "UPDATE customers SET answered_at = now()
                     WHERE organisation_id = $1 AND env = $2 AND id = $3 AND answered_at IS NULL",
                )
                .uuid(tenant.organisation.uuid())
                .text(tenant.env.as_str())
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
                statement::<SummarySql>(RECORDED)
                    .uuid(reservation.tenant.organisation.uuid())
                    .text(reservation.tenant.env.as_str())
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
        let search_text = search_text(reference.as_str(), interac_email, &display_name);
        let hashes = self.hashing.identity(id, identity, contact);
        let person = self.hashing.person(identity, contact);
        let sealed = personal_data::seal(&self.master_keys, tenant, id, identity, contact)
            .map_err(|error| unreadable(&error))?;
        self.database
            .affected(|| {
                statement::<()>(RESERVE)
                    .uuid(tenant.organisation.uuid())
                    .text(tenant.env.as_str())
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
                    .text(reserve.claim.contract.as_str())
                    .text(reserve.claim.operation.scope())
                    .text(reserve.claim.key.as_str())
                    .bytes(reserve.claim.fingerprint.0)
            })
            .await?;
        Ok(())
    }

    /// Decides how a request stands: the key first, then the reference, the person, the Interac e-mail. Without a
    /// customer only the key is asked.
    async fn decide(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        customer: Option<&NewCustomer>,
        terms: LeaseTerms,
    ) -> Result<Option<Standing>, StoreError> {
        for _ in 0..ATTEMPTS {
            let found = self.read_standing(tenant, claim, customer).await?;
            match self.judge(tenant, claim, customer, terms, found).await {
                Err(Failure::Taken { .. }) => {}
                judged => return Ok(judged?),
            }
        }
        // The key was bound to something else, again and again, while the request was being judged.
        Ok(Some(Standing::InProgress))
    }

    async fn read_standing(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        customer: Option<&NewCustomer>,
    ) -> Result<StandingRow, StoreError> {
        let reference = customer.map(|customer| customer.reference.as_str());
        let person = customer.map(|new| self.hashing.person(&new.identity, &new.contact));
        let address = customer.and_then(|customer| customer.interac_email.as_ref());
        let found = self
            .database
            .row(|| {
                statement::<StandingSql>(STANDING)
                    .uuid(tenant.organisation.uuid())
                    .text(tenant.env.as_str())
                    .text(claim.contract.as_str())
                    .text(claim.operation.scope())
                    .text(claim.key.as_str())
                    .maybe_text(reference)
                    .maybe_bytes(person)
                    .maybe_text(address.map(|address| address.as_str()))
            })
            .await?;
        found.ok_or_else(|| broken("standing"))
    }

    async fn judge(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        customer: Option<&NewCustomer>,
        terms: LeaseTerms,
        found: StandingRow,
    ) -> Result<Option<Standing>, Failure> {
        let (
            fingerprint,
            exists,
            person_busy,
            address_held,
            row,
            provisioning,
            answered,
            hashes,
            free,
        ) = found;
        let by_key = fingerprint.is_some();
        if fingerprint.is_some_and(|bound| bound != claim.fingerprint.0) {
            return Ok(Some(Standing::KeyConflict));
        }
        if !exists {
            return Ok(match (person_busy, address_held) {
                (true, _) => Some(Standing::PersonBusy),
                (false, true) => Some(Standing::InteracEmailTaken),
                (false, false) => None,
            });
        }
        let existing = present(row).ok_or_else(|| broken("customer"))?;
        let existing = summary(existing)?;
        let differing = match (by_key, customer) {
            (false, Some(customer)) => self.differing(&existing, customer, hashes.as_deref())?,
            _ => Vec::new(),
        };
        let provisioned = provisioning.as_deref() != Some("reserved");
        if !provisioned && free != Some(true) {
            return Ok(Some(Standing::InProgress));
        }
        if !differing.is_empty() {
            return Ok(Some(Standing::ReferenceTaken {
                customer: provisioned.then_some(existing.id),
                differing,
            }));
        }
        if !provisioned {
            return self
                .take_over(tenant, existing.id, claim, !by_key, terms)
                .await
                .map(Some);
        }
        if !by_key {
            self.insert_key(tenant, existing.id, claim).await?;
        }
        Ok(Some(Standing::Exists {
            customer: existing,
            by_key,
            answered,
        }))
    }

    fn differing(
        &self,
        existing: &CustomerSummary,
        customer: &NewCustomer,
        stored: Option<&[u8]>,
    ) -> Result<Vec<IdentityField>, StoreError> {
        let stored = stored
            .and_then(stored_hashes)
            .ok_or_else(|| broken("identity hash"))?;
        let asked =
            self.hashing
                .identity(existing.id.uuid(), &customer.identity, &customer.contact);
        Ok(differing_fields(&stored, &asked))
    }

    /// Takes an expired lease over; somebody may be faster.
    async fn take_over(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
        bind_key: bool,
        terms: LeaseTerms,
    ) -> Result<Standing, Failure> {
        let token = Uuid::new_v4();
        let taken: Vec<TakenRow> = self
            .database
            .rows(|| {
                statement::<TakenSql>(TAKE_OVER)
                    .uuid(tenant.organisation.uuid())
                    .text(tenant.env.as_str())
                    .uuid(customer.uuid())
                    .uuid(token)
                    .big_int(millis(terms.lease()))
                    .text(claim.contract.as_str())
                    .text(claim.operation.scope())
                    .text(claim.key.as_str())
                    .bytes(claim.fingerprint.0)
                    .bool(bind_key)
            })
            .await?;
        match taken.into_iter().next() {
            Some(row) => Ok(Standing::Resumed(Box::new(
                self.reservation(tenant, token, row)?,
            ))),
            None => Ok(Standing::InProgress),
        }
    }

    pub(crate) fn reservation(
        &self,
        tenant: Tenant,
        token: Uuid,
        row: TakenRow,
    ) -> Result<Reservation, StoreError> {
        let (doubt, row, customer_type, country, id_type, data_key, value) = row;
        let summary = summary(row)?;
        let plain = PlainIdentity {
            customer_type,
            country,
            id_type,
        };
        let sealed = Sealed { data_key, value };
        let (identity, contact) = personal_data::open(
            &self.master_keys,
            tenant,
            summary.id.uuid(),
            &plain,
            &sealed,
        )
        .map_err(|error| unreadable(&error))?;
        Ok(Reservation {
            tenant,
            id: summary.id,
            customer: NewCustomer {
                reference: summary.reference,
                interac_email: summary.interac_email,
                identity,
                contact,
            },
            lease: Lease {
                token,
                absence_clear_in: Duration::from_millis(doubt.max(0).cast_unsigned()),
            },
        })
    }

    /// Binds a free key to a customer.
    pub(crate) async fn insert_key(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
    ) -> Result<(), Failure> {
        self.database.affected(|| {
            statement::<()>(
                "INSERT INTO idempotency_keys (organisation_id, env, contract, scope, key, fingerprint, customer_id)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .uuid(tenant.organisation.uuid())
            .text(tenant.env.as_str())
            .text(claim.contract.as_str())
            .text(claim.operation.scope())
            .text(claim.key.as_str())
            .bytes(claim.fingerprint.0)
            .uuid(customer.uuid())
        })
        .await?;
        Ok(())
    }
}

/// What searches look through: reference, Interac e-mail and display name, lower-cased here because Postgres under the C
/// locale lower-cases ASCII only.
fn search_text(reference: &str, interac_email: Option<&str>, display_name: &str) -> String {
    let interac_email = interac_email.unwrap_or_default();
    folded(&format!(
        "{reference}{SEPARATOR}{interac_email}{SEPARATOR}{display_name}"
    ))
}

pub(crate) fn unreadable(error: &PersonalDataError) -> StoreError {
    StoreError::Defect(error.to_string())
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
