//! `vouch org …`, `vouch key …` and `vouch openapi …`.

use std::sync::Arc;

use serde_json::json;
use vouch_application::{
    digest::Digests,
    ids::IdMint,
    operators::{KeyRequest, Operators},
};
use vouch_domain::{
    access::{ApiKey, Contract, OrganisationStanding, Scope},
    tenant::Tenant,
    values::Name,
};
use vouch_http::{PublishedStandards, openapi_remittance, openapi_treasury};

use crate::{
    CommandError,
    cli::{ContractArg, KeyCommand, OrgCommand, OrgState, Switch},
    clock::SystemClock,
    output,
    store::OpenStore,
};

/// The operators' use cases on an open store.
pub(crate) fn operators(store: &OpenStore) -> Operators {
    let ports = Arc::new(store.background());
    let clock = Arc::new(SystemClock);
    Operators {
        organisations: Arc::clone(&ports) as _,
        keys: ports,
        ids: Arc::new(IdMint::new(Arc::clone(&clock) as _)),
        digests: Arc::new(Digests::new(store.installation.hash_key())),
        clock,
    }
}

pub(crate) async fn organisation(command: OrgCommand) -> Result<(), CommandError> {
    match command {
        OrgCommand::Create {
            store,
            name,
            email,
            json,
        } => {
            let name = Name::parse(&name, &PublishedStandards)?;
            let store = OpenStore::open(&store).await?;
            let created = operators(&store).create_organisation(name, email).await;
            store.close().await;
            let organisation = created?;
            let id = organisation.id.to_string();
            if json {
                return print(&json!({"organisation_id": id, "name": organisation.name.as_str()}));
            }
            Ok(output::line(&id)?)
        }
        OrgCommand::Set {
            store,
            org,
            state,
            remittances,
        } => {
            let standing = OrganisationStanding {
                suspended: matches!(state, OrgState::Suspended),
                remittances_enabled: remittances == Switch::On,
            };
            let store = OpenStore::open(&store).await?;
            let set = operators(&store).set_standing(org, standing).await;
            store.close().await;
            Ok(set?)
        }
    }
}

pub(crate) async fn key(command: KeyCommand) -> Result<(), CommandError> {
    match command {
        KeyCommand::Create {
            store,
            org,
            api,
            env,
            scopes,
            allow_ip,
            json,
        } => {
            let contract = Contract::from(api);
            if contract == Contract::Remittance && !scopes.is_empty() {
                return Err("keys of the Remittance API have no scopes: leave --scope out".into());
            }
            let request = KeyRequest {
                tenant: Tenant {
                    organisation: org,
                    env,
                },
                contract,
                scopes: scopes.into_iter().collect(),
                allowed_networks: allow_ip,
            };
            let store = OpenStore::open(&store).await?;
            let created = operators(&store).create_key(request).await;
            store.close().await;
            let issued = created?;
            if json {
                return print(&json!({"key_id": issued.key.id.to_string(), "key": issued.secret}));
            }
            Ok(output::line(&issued.secret)?)
        }
        KeyCommand::List { store, org, json } => {
            let store = OpenStore::open(&store).await?;
            let keys = operators(&store).keys(org).await;
            store.close().await;
            list(&keys?, json)
        }
        KeyCommand::Revoke { store, key } => {
            let store = OpenStore::open(&store).await?;
            let revoked = operators(&store).revoke_key(key).await;
            store.close().await;
            Ok(revoked?)
        }
    }
}

pub(crate) fn openapi(contract: ContractArg) -> Result<(), CommandError> {
    match contract {
        ContractArg::Remittance => Ok(output::line(openapi_remittance().trim_end())?),
        ContractArg::Treasury => Ok(output::line(openapi_treasury().trim_end())?),
    }
}

fn list(keys: &[ApiKey], json: bool) -> Result<(), CommandError> {
    let rows: Vec<_> = keys.iter().map(key_row).collect();
    if json {
        return print(&json!({"keys": rows}));
    }
    for key in keys {
        let state = if key.revoked_at.is_some() {
            "revoked"
        } else {
            "active"
        };
        output::line(&format!(
            "{}  {}…{}  {state}",
            key.id, key.prefix, key.last_four
        ))?;
    }
    Ok(())
}

fn key_row(key: &ApiKey) -> serde_json::Value {
    let networks: Vec<_> = key
        .allowed_networks
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "key_id": key.id.to_string(),
        "api": key.contract.as_str(),
        "env": key.tenant.env.as_str(),
        "scopes": key.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        "prefix": key.prefix,
        "last_four": key.last_four,
        "allowed_networks": networks,
        "created_at": key.id.created_at().to_rfc3339(),
        "revoked_at": key.revoked_at.map(|at| at.to_rfc3339()),
    })
}

fn print(value: &serde_json::Value) -> Result<(), CommandError> {
    Ok(output::line(&value.to_string())?)
}
