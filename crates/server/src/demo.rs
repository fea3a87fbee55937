//! What a first start leaves for the first curl: an organisation with keys.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};
use vouch_application::operators::{KeyRequest, Operators};
use vouch_domain::{
    access::{Contract, Scopes},
    id::OrganisationId,
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
    /// Missing from files of before the Treasury API.
    treasury_test: Option<String>,
}

impl DemoKeys {
    /// The keys of the data folder; made on a database that has no organisation yet, and completed where one is missing.
    pub(crate) async fn of(
        data_dir: &Path,
        operators: &Operators,
    ) -> Result<Option<Self>, CommandError> {
        let path = data_dir.join(FILE);
        let mut keys: Self = match fs::read(&path) {
            Ok(kept) => serde_json::from_slice(&kept)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if operators.organisations.count().await? > 0 {
                    return Ok(None);
                }
                Self::make(operators).await?
            }
            Err(error) => return Err(error.into()),
        };
        if keys.treasury_test.is_none() {
            let organisation = OrganisationId::parse(&keys.organisation_id)?;
            let made = key(operators, organisation, Env::Test, Contract::Treasury).await?;
            keys.treasury_test = Some(made);
            private_file::write(&path, &serde_json::to_vec_pretty(&keys)?)?;
        }
        Ok(Some(keys))
    }

    async fn make(operators: &Operators) -> Result<Self, CommandError> {
        let name = Name::parse("Demo Remittances", &PublishedStandards)?;
        let email = Email::parse("demo@example.com")?;
        let organisation = operators.create_organisation(name, email).await?.id;
        let remittance = async |env| key(operators, organisation, env, Contract::Remittance).await;
        Ok(Self {
            organisation_id: organisation.to_string(),
            remittance_test: remittance(Env::Test).await?,
            remittance_live: remittance(Env::Live).await?,
            treasury_test: None,
        })
    }

    /// A request to the Remittance API, to paste into a shell.
    pub(crate) fn remittance_curl(&self, url: &str) -> String {
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

    /// A request to the Treasury API, to paste into a shell.
    pub(crate) fn treasury_curl(&self, url: &str) -> String {
        format!(
            r#"curl -X POST {url}/v1/customers \
  -H "Authorization: Bearer {key}" \
  -H "Idempotency-Key: first-payer" \
  -H "Content-Type: application/json" \
  -d '{{ "name": "Acme Trading", "email": "accounts@acme.example", "type": "business" }}'"#,
            key = self.treasury_test.as_deref().unwrap_or_default()
        )
    }
}

/// A new key that may do everything its contract knows. Answers with the key itself.
async fn key(
    operators: &Operators,
    organisation: OrganisationId,
    env: Env,
    contract: Contract,
) -> Result<String, CommandError> {
    let request = KeyRequest {
        tenant: Tenant { organisation, env },
        contract,
        scopes: match contract {
            Contract::Remittance => Scopes::default(),
            Contract::Treasury => Scopes::all(),
        },
        allowed_networks: Vec::new(),
    };
    Ok(operators.create_key(request).await?.secret)
}
