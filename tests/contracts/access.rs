//! API keys and organisations.

use chrono::{DateTime, Duration, Utc};
use vouch_domain::{
    access::{Contract, KeyDigest, Network, OrganisationStanding, Scope, Scopes},
    ports::{ApiKeys, NewApiKey, Organisations, RevocationEpoch},
    tenant::{Env, Tenant},
};
use vouch_testkit::{ids, new_key, organisation};

use crate::harness::{Adapter, World, contract};

contract![
    a_key_leads_to_its_principal,
    an_unknown_key_leads_nowhere,
    a_key_keeps_its_expiry_and_its_networks,
    a_key_keeps_its_contract_and_its_scopes,
    a_key_of_an_unknown_organisation_is_not_stored,
    keys_are_listed_by_age_for_their_organisation_alone,
    a_revocation_moves_the_epoch_and_is_for_good,
    an_unknown_key_is_not_revoked,
    an_organisation_is_counted,
    a_standing_is_set_and_moves_the_epoch,
    reads_leave_the_epoch_alone,
];

async fn added(world: &World<impl Adapter>, tenant: Tenant) -> NewApiKey {
    let new = new_key(&world.ids, tenant);
    assert_eq!(ApiKeys::add(world.store(), &new).await, Ok(true));
    new
}

async fn epoch(world: &World<impl Adapter>) -> RevocationEpoch {
    world.store().epoch().await.unwrap()
}

fn noon() -> DateTime<Utc> {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

async fn a_key_leads_to_its_principal(world: &World<impl Adapter>) {
    for env in Env::ALL {
        let tenant = Tenant {
            env,
            ..world.tenant
        };
        let new = added(world, tenant).await;
        let principal = world.store().principal(new.digest).await.unwrap().unwrap();
        assert_eq!(principal.key, new.key);
        assert_eq!(principal.standing, OrganisationStanding::NEW);
    }
}

async fn an_unknown_key_leads_nowhere(world: &World<impl Adapter>) {
    added(world, world.tenant).await;
    assert_eq!(
        world.store().principal(KeyDigest([0xff; 32])).await,
        Ok(None)
    );
}

async fn a_key_keeps_its_expiry_and_its_networks(world: &World<impl Adapter>) {
    let mut new = new_key(&world.ids, world.tenant);
    new.key.expires_at = Some(noon());
    new.key.allowed_networks = [
        "10.0.0.0/8",
        "192.0.2.7",
        "2001:db8::/32",
        "::1",
        "0.0.0.0/0",
    ]
    .iter()
    .map(|text| Network::parse(text).unwrap())
    .collect();
    assert_eq!(ApiKeys::add(world.store(), &new).await, Ok(true));
    let principal = world.store().principal(new.digest).await.unwrap().unwrap();
    assert_eq!(principal.key, new.key);
    assert!(!principal.is_valid_at(noon()));
}

async fn a_key_keeps_its_contract_and_its_scopes(world: &World<impl Adapter>) {
    for scopes in [
        Scopes::default(),
        Scopes::all(),
        [Scope::FxRead].into_iter().collect(),
    ] {
        let mut new = new_key(&world.ids, world.tenant);
        new.key.contract = Contract::Treasury;
        new.key.scopes = scopes;
        assert_eq!(ApiKeys::add(world.store(), &new).await, Ok(true));
        let principal = world.store().principal(new.digest).await.unwrap().unwrap();
        assert_eq!(principal.key, new.key);
    }
}

async fn a_key_of_an_unknown_organisation_is_not_stored(world: &World<impl Adapter>) {
    let stranger = Tenant {
        organisation: world.ids.mint(),
        env: Env::Test,
    };
    let new = new_key(&world.ids, stranger);
    assert_eq!(ApiKeys::add(world.store(), &new).await, Ok(false));
    assert_eq!(world.store().principal(new.digest).await, Ok(None));
}

async fn keys_are_listed_by_age_for_their_organisation_alone(world: &World<impl Adapter>) {
    let other = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    let first = added(world, world.tenant).await.key;
    added(world, other).await;
    let second = added(world, live).await.key;
    let keys = world
        .store()
        .of_organisation(world.tenant.organisation)
        .await;
    assert_eq!(keys, Ok(vec![first, second]));
    assert_eq!(
        world.store().of_organisation(world.ids.mint()).await,
        Ok(Vec::new())
    );
}

async fn a_revocation_moves_the_epoch_and_is_for_good(world: &World<impl Adapter>) {
    let new = added(world, world.tenant).await;
    let before = epoch(world).await;
    assert_eq!(world.store().revoke(new.key.id, noon()).await, Ok(true));
    assert_ne!(epoch(world).await, before);
    assert_eq!(
        world
            .store()
            .revoke(new.key.id, noon() + Duration::hours(1))
            .await,
        Ok(true)
    );
    let principal = world.store().principal(new.digest).await.unwrap().unwrap();
    assert_eq!(principal.key.revoked_at, Some(noon()));
    assert!(!principal.is_valid_at(noon()));
}

async fn an_unknown_key_is_not_revoked(world: &World<impl Adapter>) {
    let before = epoch(world).await;
    assert_eq!(
        world.store().revoke(world.ids.mint(), noon()).await,
        Ok(false)
    );
    assert_eq!(epoch(world).await, before);
}

async fn an_organisation_is_counted(world: &World<impl Adapter>) {
    assert_eq!(world.store().count().await, Ok(1));
    let new = organisation(&ids());
    Organisations::add(world.store(), &new).await.unwrap();
    assert_eq!(world.store().count().await, Ok(2));
    assert!(Organisations::add(world.store(), &new).await.is_err());
}

async fn a_standing_is_set_and_moves_the_epoch(world: &World<impl Adapter>) {
    let new = added(world, world.tenant).await;
    let before = epoch(world).await;
    let suspended = OrganisationStanding {
        suspended: true,
        remittances_enabled: false,
    };
    let store = world.store();
    let organisation = world.tenant.organisation;
    assert_eq!(store.set_standing(organisation, suspended).await, Ok(true));
    assert_ne!(epoch(world).await, before);
    let principal = store.principal(new.digest).await.unwrap().unwrap();
    assert_eq!(principal.standing, suspended);
    assert_eq!(
        store.set_standing(world.ids.mint(), suspended).await,
        Ok(false)
    );
}

async fn reads_leave_the_epoch_alone(world: &World<impl Adapter>) {
    let before = epoch(world).await;
    let new = added(world, world.tenant).await;
    world.store().principal(new.digest).await.unwrap();
    world
        .store()
        .of_organisation(world.tenant.organisation)
        .await
        .unwrap();
    assert_eq!(epoch(world).await, before);
}
