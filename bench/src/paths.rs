//! What is asked for: files of paths, one path in each line.

use std::path::PathBuf;

use tokio_postgres::Client;
use vouch_domain::{id::CustomerId, tenant::Tenant};

use crate::{
    Failure,
    data::{AMENDABLE, EVERYONE, Table},
};

/// Customers that are asked for, of each kind.
const SAMPLE: i64 = 10_000;

/// Files of paths.
pub struct Paths {
    folder: PathBuf,
}

impl Paths {
    /// In this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file of this name.
    #[must_use]
    pub fn of(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.paths"))
    }

    /// Writes such a file.
    ///
    /// # Errors
    /// When the folder does not take it.
    pub fn write(&self, name: &str, paths: &[String]) -> Result<(), Failure> {
        Ok(std::fs::write(self.of(name), paths.join("\n"))?)
    }

    /// Writes what the Remittance API is asked for, but for searches.
    ///
    /// # Errors
    /// When the database fails, or the folder.
    pub async fn of_remittance(&self, client: &Client, tenant: Tenant) -> Result<(), Failure> {
        let everyone = sample(client, tenant, &EVERYONE).await?;
        let amendable = sample(client, tenant, &AMENDABLE).await?;
        let write = |name, customers: &[Known], path: fn(&Known) -> String| {
            let paths: Vec<_> = customers.iter().map(path).collect();
            self.write(name, &paths)
        };
        write("retrieve_by_id", &everyone, |known| {
            format!("/v1/customers/{}", known.id)
        })?;
        write("retrieve_by_reference", &everyone, |known| {
            format!("/v1/customers/{}", known.reference)
        })?;
        write("list_deep", &everyone, |known| {
            format!("/v1/customers?starting_after={}", known.id)
        })?;
        write("patch", &amendable, |known| {
            format!("/v1/customers/{}", known.id)
        })?;
        self.write("list", &["/v1/customers".to_owned()])?;
        self.write("create", &["/v1/customers".to_owned()])
    }

    /// Writes what the Treasury API is asked for.
    ///
    /// # Errors
    /// When the database fails, or the folder.
    pub async fn of_treasury(&self, client: &Client, tenant: Tenant) -> Result<(), Failure> {
        let customers = sample(client, tenant, &EVERYONE).await?;
        let write = |name, path: fn(&Known) -> String| {
            let paths: Vec<_> = customers.iter().map(path).collect();
            self.write(name, &paths)
        };
        write("treasury_list_deep", |known| {
            let id = known.id.hyphenated();
            format!("/v1/customers?limit=50&startingAfter={id}")
        })?;
        write("ledger_of_customer", |known| {
            format!("/v1/transactions?customerId={}", known.id.hyphenated())
        })?;
        self.write("treasury_list", &["/v1/customers?limit=50".to_owned()])?;
        self.write("ledger", &["/v1/transactions".to_owned()])
    }
}

struct Known {
    id: CustomerId,
    reference: String,
}

/// Some of the customers that are in a table, or like them.
async fn sample(client: &Client, tenant: Tenant, table: &Table) -> Result<Vec<Known>, Failure> {
    let customers = table.customers;
    let sql = format!(
        "SELECT id, reference FROM customers WHERE organisation_id = $1 AND env = $2 AND {customers}
         ORDER BY random() LIMIT $3"
    );
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let rows = client.query(&sql, &[&organisation, &env, &SAMPLE]).await?;
    let known = rows.iter().map(|row| {
        Ok(Known {
            id: CustomerId::from_uuid(row.get(0))?,
            reference: row.get(1),
        })
    });
    known.collect()
}
