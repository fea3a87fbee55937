//! What a comparison with the rail needs of the store.

use async_trait::async_trait;
use diesel::sql_types::{Array, Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    ports::{CustomerKey, Drift, RailCustomerId, StoreError, TrackedCustomer},
    tenant::{Env, Tenant},
};

use crate::{
    database::Store,
    personal_data::{self, PlainIdentity},
    rows::{broken, contact_fields, id},
    sealing::Sealed,
    statement::statement,
};

/// The row comparison has the columns of the primary key, so that each page begins where the last one ended.
const TRACKED: &str = "
    SELECT c.organisation_id, c.id, r.customer_id IS NOT NULL, c.rail_customer_id,
           EXISTS (SELECT FROM customers o
                   WHERE o.env = c.env AND o.rail_customer_id = c.rail_customer_id
                     AND (o.organisation_id, o.id) <> (c.organisation_id, c.id)),
           ARRAY(SELECT f.field FROM refused_changes f
                 WHERE f.organisation_id = c.organisation_id AND f.env = c.env AND f.customer_id = c.id
                   AND NOT EXISTS (SELECT FROM contact_changes p
                                   WHERE p.organisation_id = c.organisation_id AND p.env = c.env
                                     AND p.customer_id = c.id AND f.field = ANY(p.fields))),
           c.customer_type, c.country, c.id_type, c.data_key, c.personal_data
    FROM customers c
    LEFT JOIN reservations r ON r.organisation_id = c.organisation_id AND r.env = c.env AND r.customer_id = c.id
    WHERE c.env = $1 AND (c.organisation_id, c.env, c.id) > ($2, $1, $3) AND c.provisioning <> 'none'
    ORDER BY c.organisation_id, c.env, c.id LIMIT $4";

const UNBOUND: &str = "
    SELECT record FROM unnest($2) record
    WHERE NOT EXISTS (SELECT FROM customers c WHERE c.env = $1 AND c.rail_customer_id = record)";

type TrackedSql = (
    SqlUuid,
    SqlUuid,
    Bool,
    Nullable<Text>,
    Bool,
    Array<Text>,
    Text,
    Text,
    Text,
    Binary,
    Binary,
);
type TrackedRow = (
    Uuid,
    Uuid,
    bool,
    Option<String>,
    bool,
    Vec<String>,
    String,
    String,
    String,
    Vec<u8>,
    Vec<u8>,
);

#[async_trait]
impl Drift for Store {
    async fn tracked_customers(
        &self,
        env: Env,
        after: Option<CustomerKey>,
        limit: u16,
    ) -> Result<Vec<TrackedCustomer>, StoreError> {
        let (organisation, customer) = match after {
            Some(key) => (key.organisation.uuid(), key.customer.uuid()),
            None => (Uuid::nil(), Uuid::nil()),
        };
        let rows: Vec<TrackedRow> = self
            .database
            .rows(|| {
                statement::<TrackedSql>(TRACKED)
                    .text(env.as_str())
                    .uuid(organisation)
                    .uuid(customer)
                    .big_int(i64::from(limit))
            })
            .await?;
        rows.into_iter()
            .map(|row| self.tracked_customer(env, row))
            .collect()
    }

    async fn unbound(
        &self,
        env: Env,
        records: &[RailCustomerId],
    ) -> Result<Vec<RailCustomerId>, StoreError> {
        let texts = || {
            records
                .iter()
                .map(|record| record.expose().to_owned())
                .collect()
        };
        let rows: Vec<(String,)> = self
            .database
            .rows(|| {
                statement::<(Text,)>(UNBOUND)
                    .text(env.as_str())
                    .texts(texts())
            })
            .await?;
        rows.into_iter().map(|(record,)| rail_id(&record)).collect()
    }
}

impl Store {
    fn tracked_customer(&self, env: Env, row: TrackedRow) -> Result<TrackedCustomer, StoreError> {
        let (
            organisation,
            customer,
            is_reserved,
            rail_customer,
            is_rail_customer_shared,
            refused,
            customer_type,
            country,
            id_type,
            data_key,
            value,
        ) = row;
        let key = CustomerKey {
            organisation: id(organisation)?,
            customer: id(customer)?,
        };
        let tenant = Tenant {
            organisation: key.organisation,
            env,
        };
        let plain = PlainIdentity {
            customer_type,
            country,
            id_type,
        };
        let sealed = Sealed { data_key, value };
        let (_, contact) =
            personal_data::open(&self.master_keys, tenant, customer, &plain, &sealed)
                .map_err(StoreError::from)?;
        Ok(TrackedCustomer {
            key,
            is_reserved,
            rail_customer: rail_customer.as_deref().map(rail_id).transpose()?,
            is_rail_customer_shared,
            contact,
            refused: contact_fields(&refused)?,
        })
    }
}

fn rail_id(text: &str) -> Result<RailCustomerId, StoreError> {
    RailCustomerId::parse(text).map_err(|_| broken("rail id"))
}
