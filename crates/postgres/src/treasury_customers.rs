//! Customers as the Treasury API makes and shows them.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::TreasuryCustomer,
    id::CustomerId,
    idempotency::Kept,
    ports::{CreateTreasuryCustomer, StoreError, TreasuryCustomerQueries, TreasuryCustomers},
    tenant::Tenant,
    values::{CustomerType, DisplayName, TreasuryEmail},
};

use crate::{
    answers::keeping,
    database::Store,
    grams::{grams, search_text},
    personal_data,
    rows::{broken, id},
    sealing::Sealed,
    statement::in_tenant,
};

/// The Remittance API finds it by its hyphenated id, which is its reference there.
const CREATE: &str = keeping!(
    "changed AS (
         INSERT INTO customers (organisation_id, env, id, reference, provisioning, status, version, event_count,
                                customer_type, display_name, search_text, search_grams, data_key,
                                personal_data)
         SELECT $1, $2, $7, $8, 'none', 'pending', 1, 1, $9, $10, $11, placed_grams($1, $2, $7, $12), $13, $14 FROM held
         RETURNING id
     ), logged AS (
         INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, status, version, changed)
         SELECT $1, $2, changed.id, 1, $15, 'customer_created', 'pending', 1, '{}' FROM changed
     )"
);

/// The name and the e-mail of a primary customer are its organisation's.
macro_rules! treasury_columns {
    () => {
        "c.id, COALESCE(c.display_name, o.name), c.customer_type, c.is_primary, o.email, c.data_key, c.personal_data"
    };
}

type CustomerSql = (
    SqlUuid,
    Text,
    Text,
    Bool,
    Text,
    Nullable<Binary>,
    Nullable<Binary>,
);
type CustomerRow = (
    Uuid,
    String,
    String,
    bool,
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

const FIND: &str = concat!(
    "SELECT ",
    treasury_columns!(),
    " FROM customers c JOIN organisations o ON o.id = $1
     WHERE c.organisation_id = $1 AND c.env = $2 AND c.id = $3 AND c.provisioning <> 'reserved'"
);

const PAGE: &str = concat!(
    "SELECT ",
    treasury_columns!(),
    " FROM customers c JOIN organisations o ON o.id = $1
     WHERE c.organisation_id = $1 AND c.env = $2 AND c.provisioning <> 'reserved'
     ORDER BY c.id DESC LIMIT $3"
);

const PAGE_AFTER: &str = concat!(
    "SELECT ",
    treasury_columns!(),
    " FROM customers c JOIN organisations o ON o.id = $1
     WHERE c.organisation_id = $1 AND c.env = $2 AND c.provisioning <> 'reserved'
       AND c.id < (SELECT a.id FROM customers a
                   WHERE a.organisation_id = $1 AND a.env = $2 AND a.id = $4 AND a.provisioning <> 'reserved')
     ORDER BY c.id DESC LIMIT $3"
);

const COUNT: &str = "
    SELECT COALESCE(sum(n.rows), 0)::bigint FROM row_counts n
    WHERE n.organisation_id = $1 AND n.env = $2 AND n.counted = 'customers' AND n.of_id = $3";

#[async_trait]
impl TreasuryCustomers for Store {
    async fn create(
        &self,
        tenant: Tenant,
        create: &CreateTreasuryCustomer<'_>,
    ) -> Result<Kept, StoreError> {
        let uuid = create.id.uuid();
        let new = create.customer;
        let reference = create.id.hyphenated().to_string();
        let search_text = search_text(&reference, None, new.name.as_str());
        let grams = grams(&search_text);
        let sealed = personal_data::seal_email(&self.master_keys, tenant, uuid, &new.email)
            .map_err(StoreError::from)?;
        let kept = self
            .change_and_keep(tenant, &create.keep, CREATE, |statement| {
                statement
                    .uuid(uuid)
                    .text(reference.as_str())
                    .text(new.customer_type.as_str())
                    .text(new.name.as_str())
                    .text(search_text.as_str())
                    .texts(grams.clone())
                    .bytes(sealed.data_key.clone())
                    .bytes(sealed.value.clone())
                    .uuid(create.event.uuid())
            })
            .await?;
        Ok(kept)
    }
}

#[async_trait]
impl TreasuryCustomerQueries for Store {
    async fn find_treasury(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<TreasuryCustomer>, StoreError> {
        let row: Option<CustomerRow> = self
            .database
            .row(|| in_tenant::<CustomerSql>(FIND, tenant).uuid(customer.uuid()))
            .await?;
        row.map(|row| self.treasury_customer(tenant, row))
            .transpose()
    }

    async fn page_treasury(
        &self,
        tenant: Tenant,
        after: Option<CustomerId>,
        limit: u16,
    ) -> Result<Vec<TreasuryCustomer>, StoreError> {
        let rows: Vec<CustomerRow> = self
            .database
            .rows(|| {
                let sql = if after.is_some() { PAGE_AFTER } else { PAGE };
                let page = in_tenant::<CustomerSql>(sql, tenant).big_int(i64::from(limit));
                match after {
                    Some(after) => page.uuid(after.uuid()),
                    None => page,
                }
            })
            .await?;
        rows.into_iter()
            .map(|row| self.treasury_customer(tenant, row))
            .collect()
    }

    async fn count_treasury(&self, tenant: Tenant) -> Result<u64, StoreError> {
        let count: Option<(i64,)> = self
            .database
            .row(|| in_tenant::<(BigInt,)>(COUNT, tenant).uuid(Uuid::nil()))
            .await?;
        let (count,) = count.ok_or_else(|| broken("count"))?;
        u64::try_from(count).map_err(|_| broken("count"))
    }
}

impl Store {
    fn treasury_customer(
        &self,
        tenant: Tenant,
        row: CustomerRow,
    ) -> Result<TreasuryCustomer, StoreError> {
        let (uuid, name, customer_type, is_primary, organisation_email, data_key, value) = row;
        let email = match data_key.zip(value) {
            Some((data_key, value)) => {
                let sealed = Sealed { data_key, value };
                personal_data::open_email(&self.master_keys, tenant, uuid, &sealed)?
            }
            None => TreasuryEmail::restore(organisation_email).map_err(|_| broken("e-mail"))?,
        };
        Ok(TreasuryCustomer {
            id: id(uuid)?,
            name: DisplayName::restore(name).map_err(|_| broken("name"))?,
            email,
            customer_type: CustomerType::parse(&customer_type)
                .map_err(|_| broken("customer type"))?,
            is_primary,
        })
    }
}
