//! Virtual accounts: stored with their keys, and listed.

use async_trait::async_trait;
use diesel::sql_types::{Binary, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    idempotency::KeyClaim,
    ports::{
        AccountBasis, AccountCustomer, AccountPage, AccountPageRequest, InsertAccount, PageError,
        StoreError, VirtualAccounts,
    },
    tenant::Tenant,
    values::{CustomerReference, FiatCurrency},
    virtual_account::VirtualAccount,
};

use crate::{
    account_rows::{
        AccountRow, AccountSql, MaybeAccountRow, MaybeAccountSql, account_columns, present,
    },
    database::Store,
    error::unless_taken,
    payouts::fingerprint,
    queries::{cut, one_more_than},
    rows::{broken, handle_parts, id},
    statement::in_tenant,
};

/// The account is the one that the key is bound to, or else the one that the customer has open in the currency.
const BASIS: &str = concat!(
    "SELECT c.id, c.reference, c.status, k.fingerprint, ",
    account_columns!(),
    " FROM (SELECT) one
     LEFT JOIN customers c
       ON c.organisation_id = $1 AND c.env = $2 AND (c.id = $4 OR c.reference = $5)
       AND c.provisioning <> 'reserved' AND NOT c.is_primary
     LEFT JOIN idempotency_keys k
       ON k.organisation_id = $1 AND k.env = $2 AND k.digest = $3
     LEFT JOIN virtual_accounts a
       ON a.organisation_id = $1 AND a.env = $2 AND a.id = COALESCE(k.subject, (
           SELECT n.id FROM virtual_accounts n
           WHERE n.organisation_id = $1 AND n.env = $2 AND n.customer_id = c.id AND n.currency = $6
             AND n.status IN ('provisioning', 'active')
       ))
     LEFT JOIN customers o ON o.organisation_id = $1 AND o.env = $2 AND o.id = a.customer_id"
);

type BasisSql = (
    Nullable<SqlUuid>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Binary>,
    MaybeAccountSql,
);
type BasisRow = (
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<Vec<u8>>,
    MaybeAccountRow,
);

const INSERT: &str = concat!(
    "WITH o AS (
         SELECT id, reference FROM customers
         WHERE organisation_id = $1 AND env = $2 AND id = $4 AND status = 'verified'
         FOR SHARE
     ), a AS (
         INSERT INTO virtual_accounts (organisation_id, env, id, customer_id, currency, status)
         SELECT $1, $2, $3, o.id, $5, 'provisioning' FROM o
         RETURNING *
     ), bound AS (
         INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id, subject)
         SELECT $1, $2, $6, $7, $8, a.customer_id, a.id FROM a
     )
     SELECT ",
    account_columns!(),
    " FROM a JOIN o ON o.id = a.customer_id"
);

/// Customer and cursor come along in every row, and a row comes even when the page is empty.
const PAGE: &str = concat!(
    "WITH o AS MATERIALIZED (
         SELECT id, reference FROM customers
         WHERE organisation_id = $1 AND env = $2 AND (id = $3 OR reference = $4)
           AND provisioning <> 'reserved' AND NOT is_primary
     ), cursor AS MATERIALIZED (
         SELECT a.id FROM virtual_accounts a JOIN o ON o.id = a.customer_id
         WHERE a.organisation_id = $1 AND a.env = $2 AND a.id = $5
     )
     SELECT (SELECT id FROM o), (SELECT id FROM cursor), ",
    account_columns!(),
    " FROM (SELECT) one LEFT JOIN o ON true
     LEFT JOIN LATERAL (
         SELECT * FROM virtual_accounts a
         WHERE a.organisation_id = $1 AND a.env = $2 AND a.customer_id = o.id
           AND ($5 IS NULL OR a.id < (SELECT id FROM cursor))
         ORDER BY a.id DESC LIMIT $6
     ) a ON true
     ORDER BY a.id DESC"
);

type PageSql = (Nullable<SqlUuid>, Nullable<SqlUuid>, MaybeAccountSql);
type PageRow = (Option<Uuid>, Option<Uuid>, MaybeAccountRow);

#[async_trait]
impl VirtualAccounts for Store {
    async fn account_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        currency: Option<FiatCurrency>,
        claim: &KeyClaim,
    ) -> Result<AccountBasis, StoreError> {
        let (uuid, reference) = handle_parts(customer);
        let row: Option<BasisRow> = self
            .database
            .row(|| {
                in_tenant::<BasisSql>(BASIS, tenant)
                    .bytes(self.hashing.key(tenant, claim))
                    .uuid(uuid)
                    .maybe_text(reference)
                    .maybe_text(currency.map(FiatCurrency::as_str))
            })
            .await?;
        self.account_basis_of(tenant, row.ok_or_else(|| broken("basis of an account"))?)
    }

    async fn insert_account(
        &self,
        tenant: Tenant,
        insert: &InsertAccount<'_>,
    ) -> Result<Option<VirtualAccount>, StoreError> {
        let InsertAccount {
            id,
            customer,
            currency,
            claim,
        } = insert;
        let inserted = self
            .database
            .row(|| {
                in_tenant::<AccountSql>(INSERT, tenant)
                    .uuid(id.uuid())
                    .uuid(customer.id.uuid())
                    .text(currency.as_str())
                    .bytes(self.hashing.key(tenant, claim))
                    .text(claim.contract.as_str())
                    .bytes(claim.fingerprint.0)
            })
            .await;
        let inserted: Option<AccountRow> = unless_taken(inserted)?.flatten();
        let account = inserted.map(|row| self.virtual_account(tenant, row));
        account.transpose()
    }

    async fn bind_account_key(
        &self,
        tenant: Tenant,
        account: &VirtualAccount,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        self.bind_key_to(tenant, account.customer, account.id.uuid(), claim)
            .await
    }

    async fn accounts_page(
        &self,
        tenant: Tenant,
        request: &AccountPageRequest,
    ) -> Result<Option<AccountPage>, PageError> {
        let (uuid, reference) = handle_parts(&request.customer);
        let rows: Vec<PageRow> = self
            .database
            .rows(|| {
                in_tenant::<PageSql>(PAGE, tenant)
                    .uuid(uuid)
                    .maybe_text(reference)
                    .uuid(request.after.map(|after| after.uuid()))
                    .big_int(one_more_than(request.limit))
            })
            .await
            .map_err(StoreError::from)?;
        if rows.iter().any(|(customer, ..)| customer.is_none()) {
            return Ok(None);
        }
        if request.after.is_some() && rows.iter().any(|(_, cursor, _)| cursor.is_none()) {
            return Err(PageError::UnknownCursor);
        }
        let accounts: Result<Vec<_>, _> = rows
            .into_iter()
            .filter_map(|(.., row)| present(row))
            .map(|row| self.virtual_account(tenant, row))
            .collect();
        let (accounts, has_more) = cut(accounts?, request.limit);
        Ok(Some(AccountPage { accounts, has_more }))
    }
}

impl Store {
    fn account_basis_of(&self, tenant: Tenant, row: BasisRow) -> Result<AccountBasis, StoreError> {
        let (customer, reference, status, used_with, found) = row;
        let found = present(found)
            .map(|row| self.virtual_account(tenant, row))
            .transpose()?;
        let used_with = used_with.map(fingerprint).transpose()?;
        let (bound, open) = match used_with {
            Some(used_with) => (found.map(|account| (used_with, account)), None),
            None => (None, found),
        };
        let customer = customer.zip(reference).zip(status);
        let customer = customer.map(|((uuid, reference), status)| {
            Ok::<_, StoreError>(AccountCustomer {
                id: id(uuid)?,
                reference: CustomerReference::restore(reference)
                    .map_err(|_| broken("reference"))?,
                status: Status::parse(&status).map_err(|_| broken("status"))?,
            })
        });
        Ok(AccountBasis {
            customer: customer.transpose()?,
            bound,
            open,
        })
    }
}
