//! Tenants see nothing of each other; a person and a rail customer are unique across the organisations of an env.

use vouch_domain::{
    customer::{CustomerHandle, NewCustomer},
    ports::{
        Amend, AmendOutcome, CustomerPageRequest, CustomerQueries, Customers, EventPageRequest,
        PageError, Provisioning, RecordOutcome, Reservation, Reserved, Standing,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{individual, interac_email, unique_claim};

use crate::harness::{Adapter, EMAIL_ONLY, TERMS, World, by_id, by_reference, contract, rail_id};

contract![
    tenants_see_nothing_of_each_other,
    tenants_may_use_the_same_key_reference_and_interac_email,
    tenants_cannot_act_on_each_others_reservations,
    tenants_cannot_amend_each_others_customers,
    a_person_is_reserved_once_per_env,
    a_rail_customer_is_bound_once_per_env,
];

/// The world's tenant in its other env, and another organisation in both.
async fn others(world: &World<impl Adapter>) -> [Tenant; 3] {
    let stranger = world.new_tenant(Env::Test).await;
    let live = |tenant: Tenant| Tenant {
        env: Env::Live,
        ..tenant
    };
    [live(world.tenant), stranger, live(stranger)]
}

async fn tenants_see_nothing_of_each_other(world: &World<impl Adapter>) {
    let claim = unique_claim();
    let reservation = world.granted(&individual(), &claim).await;
    let made = world.recorded(&reservation).await;
    let store = world.store();
    let own = everything(by_id(&made));
    let event = store.events(world.tenant, &own).await.unwrap().events[0].id;
    for tenant in others(world).await {
        for handle in [by_id(&made), by_reference(&made)] {
            assert_eq!(store.find(tenant, &handle).await, Ok(None));
            assert_eq!(store.amendment_basis(tenant, &handle, None).await, Ok(None));
            assert_eq!(
                store
                    .events(tenant, &everything(handle.clone()))
                    .await
                    .unwrap()
                    .events,
                []
            );
            let after = CustomerPageRequest {
                after: Some(handle.clone()),
                ..all()
            };
            assert_eq!(
                store.page(tenant, &after).await,
                Err(PageError::UnknownCursor)
            );
            let after = EventPageRequest {
                after: Some(event),
                ..everything(handle)
            };
            assert_eq!(
                store.events(tenant, &after).await,
                Err(PageError::UnknownCursor)
            );
        }
        assert_eq!(store.page(tenant, &all()).await.unwrap().customers, []);
        assert_eq!(store.key_standing(tenant, &claim, TERMS).await, Ok(None));
        assert_eq!(
            store.claim_creation_answer(tenant, made.id).await,
            Ok(false)
        );
    }
}

fn all() -> CustomerPageRequest {
    CustomerPageRequest {
        limit: 100,
        after: None,
        status: None,
        search: None,
    }
}

fn everything(customer: CustomerHandle) -> EventPageRequest {
    EventPageRequest {
        customer,
        limit: 100,
        after: None,
        event_type: None,
    }
}

async fn tenants_may_use_the_same_key_reference_and_interac_email(world: &World<impl Adapter>) {
    let claim = unique_claim();
    let first = NewCustomer {
        interac_email: Some(interac_email("held@example.com")),
        ..individual()
    };
    world.granted(&first, &claim).await;
    for tenant in others(world).await {
        let same = NewCustomer {
            reference: first.reference.clone(),
            interac_email: first.interac_email.clone(),
            ..individual()
        };
        world.granted_in(tenant, &same, &claim).await;
    }
}

async fn tenants_cannot_act_on_each_others_reservations(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    for tenant in others(world).await {
        let stolen = Reservation {
            tenant,
            ..reservation.clone()
        };
        let outcome = world.record(&stolen, &rail_id("rail-1")).await;
        assert_eq!(outcome, RecordOutcome::LeaseLost);
        world.abandon(&stolen).await;
        world
            .release(&stolen, vouch_domain::ports::AbsenceClear::Now)
            .await;
        assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
    }
}

async fn tenants_cannot_amend_each_others_customers(world: &World<impl Adapter>) {
    let customer = individual();
    let made = world.exists(&customer).await;
    for tenant in others(world).await {
        let amend = Amend {
            customer: made.id,
            identity: &customer.identity,
            contact: &customer.contact,
            changed: EMAIL_ONLY,
            expected: made.version,
            event: world.ids.mint(),
            claim: None,
        };
        assert_eq!(
            world.store().amend(tenant, &amend).await,
            Ok(AmendOutcome::Outrun)
        );
        assert_eq!(world.find(&by_id(&made)).await, Some(made.clone()));
    }
}

async fn a_person_is_reserved_once_per_env(world: &World<impl Adapter>) {
    let customer = individual();
    let reservation = world.granted(&customer, &unique_claim()).await;
    let [own_live, stranger, stranger_live] = others(world).await;
    let claim = unique_claim();
    let request = world.request(&customer, &claim);
    let standing = world.store().reserve(stranger, &request).await;
    assert_eq!(standing, Ok(Reserved::Stands(Standing::PersonBusy)));
    let live = world.granted_in(own_live, &customer, &claim).await;
    let standing = world.store().reserve(stranger_live, &request).await;
    assert_eq!(standing, Ok(Reserved::Stands(Standing::PersonBusy)));
    world.recorded(&reservation).await;
    world.abandon(&live).await;
    world.granted_in(stranger, &customer, &claim).await;
    world.granted_in(stranger_live, &customer, &claim).await;
}

async fn a_rail_customer_is_bound_once_per_env(world: &World<impl Adapter>) {
    let [own_live, stranger, stranger_live] = others(world).await;
    let rail = rail_id("rail-1");
    for (tenant, is_free) in [
        (world.tenant, true),
        (stranger, false),
        (own_live, true),
        (stranger_live, false),
    ] {
        let reservation = world
            .granted_in(tenant, &individual(), &unique_claim())
            .await;
        match world.record(&reservation, &rail).await {
            RecordOutcome::Recorded(_) => assert!(is_free),
            RecordOutcome::RailCustomerTaken => assert!(!is_free),
            RecordOutcome::LeaseLost => panic!("the lease was held"),
        }
    }
}
