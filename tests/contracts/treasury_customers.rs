//! Customers as the Treasury API sees them, and what the Remittance API sees of those that it did not make.

use vouch_domain::{
    customer::{CustomerHandle, IdentityField, Status, TreasuryCustomer, Version},
    event::EventDetail,
    id::CustomerId,
    idempotency::{Keep, Kept, KeptAnswer},
    ports::{
        AmendmentSubject, Answers, Claimed, CreateTreasuryCustomer, CustomerPageRequest,
        CustomerQueries, Customers, Drift, EventPageRequest, Organisations, PageError,
        Reconciliation, SearchText, Standing, TreasuryCustomerQueries, TreasuryCustomers,
    },
    tenant::{Env, Tenant},
    values::{CustomerType, TreasuryEmail},
};
use vouch_testkit::{
    individual, organisation, reference, treasury_claim, treasury_customer, unique_claim,
};

use crate::harness::{Adapter, TERMS, World, contract};

contract![
    an_organisation_has_a_primary_customer_in_each_env,
    a_customer_is_shown_as_it_was_made,
    customers_of_the_other_contract_are_shown_once_they_exist,
    pages_go_from_the_newest_to_the_oldest,
    tenants_see_nothing_of_each_other,
    the_primary_customer_does_not_exist_for_the_other_contract,
    the_other_contract_sees_a_customer_without_an_identity,
    a_reference_that_is_a_treasury_id_is_taken,
    what_is_not_for_the_rail_is_no_drift_and_no_work,
];

/// A customer of the tenant, made by the Treasury API.
async fn made_in(world: &World<impl Adapter>, tenant: Tenant) -> TreasuryCustomer {
    let new = treasury_customer();
    let claim = treasury_claim(new.email.expose());
    let claimed = world
        .store()
        .claim(tenant, &claim, world.ids.uuid(), TERMS.lease())
        .await;
    let Ok(Claimed::Granted(grant)) = claimed else {
        panic!("not granted: {claimed:?}");
    };
    let answer = KeptAnswer {
        status: 201,
        body: "{}".to_owned(),
    };
    let create = CreateTreasuryCustomer {
        id: CustomerId::from_uuid(grant.subject).unwrap(),
        customer: &new,
        event: world.ids.mint(),
        keep: Keep {
            grant: &grant,
            answer: &answer,
        },
    };
    let kept = TreasuryCustomers::create(world.store(), tenant, &create).await;
    assert_eq!(kept, Ok(Kept::Done));
    TreasuryCustomer::made(create.id, &new)
}

pub(crate) async fn made(world: &World<impl Adapter>) -> TreasuryCustomer {
    made_in(world, world.tenant).await
}

async fn page(
    world: &World<impl Adapter>,
    tenant: Tenant,
    after: Option<CustomerId>,
    limit: u16,
) -> Vec<TreasuryCustomer> {
    let page = world.store().page_treasury(tenant, after, limit).await;
    page.expect("a page")
}

async fn all(world: &World<impl Adapter>, tenant: Tenant) -> Vec<TreasuryCustomer> {
    page(world, tenant, None, 1000).await
}

async fn primary(world: &World<impl Adapter>) -> TreasuryCustomer {
    let mut customers = all(world, world.tenant).await;
    customers.retain(|customer| customer.is_primary);
    assert_eq!(customers.len(), 1);
    customers.remove(0)
}

/// The ways in which the other contract may name a customer.
fn handles(id: CustomerId) -> [CustomerHandle; 2] {
    let text = id.hyphenated().to_string();
    [
        CustomerHandle::Id(id),
        CustomerHandle::Reference(reference(&text)),
    ]
}

fn everything() -> CustomerPageRequest {
    CustomerPageRequest {
        limit: 100,
        after: None,
        status: None,
        search: None,
    }
}

fn events_of(customer: CustomerHandle) -> EventPageRequest {
    EventPageRequest {
        customer,
        limit: 100,
        after: None,
        event_type: None,
    }
}

async fn an_organisation_has_a_primary_customer_in_each_env(world: &World<impl Adapter>) {
    let organisation = organisation(&world.ids);
    Organisations::add(world.store(), &organisation)
        .await
        .unwrap();
    let mut ids = Vec::new();
    for env in Env::ALL {
        let tenant = Tenant {
            organisation: organisation.id,
            env,
        };
        let customers = all(world, tenant).await;
        assert_eq!(customers.len(), 1);
        let primary = &customers[0];
        assert!(primary.is_primary);
        assert_eq!(primary.name.as_str(), organisation.name.as_str());
        assert_eq!(primary.email, TreasuryEmail::from(&organisation.email));
        assert_eq!(primary.customer_type, CustomerType::Business);
        assert_eq!(primary.created_at(), organisation.id.created_at());
        let found = world.store().find_treasury(tenant, primary.id).await;
        assert_eq!(found.unwrap().as_ref(), Some(primary));
        assert_eq!(world.store().count_treasury(tenant).await, Ok(1));
        ids.push(primary.id);
    }
    assert_ne!(ids[0], ids[1]);
}

async fn a_customer_is_shown_as_it_was_made(world: &World<impl Adapter>) {
    let made = made(world).await;
    let found = world.store().find_treasury(world.tenant, made.id).await;
    assert_eq!(found, Ok(Some(made.clone())));
    assert!(all(world, world.tenant).await.contains(&made));
    assert_eq!(world.store().count_treasury(world.tenant).await, Ok(2));
    let unknown = world.ids.mint();
    let found = world.store().find_treasury(world.tenant, unknown).await;
    assert_eq!(found, Ok(None));
}

async fn customers_of_the_other_contract_are_shown_once_they_exist(world: &World<impl Adapter>) {
    let new = individual();
    let reservation = world.granted(&new, &unique_claim()).await;
    let find = async || {
        let found = world.store().find_treasury(world.tenant, reservation.id);
        found.await.expect("an answer")
    };
    assert_eq!(find().await, None);
    assert_eq!(world.store().count_treasury(world.tenant).await, Ok(1));
    world.recorded(&reservation).await;
    let customer = find().await.expect("a customer");
    assert_eq!(customer.name.as_str(), new.identity.name.display());
    assert_eq!(customer.email, TreasuryEmail::from(&new.contact.email));
    assert_eq!(customer.customer_type, CustomerType::Individual);
    assert!(!customer.is_primary);
    assert_eq!(all(world, world.tenant).await.len(), 2);
    world
        .adapter
        .set_status(world.tenant, reservation.id, Status::Closed)
        .await;
    assert_eq!(find().await, Some(customer));
}

async fn pages_go_from_the_newest_to_the_oldest(world: &World<impl Adapter>) {
    let mut expected = vec![primary(world).await.id];
    for _ in 0..3 {
        expected.push(made(world).await.id);
        expected.push(world.exists(&individual()).await.id);
    }
    expected.sort();
    expected.reverse();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let ids: Vec<_> = page(world, world.tenant, after, 3)
            .await
            .iter()
            .map(|customer| customer.id)
            .collect();
        assert!(ids.len() <= 3);
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        seen.extend(ids);
    }
    assert_eq!(seen, expected);
    let reservation = world.granted(&individual(), &unique_claim()).await;
    for unknown in [world.ids.mint(), reservation.id] {
        assert_eq!(page(world, world.tenant, Some(unknown), 3).await, []);
    }
}

async fn tenants_see_nothing_of_each_other(world: &World<impl Adapter>) {
    let made = made(world).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [live, world.new_tenant(Env::Test).await] {
        assert_eq!(world.store().find_treasury(tenant, made.id).await, Ok(None));
        assert_eq!(page(world, tenant, Some(made.id), 10).await, []);
        assert_eq!(world.store().count_treasury(tenant).await, Ok(1));
        let other = made_in(world, tenant).await;
        assert!(!all(world, world.tenant).await.contains(&other));
    }
}

async fn the_primary_customer_does_not_exist_for_the_other_contract(world: &World<impl Adapter>) {
    let primary = primary(world).await;
    let (store, tenant) = (world.store(), world.tenant);
    assert_eq!(
        store.page(tenant, &everything()).await.unwrap().customers,
        []
    );
    for handle in handles(primary.id) {
        assert_eq!(store.find(tenant, &handle).await, Ok(None));
        assert_eq!(store.amendment_basis(tenant, &handle, None).await, Ok(None));
        let events = store.events(tenant, &events_of(handle.clone())).await;
        assert_eq!(events.unwrap().events, []);
        let after = CustomerPageRequest {
            after: Some(handle),
            ..everything()
        };
        assert_eq!(
            store.page(tenant, &after).await,
            Err(PageError::UnknownCursor)
        );
    }
    let pouch = CustomerPageRequest {
        search: Some(SearchText::parse("pouch").unwrap()),
        ..everything()
    };
    assert_eq!(store.page(tenant, &pouch).await.unwrap().customers, []);
    // Nor is its id in the way of anybody's reference.
    let mut customer = individual();
    customer.reference = reference(&primary.id.hyphenated().to_string());
    world.exists(&customer).await;
}

async fn the_other_contract_sees_a_customer_without_an_identity(world: &World<impl Adapter>) {
    let made = made(world).await;
    let (store, tenant) = (world.store(), world.tenant);
    for handle in handles(made.id) {
        let seen = store.find(tenant, &handle).await.unwrap().unwrap();
        assert_eq!(seen.id, made.id);
        assert_eq!(seen.reference.as_str(), made.id.hyphenated().to_string());
        assert_eq!(seen.status, Status::Pending);
        assert_eq!(seen.version, Version::FIRST);
        assert_eq!(seen.interac_email, None);
        let basis = store.amendment_basis(tenant, &handle, None).await;
        assert_eq!(
            basis.unwrap().unwrap().subject,
            AmendmentSubject::WithoutIdentity
        );
        let events = store.events(tenant, &events_of(handle)).await.unwrap();
        let [event] = &events.events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(event.detail, EventDetail::Created);
        assert_eq!((event.sequence, &event.customer), (1, &seen));
    }
    for search in [made.name.as_str(), &made.id.hyphenated().to_string()] {
        let found = CustomerPageRequest {
            search: Some(SearchText::parse(search).unwrap()),
            status: Some(Status::Pending),
            ..everything()
        };
        let found = store.page(tenant, &found).await.unwrap().customers;
        assert_eq!(found.len(), 1, "{search}");
        assert_eq!(found[0].id, made.id);
    }
}

async fn a_reference_that_is_a_treasury_id_is_taken(world: &World<impl Adapter>) {
    let made = made(world).await;
    let mut customer = individual();
    customer.reference = reference(&made.id.hyphenated().to_string());
    let standing = world.stands(&customer, &unique_claim()).await;
    assert_eq!(
        standing,
        Standing::ReferenceTaken {
            customer: Some(made.id),
            differing: IdentityField::ALL.to_vec(),
        }
    );
}

async fn what_is_not_for_the_rail_is_no_drift_and_no_work(world: &World<impl Adapter>) {
    made(world).await;
    let known = world.exists(&individual()).await;
    let tracked = world.store().tracked_customers(Env::Test, None, 100).await;
    let tracked: Vec<_> = tracked
        .unwrap()
        .into_iter()
        .map(|tracked| tracked.key.customer)
        .collect();
    assert_eq!(tracked, [known.id]);
    let due = world.store().take_due(Env::Test, TERMS, 100).await;
    assert_eq!(due.unwrap().len(), 0);
}
