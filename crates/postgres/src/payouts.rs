//! Payouts: stored with their keys, found and listed.

use async_trait::async_trait;
use diesel::sql_types::{Binary, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    id::PayoutId,
    idempotency::{Fingerprint, KeyClaim},
    payout::Payout,
    ports::{
        InsertPayout, PageError, PayoutBasis, PayoutCustomer, PayoutPage, PayoutPageRequest,
        PayoutQuestion, Payouts, StoreError,
    },
    tenant::Tenant,
    values::{CustomerReference, InteracEmail, MerchantReference},
};

use crate::{
    database::Store,
    error::unless_taken,
    money_sealing::seal_recipient,
    payout_rows::{
        MaybePayoutRow, MaybePayoutSql, PayoutRow, PayoutSql, payout, payout_columns, present,
    },
    queries::{cut, one_more_than},
    rows::{broken, handle_parts, id},
    statement::in_tenant,
};

/// The payout is the one that the key is bound to, or else the one that has the merchant reference.
const BASIS: &str = concat!(
    "SELECT c.id, c.reference, c.status, c.interac_email, h.address, k.fingerprint, p.fingerprint, ",
    payout_columns!(),
    " FROM (SELECT) one
     LEFT JOIN customers c
       ON c.organisation_id = $1 AND c.env = $2 AND (c.id = $4 OR c.reference = $5)
       AND c.provisioning <> 'reserved' AND NOT c.is_primary
     LEFT JOIN interac_holds h ON h.organisation_id = $1 AND h.env = $2 AND h.customer_id = c.id
     LEFT JOIN idempotency_keys k
       ON k.organisation_id = $1 AND k.env = $2 AND k.digest = $3
     LEFT JOIN payouts p
       ON p.organisation_id = $1 AND p.env = $2 AND p.id = COALESCE(k.subject, (
           SELECT n.id FROM payouts n WHERE n.organisation_id = $1 AND n.env = $2 AND n.merchant_reference = $6
       ))
     LEFT JOIN customers o ON o.organisation_id = $1 AND o.env = $2 AND o.id = p.customer_id"
);

type BasisSql = (
    Nullable<SqlUuid>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Binary>,
    Nullable<Binary>,
    MaybePayoutSql,
);
type BasisRow = (
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    MaybePayoutRow,
);

/// The customer's row counts the payouts that are processing, so a constraint keeps it from being closed; and being
/// changed here, it is verified still, whoever else is changing it.
const INSERT: &str = concat!(
    "WITH o AS (
         UPDATE customers t SET processing_payouts = t.processing_payouts + 1
         WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $4 AND t.status = 'verified'
           AND ($5 IS NULL OR EXISTS (
               SELECT FROM interac_holds h
               WHERE h.organisation_id = $1 AND h.env = $2 AND h.customer_id = t.id AND h.address = $5
           ))
         RETURNING t.id, t.reference
     ), p AS (
         INSERT INTO payouts (organisation_id, env, id, customer_id, currency, amount_minor, merchant_reference,
                              fingerprint, data_key, recipient)
         SELECT $1, $2, $3, o.id, $6, $7, $8, $9, $10, $11 FROM o
         RETURNING *
     ), bound AS (
         INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id, subject)
         SELECT $1, $2, $12, $13, $14, p.customer_id, p.id FROM p
     )
     SELECT ",
    payout_columns!(),
    " FROM p JOIN o ON o.id = p.customer_id"
);

const FIND: &str = concat!(
    "SELECT ",
    payout_columns!(),
    " FROM payouts p
     JOIN customers o ON o.organisation_id = $1 AND o.env = $2 AND o.id = p.customer_id
     WHERE p.organisation_id = $1 AND p.env = $2 AND p.id = $3"
);

/// The cursor comes along in every row, and a row comes even when the page is empty.
const PAGE: &str = concat!(
    "WITH cursor AS MATERIALIZED (
         SELECT id FROM payouts WHERE organisation_id = $1 AND env = $2 AND id = $3
     ), customer AS MATERIALIZED (
         SELECT id FROM customers
         WHERE organisation_id = $1 AND env = $2 AND (id = $4 OR reference = $5)
           AND provisioning <> 'reserved' AND NOT is_primary
     )
     SELECT (SELECT id FROM cursor), ",
    payout_columns!(),
    " FROM (SELECT) one LEFT JOIN LATERAL (
         SELECT * FROM payouts p WHERE p.organisation_id = $1 AND p.env = $2"
);
const BEFORE_CURSOR: &str = " AND p.id < (SELECT id FROM cursor)";
const OF_CUSTOMER: &str = " AND p.customer_id = (SELECT id FROM customer)";
const PAGE_END: &str = " ORDER BY p.id DESC LIMIT $6) p ON true
     LEFT JOIN customers o ON o.organisation_id = $1 AND o.env = $2 AND o.id = p.customer_id
     ORDER BY p.id DESC";

#[async_trait]
impl Payouts for Store {
    async fn payout_basis(
        &self,
        tenant: Tenant,
        question: PayoutQuestion<'_>,
        claim: &KeyClaim,
    ) -> Result<PayoutBasis, StoreError> {
        let (uuid, reference) = question.customer.map_or((None, None), handle_parts);
        let merchant_reference = question.merchant_reference.map(MerchantReference::as_str);
        let row: Option<BasisRow> = self
            .database
            .row(|| {
                in_tenant::<BasisSql>(BASIS, tenant)
                    .bytes(self.hashing.key(tenant, claim))
                    .uuid(uuid)
                    .maybe_text(reference)
                    .maybe_text(merchant_reference)
            })
            .await?;
        basis(row.ok_or_else(|| broken("basis of a payout"))?)
    }

    async fn insert_payout(
        &self,
        tenant: Tenant,
        insert: &InsertPayout<'_>,
    ) -> Result<Option<Payout>, StoreError> {
        let InsertPayout {
            id,
            customer,
            request,
            recipient,
            asked,
            claim,
        } = insert;
        let sealed = seal_recipient(&self.master_keys, tenant, id.uuid(), recipient)?;
        // Who named the recipient does not depend on what the customer holds.
        let held = match request.recipient.interac_email {
            None => Some(recipient.interac_email.as_str()),
            Some(_) => None,
        };
        let inserted = self
            .database
            .row(|| {
                in_tenant::<PayoutSql>(INSERT, tenant)
                    .uuid(id.uuid())
                    .uuid(customer.id.uuid())
                    .maybe_text(held)
                    .text(request.currency.as_str())
                    .big_int(request.amount.count())
                    .text(request.merchant_reference.as_str())
                    .bytes(asked.0)
                    .bytes(sealed.data_key.clone())
                    .bytes(sealed.value.clone())
                    .bytes(self.hashing.key(tenant, claim))
                    .text(claim.contract.as_str())
                    .bytes(claim.fingerprint.0)
            })
            .await;
        let inserted: Option<PayoutRow> = unless_taken(inserted)?.flatten();
        inserted.map(payout).transpose()
    }

    async fn bind_payout_key(
        &self,
        tenant: Tenant,
        payout: &Payout,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        self.bind_key_to(tenant, payout.customer, payout.id.uuid(), claim)
            .await
    }

    async fn find_payout(
        &self,
        tenant: Tenant,
        id: PayoutId,
    ) -> Result<Option<Payout>, StoreError> {
        let row: Option<PayoutRow> = self
            .database
            .row(|| in_tenant::<PayoutSql>(FIND, tenant).uuid(id.uuid()))
            .await?;
        row.map(payout).transpose()
    }

    async fn payouts_page(
        &self,
        tenant: Tenant,
        request: &PayoutPageRequest,
    ) -> Result<PayoutPage, PageError> {
        let customer: Option<&CustomerHandle> = request.customer.as_ref();
        let (uuid, reference) = customer.map_or((None, None), handle_parts);
        let rows: Vec<(Option<Uuid>, MaybePayoutRow)> = self
            .database
            .rows(|| {
                in_tenant::<(Nullable<SqlUuid>, MaybePayoutSql)>(page_sql(request), tenant)
                    .uuid(request.after.map(|after| after.uuid()))
                    .uuid(uuid)
                    .maybe_text(reference)
                    .big_int(one_more_than(request.limit))
            })
            .await
            .map_err(StoreError::from)?;
        if request.after.is_some() && rows.iter().any(|(cursor, _)| cursor.is_none()) {
            return Err(PageError::UnknownCursor);
        }
        let payouts: Result<Vec<_>, _> = rows
            .into_iter()
            .filter_map(|(_, row)| present(row).map(payout))
            .collect();
        let (payouts, has_more) = cut(payouts?, request.limit);
        Ok(PayoutPage { payouts, has_more })
    }
}

fn page_sql(request: &PayoutPageRequest) -> String {
    let parts = [
        (true, PAGE),
        (request.after.is_some(), BEFORE_CURSOR),
        (request.customer.is_some(), OF_CUSTOMER),
        (true, PAGE_END),
    ];
    let asked = parts.into_iter().filter(|(asked, _)| *asked);
    asked.map(|(_, part)| part).collect()
}

fn basis(row: BasisRow) -> Result<PayoutBasis, StoreError> {
    let (customer, reference, status, own, held, used_with, asked, found) = row;
    let found = present(found).map(payout).transpose()?;
    let is_bound = used_with.is_some();
    let with = used_with.or(asked).map(fingerprint).transpose()?;
    let (bound, namesake) = match (with.zip(found), is_bound) {
        (found, true) => (found, None),
        (found, false) => (None, found),
    };
    Ok(PayoutBasis {
        customer: customer
            .zip(reference)
            .zip(status)
            .map(|((uuid, reference), status)| {
                Ok::<_, StoreError>(PayoutCustomer {
                    id: id(uuid)?,
                    reference: CustomerReference::restore(reference)
                        .map_err(|_| broken("reference"))?,
                    status: Status::parse(&status).map_err(|_| broken("status"))?,
                    own_address: address(own)?,
                    held_address: address(held)?,
                })
            })
            .transpose()?,
        bound,
        namesake,
    })
}

fn address(text: Option<String>) -> Result<Option<InteracEmail>, StoreError> {
    let address = text.map(InteracEmail::restore).transpose();
    address.map_err(|_| broken("interac e-mail"))
}

/// A stored fingerprint.
pub(crate) fn fingerprint(bytes: Vec<u8>) -> Result<Fingerprint, StoreError> {
    let bytes = bytes.try_into().map_err(|_| broken("fingerprint"))?;
    Ok(Fingerprint(bytes))
}
