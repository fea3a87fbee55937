//! What a first start leaves for the first curl: an organisation with keys.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};
use vouch_application::operators::{KeyRequest, Operators};
use vouch_domain::{
    access::Contract,
    tenant::{Env, Tenant},
    values::{Email, Name},
};
use vouch_http::PublishedStandards;

use crate::{CommandError, private_file};

const FILE: &str = "demo-keys.json";

/// The demo organisation's keys, as kept in the data folder.
#[derive(Serialize, Deserialize)]
pub(crate) struct DemoKeys {
    organisation_id: String,
    remittance_test: String,
    remittance_live: String,
}

impl DemoKeys {
    /// The keys of the data folder; made on a database that has no organisation yet.
    pub(crate) async fn of(
        data_dir: &Path,
        operators: &Operators,
    ) -> Result<Option<Self>, CommandError> {
        let path = data_dir.join(FILE);
        match fs::read(&path) {
            Ok(kept) => return Ok(Some(serde_json::from_slice(&kept)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        if operators.organisations.count().await? > 0 {
            return Ok(None);
        }
        let made = Self::make(operators).await?;
        private_file::write(&path, &serde_json::to_vec_pretty(&made)?)?;
        Ok(Some(made))
    }

    async fn make(operators: &Operators) -> Result<Self, CommandError> {
        let name = Name::parse("Demo Remittances", &PublishedStandards)?;
        let email = Email::parse("demo@example.com")?;
        let organisation = operators.create_organisation(name, email).await?.id;
        let key = async |env| {
            let request = KeyRequest {
                tenant: Tenant { organisation, env },
                contract: Contract::Remittance,
                allowed_networks: Vec::new(),
            };
            operators.create_key(request).await
        };
        Ok(Self {
            organisation_id: organisation.to_string(),
            remittance_test: key(Env::Test).await?.secret,
            remittance_live: key(Env::Live).await?.secret,
        })
    }

    /// A request to paste into a shell.
    pub(crate) fn curl(&self, url: &str) -> String {
        format!(
            r#"curl -X POST {url}/v1/customers \
  -H "Authorization: Bearer {key}" \
  -H "Idempotency-Key: first-customer" \
  -H "Content-Type: application/json" \
  -d '{{
    "type": "individual", "first_name": "Ada", "last_name": "Obi", "dob": "1990-04-12",
    "email": "ada@example.com", "country": "CA", "id_type": "passport", "id_number": "A12345678",
    "tin": "123456789", "zip_code": "K1A 0B1", "customer_reference": "user-1"
  }}'"#,
            key = self.remittance_test
        )
    }
}
