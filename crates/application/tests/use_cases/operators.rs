//! What the people who run Vouch do.

use std::sync::Arc;

use vouch_application::{
    authenticate::{Authenticate, PrincipalCache},
    digest::Digests,
    ids::IdMint,
    operators::{KeyRequest, OperatorError, Operators},
};
use vouch_domain::{
    access::{Contract, Network, OrganisationStanding, Scopes},
    ports::Clock,
    tenant::{Env, Tenant},
    values::Name,
};
use vouch_testkit::{FixedClock, InMemory, email};

struct Office {
    operators: Operators,
    authenticate: Authenticate,
    clock: Arc<FixedClock>,
}

fn office() -> Office {
    let (store, clock) = (Arc::new(InMemory::default()), FixedClock::new());
    let digests = Arc::new(Digests::new(&[1; 32]));
    let cache = Arc::<PrincipalCache>::default();
    let shown = Arc::clone(&clock) as Arc<dyn Clock>;
    Office {
        authenticate: Authenticate::new(
            Arc::clone(&store) as _,
            cache,
            Arc::clone(&digests),
            Arc::clone(&shown),
        ),
        operators: Operators {
            organisations: Arc::clone(&store) as _,
            keys: store,
            ids: Arc::new(IdMint::new(Arc::clone(&shown))),
            digests,
            clock: shown,
        },
        clock,
    }
}

impl Office {
    async fn tenant(&self, env: Env) -> Tenant {
        let name = Name::restore("Pouch".to_owned()).unwrap();
        let address = email("office@pouch.example");
        let made = self
            .operators
            .create_organisation(name, address)
            .await
            .unwrap();
        assert_eq!(made.standing, OrganisationStanding::NEW);
        Tenant {
            organisation: made.id,
            env,
        }
    }
}

fn request(tenant: Tenant) -> KeyRequest {
    KeyRequest {
        tenant,
        contract: Contract::Remittance,
        scopes: Scopes::default(),
        allowed_networks: vec![Network::parse("10.0.0.0/8").unwrap()],
    }
}

#[tokio::test]
async fn an_issued_key_opens_its_tenant() {
    let office = office();
    for (env, prefix) in [(Env::Test, "sk_test_"), (Env::Live, "sk_live_")] {
        let tenant = office.tenant(env).await;
        let issued = office.operators.create_key(request(tenant)).await.unwrap();
        let secret = issued.secret.strip_prefix(prefix).unwrap();
        assert_eq!(secret.len(), 32);
        assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(issued.key.prefix, prefix);
        assert!(secret.ends_with(&issued.key.last_four));
        let principal = office
            .authenticate
            .principal(&issued.secret)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(principal.key, issued.key);
        assert_eq!(principal.key.tenant, tenant);
        assert_eq!(
            principal.key.allowed_networks,
            request(tenant).allowed_networks
        );
    }
}

#[tokio::test]
async fn no_two_keys_are_alike() {
    let office = office();
    let tenant = office.tenant(Env::Test).await;
    let first = office.operators.create_key(request(tenant)).await.unwrap();
    let second = office.operators.create_key(request(tenant)).await.unwrap();
    assert_ne!(first.secret, second.secret);
    let keys = office.operators.keys(tenant.organisation).await.unwrap();
    assert_eq!(keys, [first.key, second.key]);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let office = office();
    let tenant = office.tenant(Env::Test).await;
    let issued = office.operators.create_key(request(tenant)).await.unwrap();
    office.operators.revoke_key(issued.key.id).await.unwrap();
    assert_eq!(
        office.authenticate.principal(&issued.secret).await,
        Ok(None)
    );
    let keys = office.operators.keys(tenant.organisation).await.unwrap();
    assert_eq!(keys[0].revoked_at, Some(office.clock.now()));
}

#[tokio::test]
async fn a_standing_is_set() {
    let office = office();
    let tenant = office.tenant(Env::Test).await;
    let issued = office.operators.create_key(request(tenant)).await.unwrap();
    let suspended = OrganisationStanding {
        suspended: true,
        ..OrganisationStanding::NEW
    };
    office
        .operators
        .set_standing(tenant.organisation, suspended)
        .await
        .unwrap();
    let principal = office
        .authenticate
        .principal(&issued.secret)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(principal.standing, suspended);
}

#[tokio::test]
async fn what_is_unknown_is_said_to_be() {
    let office = office();
    let stranger = Tenant {
        organisation: office.operators.ids.mint(),
        env: Env::Test,
    };
    let operators = &office.operators;
    let unknown = OperatorError::UnknownOrganisation;
    assert_eq!(
        operators.create_key(request(stranger)).await.err(),
        Some(unknown.clone())
    );
    let standing = operators
        .set_standing(stranger.organisation, OrganisationStanding::NEW)
        .await;
    assert_eq!(standing, Err(unknown));
    let revoked = operators.revoke_key(operators.ids.mint()).await;
    assert_eq!(revoked, Err(OperatorError::UnknownKey));
}
