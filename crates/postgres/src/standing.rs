//! How a request to create a customer stands, and taking over what nobody works on.

use std::time::Duration;

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerSummary, IdentityField, NewCustomer, differing_fields},
    id::CustomerId,
    idempotency::{Fingerprint, KeyClaim},
    ports::{Lease, LeaseTerms, Reservation, Standing, StoreError},
    tenant::Tenant,
};

use crate::{
    database::Store,
    error::Failure,
    hashing::stored_hashes,
    personal_data::{PersonalRow, PersonalSql},
    rows::{
        MaybeSummaryRow, MaybeSummarySql, SummaryRow, SummarySql, broken, present, summary,
        summary_columns,
    },
    statement::{in_tenant, millis},
};

/// How often a standing is judged while keys are being bound.
const ATTEMPTS: u8 = 3;

/// Reads everything that can stand against a reservation at once. A bound key names the customer to look at; without one
/// the reference does.
const STANDING: &str = concat!(
    "SELECT k.fingerprint, c.id IS NOT NULL,
            EXISTS (SELECT FROM reservations p WHERE p.env = $2 AND p.person = $5),
            EXISTS (SELECT FROM interac_holds h WHERE h.organisation_id = $1 AND h.env = $2 AND h.address = $6),
            ",
    summary_columns!(),
    ",
            c.provisioning, c.answered_at IS NOT NULL, c.identity_hashes, r.leased_until <= now()
     FROM (SELECT) one
     LEFT JOIN idempotency_keys k
       ON k.organisation_id = $1 AND k.env = $2 AND k.digest = $3
     LEFT JOIN LATERAL (
         SELECT * FROM customers b WHERE b.organisation_id = $1 AND b.env = $2 AND b.id = k.customer_id
         UNION ALL
         SELECT * FROM customers n
         WHERE k.customer_id IS NULL AND n.organisation_id = $1 AND n.env = $2 AND n.reference = $4
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

/// Takes an expired lease, and with `$9` binds the key that asked, which a plain insert refuses if it is bound by now.
const TAKE_OVER: &str = concat!(
    "WITH taken AS (
         UPDATE reservations SET lease_token = $4, leased_until = now() + $5 * interval '1 millisecond'
         WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND leased_until <= now()
         RETURNING customer_id,
                   (EXTRACT(EPOCH FROM GREATEST(COALESCE(absence_clear_at, now()), now()) - now()) * 1000)::bigint AS doubt
     ), bound AS (
         INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id)
         SELECT $1, $2, $6, $7, $8, $3 FROM taken WHERE $9
     )
     SELECT taken.doubt, ",
    summary_columns!(),
    ", c.customer_type, c.country, c.id_type, c.data_key, c.personal_data
     FROM taken JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = taken.customer_id"
);

pub(crate) type TakenSql = (BigInt, SummarySql, PersonalSql);
pub(crate) type TakenRow = (i64, SummaryRow, PersonalRow);

impl Store {
    /// Decides how a request stands: the key first, then the reference, the person, the Interac e-mail. Without a
    /// customer only the key is asked.
    pub(crate) async fn decide(
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
                in_tenant::<StandingSql>(STANDING, tenant)
                    .bytes(self.hashing.key(tenant, claim))
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
        let used_with = fingerprint
            .map(|bytes| bytes.try_into().map(Fingerprint))
            .transpose()
            .map_err(|_| broken("fingerprint"))?;
        if used_with.is_some_and(|body| claim.repeats(body).is_err()) {
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
        // A customer that the Treasury API made has no identity, so whatever is asked for is another one.
        let Some(stored) = stored else {
            return Ok(IdentityField::ALL.to_vec());
        };
        let stored = stored_hashes(stored).ok_or_else(|| broken("identity hash"))?;
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
                in_tenant::<TakenSql>(TAKE_OVER, tenant)
                    .uuid(customer.uuid())
                    .uuid(token)
                    .big_int(millis(terms.lease()))
                    .bytes(self.hashing.key(tenant, claim))
                    .text(claim.contract.as_str())
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
        let (doubt, row, sealed) = row;
        let summary = summary(row)?;
        let (identity, contact) = self.personal_data(tenant, summary.id.uuid(), sealed)?;
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
}
