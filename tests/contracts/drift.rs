//! What a comparison with the rail asks of the store.

use vouch_domain::{
    customer::{
        ContactData,
        ContactField::{self, Email, Phone},
        CustomerSummary,
    },
    id::CustomerId,
    ports::{Amend, ContactSync, CustomerKey, Customers, Drift, TrackedCustomer},
    tenant::{Env, Tenant},
};
use vouch_testkit::{email, individual, phone, unique_claim};

use crate::harness::{Adapter, TERMS, World, by_id, contract, rail_id};

contract![
    a_customer_is_tracked_as_it_is_now,
    a_reservation_is_tracked_without_a_record,
    customers_of_all_organisations_of_one_env_come_page_by_page,
    refusals_are_told_unless_the_field_is_pending_again,
    records_are_bound_within_one_env,
];

async fn tracked(world: &World<impl Adapter>, env: Env) -> Vec<TrackedCustomer> {
    world
        .store()
        .tracked_customers(env, None, 100)
        .await
        .unwrap()
}

async fn one_tracked(world: &World<impl Adapter>) -> TrackedCustomer {
    let mut tracked = tracked(world, Env::Test).await;
    assert_eq!(tracked.len(), 1, "{tracked:?}");
    tracked.remove(0)
}

fn key(tenant: Tenant, customer: CustomerId) -> CustomerKey {
    CustomerKey {
        organisation: tenant.organisation,
        customer,
    }
}

async fn amend(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
    contact: &ContactData,
    changed: &[ContactField],
) {
    let basis = world
        .store()
        .amendment_basis(world.tenant, &by_id(customer), None)
        .await;
    let current = basis.unwrap().expect("a customer").subject;
    let current = current.known().expect("an identity").clone();
    let amend = Amend {
        customer: customer.id,
        identity: &current.identity,
        contact,
        changed,
        expected: current.summary.version,
        event: world.ids.mint(),
        claim: None,
    };
    world.store().amend(world.tenant, &amend).await.unwrap();
}

async fn refuse(world: &World<impl Adapter>, refused: &[ContactField]) {
    let lease = TERMS.lease();
    let taken = world
        .store()
        .take_pending_changes(Env::Test, lease, 1)
        .await
        .unwrap();
    world
        .store()
        .settle_change(&taken[0], refused)
        .await
        .unwrap();
}

async fn a_customer_is_tracked_as_it_is_now(world: &World<impl Adapter>) {
    let new = individual();
    let customer = world.exists(&new).await;
    let expected = TrackedCustomer {
        key: key(world.tenant, customer.id),
        is_reserved: false,
        rail_customer: Some(rail_id(&customer.id.to_string())),
        is_rail_customer_shared: false,
        contact: new.contact,
        refused: Vec::new(),
    };
    assert_eq!(one_tracked(world).await, expected);
}

async fn a_reservation_is_tracked_without_a_record(world: &World<impl Adapter>) {
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let tracked = one_tracked(world).await;
    assert_eq!(tracked.key.customer, reservation.id);
    assert!(tracked.is_reserved);
    assert_eq!(tracked.rail_customer, None);
    world.abandon(&reservation).await;
    assert_eq!(self::tracked(world, Env::Test).await, []);
}

async fn customers_of_all_organisations_of_one_env_come_page_by_page(world: &World<impl Adapter>) {
    let neighbour = world.new_tenant(Env::Test).await;
    let live = world.new_tenant(Env::Live).await;
    world.exists_in(live, &individual()).await;
    let mut expected = Vec::new();
    for tenant in [
        world.tenant,
        neighbour,
        world.tenant,
        neighbour,
        world.tenant,
    ] {
        expected.push(key(tenant, world.exists_in(tenant, &individual()).await.id));
    }
    expected.sort();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world
            .store()
            .tracked_customers(Env::Test, after, 2)
            .await
            .unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.key);
        seen.extend(page.iter().map(|customer| customer.key));
    }
    assert_eq!(seen, expected);
}

async fn refusals_are_told_unless_the_field_is_pending_again(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let mut contact = one_tracked(world).await.contact;
    contact.email = email("new@example.com");
    contact.phone = Some(phone("+447700900123"));
    amend(world, &customer, &contact, &[Email, Phone]).await;
    assert_eq!(one_tracked(world).await.refused, []);
    refuse(world, &[Email, Phone]).await;
    let mut refused = one_tracked(world).await.refused;
    refused.sort();
    assert_eq!(refused, [Email, Phone]);

    contact.email = email("newer@example.com");
    amend(world, &customer, &contact, &[Email]).await;
    let tracked = one_tracked(world).await;
    assert_eq!(tracked.refused, [Phone]);
    assert_eq!(tracked.contact, contact);
}

async fn records_are_bound_within_one_env(world: &World<impl Adapter>) {
    let ours = rail_id(&world.exists(&individual()).await.id.to_string());
    let live = world.new_tenant(Env::Live).await;
    let live = rail_id(&world.exists_in(live, &individual()).await.id.to_string());
    let nobodys = rail_id("nobodys");
    let asked = [nobodys.clone(), ours.clone(), live.clone()];
    let unbound = async |env| world.store().unbound(env, &asked).await.unwrap();
    assert_eq!(unbound(Env::Test).await, [nobodys.clone(), live]);
    assert_eq!(unbound(Env::Live).await, [nobodys, ours]);
    assert_eq!(world.store().unbound(Env::Test, &[]).await, Ok(Vec::new()));
}
