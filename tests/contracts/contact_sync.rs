//! Amended contact data on its way to the rail.

use std::time::Duration;

use vouch_domain::{
    customer::{
        ContactData,
        ContactField::{self, Email, Phone},
        CustomerSummary, Version,
    },
    ports::{Amend, ContactSync, Customers, PendingChange, SubmissionJobs},
    tenant::{Env, Tenant},
};
use vouch_testkit::{email, individual, phone};

use crate::{
    harness::{Adapter, World, by_id, contract, rail_id},
    submissions,
};

contract![
    a_customer_that_was_not_amended_has_nothing_to_tell,
    an_amendment_is_pending_with_the_data_as_it_is_now,
    later_amendments_join_what_is_pending,
    a_taken_change_is_held_and_given_again_after_its_lease,
    a_settled_change_is_over,
    what_was_amended_meanwhile_stays_pending,
    refused_fields_are_kept_until_the_rail_takes_them,
    a_freed_change_is_tried_again_later,
    who_lost_the_lease_changes_nothing,
    changes_of_all_organisations_of_one_env_are_due,
    no_more_are_taken_than_asked_for,
    a_change_waits_while_a_submission_is_handed_over,
];

const LEASE: Duration = Duration::from_secs(100);
/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(600);

async fn take(world: &World<impl Adapter>) -> Vec<PendingChange> {
    world
        .store()
        .take_pending_changes(Env::Test, LEASE, 100)
        .await
        .unwrap()
}

async fn take_one(world: &World<impl Adapter>) -> PendingChange {
    let mut taken = take(world).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

async fn settle(world: &World<impl Adapter>, change: &PendingChange, refused: &[ContactField]) {
    world.store().settle_change(change, refused).await.unwrap();
}

/// Gives these fields new values; the customer is read before, so nothing is outrun.
async fn amend(
    world: &World<impl Adapter>,
    tenant: Tenant,
    customer: &CustomerSummary,
    changed: &[ContactField],
) -> ContactData {
    let basis = world
        .store()
        .amendment_basis(tenant, &by_id(customer), None)
        .await;
    let read = basis.unwrap().unwrap().subject.known().unwrap().clone();
    let version = read.summary.version.0;
    let mut contact = read.contact;
    if changed.contains(&Email) {
        contact.email = email(&format!("version{version}@example.com"));
    }
    if changed.contains(&Phone) {
        contact.phone = Some(phone(&format!("+1416555{version:04}")));
    }
    let amend = Amend {
        customer: customer.id,
        identity: &read.identity,
        contact: &contact,
        changed,
        expected: read.summary.version,
        event: world.ids.mint(),
        claim: None,
    };
    world.store().amend(tenant, &amend).await.unwrap();
    contact
}

async fn amended(world: &World<impl Adapter>, changed: &[ContactField]) -> CustomerSummary {
    let made = world.exists(&individual()).await;
    amend(world, world.tenant, &made, changed).await;
    made
}

fn sorted(change: &PendingChange) -> Vec<ContactField> {
    let mut fields = change.fields.clone();
    fields.sort();
    fields
}

async fn a_customer_that_was_not_amended_has_nothing_to_tell(world: &World<impl Adapter>) {
    world.exists(&individual()).await;
    assert_eq!(take(world).await, []);
}

async fn an_amendment_is_pending_with_the_data_as_it_is_now(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let contact = amend(world, world.tenant, &made, &[Email]).await;
    let taken = take_one(world).await;
    let expected = PendingChange {
        tenant: world.tenant,
        customer: made.id,
        rail_customer: rail_id(&made.id.to_string()),
        contact,
        fields: vec![Email],
        version: Version(2),
        lease: taken.lease,
    };
    assert_eq!(taken, expected);
}

async fn later_amendments_join_what_is_pending(world: &World<impl Adapter>) {
    let made = amended(world, &[Email]).await;
    amend(world, world.tenant, &made, &[Phone]).await;
    let contact = amend(world, world.tenant, &made, &[Phone]).await;
    let taken = take_one(world).await;
    assert_eq!(sorted(&taken), [Email, Phone]);
    assert_eq!(taken.version, Version(4));
    assert_eq!(taken.contact, contact);
}

async fn a_taken_change_is_held_and_given_again_after_its_lease(world: &World<impl Adapter>) {
    amended(world, &[Email]).await;
    let first = take_one(world).await;
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let second = take_one(world).await;
    assert_eq!(second.customer, first.customer);
    assert_ne!(second.lease, first.lease);
}

async fn a_settled_change_is_over(world: &World<impl Adapter>) {
    let made = amended(world, &[Email]).await;
    let taken = take_one(world).await;
    settle(world, &taken, &[]).await;
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
    assert_eq!(
        world.adapter.refused_fields(world.tenant, made.id).await,
        []
    );
    amend(world, world.tenant, &made, &[Phone]).await;
    assert_eq!(take_one(world).await.fields, [Phone]);
}

async fn what_was_amended_meanwhile_stays_pending(world: &World<impl Adapter>) {
    let made = amended(world, &[Email]).await;
    let taken = take_one(world).await;
    let contact = amend(world, world.tenant, &made, &[Phone]).await;
    assert_eq!(take(world).await, [], "two holders of one change");
    settle(world, &taken, &[]).await;
    let second = take_one(world).await;
    assert!(second.fields.contains(&Phone));
    assert_eq!((second.version, &second.contact), (Version(3), &contact));
    settle(world, &second, &[]).await;
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
}

async fn refused_fields_are_kept_until_the_rail_takes_them(world: &World<impl Adapter>) {
    let made = amended(world, &[Email, Phone]).await;
    let refused = async || world.adapter.refused_fields(world.tenant, made.id).await;
    let first = take_one(world).await;
    settle(world, &first, &[Email, Phone]).await;
    assert_eq!(refused().await, [Email, Phone]);
    amend(world, world.tenant, &made, &[Phone]).await;
    let second = take_one(world).await;
    settle(world, &second, &[]).await;
    assert_eq!(refused().await, [Email]);
    amend(world, world.tenant, &made, &[Email]).await;
    let third = take_one(world).await;
    settle(world, &third, &[Email]).await;
    assert_eq!(refused().await, [Email]);
}

async fn a_freed_change_is_tried_again_later(world: &World<impl Adapter>) {
    let made = amended(world, &[Email]).await;
    for _ in 0..6 {
        let taken = take_one(world).await;
        world.store().free_change(&taken).await.unwrap();
        assert_eq!(
            world.adapter.refused_fields(world.tenant, made.id).await,
            []
        );
        world.adapter.advance(PATIENT).await;
    }
    let taken = take_one(world).await;
    world.store().free_change(&taken).await.unwrap();
    assert_eq!(take(world).await, []);
    // A new amendment is told at once.
    amend(world, world.tenant, &made, &[Email]).await;
    take_one(world).await;
}

async fn who_lost_the_lease_changes_nothing(world: &World<impl Adapter>) {
    let made = amended(world, &[Email]).await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let new = take_one(world).await;
    settle(world, &old, &[Email]).await;
    world.store().free_change(&old).await.unwrap();
    assert_eq!(
        world.adapter.refused_fields(world.tenant, made.id).await,
        []
    );
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    settle(world, &new, &[Email]).await;
    assert_eq!(
        world.adapter.refused_fields(world.tenant, made.id).await,
        [Email]
    );
}

async fn changes_of_all_organisations_of_one_env_are_due(world: &World<impl Adapter>) {
    let stranger = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [world.tenant, stranger, live] {
        let made = world.exists_in(tenant, &individual()).await;
        amend(world, tenant, &made, &[Email]).await;
    }
    let mut tenants: Vec<_> = take(world)
        .await
        .iter()
        .map(|one| one.tenant.organisation)
        .collect();
    tenants.sort();
    let mut expected = [world.tenant.organisation, stranger.organisation];
    expected.sort();
    assert_eq!(tenants, expected);
    let of_live = world
        .store()
        .take_pending_changes(Env::Live, LEASE, 100)
        .await
        .unwrap();
    assert_eq!(of_live.len(), 1);
    assert_eq!(of_live[0].tenant, live);
}

async fn no_more_are_taken_than_asked_for(world: &World<impl Adapter>) {
    for _ in 0..3 {
        amended(world, &[Email]).await;
    }
    for count in [2, 1, 0] {
        let taken = world
            .store()
            .take_pending_changes(Env::Test, LEASE, 2)
            .await
            .unwrap();
        assert_eq!(taken.len(), count);
    }
}

async fn a_change_waits_while_a_submission_is_handed_over(world: &World<impl Adapter>) {
    let ready = submissions::ready(world).await;
    submissions::opened(world, &ready).await;
    amend(world, world.tenant, &ready.customer, &[Email]).await;
    let other = world.exists(&individual()).await;
    amend(world, world.tenant, &other, &[Email]).await;
    let job = submissions::take_one(world).await;
    let starting = world.store().record_starting(&job, None).await;
    assert_eq!(starting, Ok(true));
    assert_eq!(take_one(world).await.customer, other.id);
    assert_eq!(world.store().record_reached(&job).await, Ok(()));
    assert_eq!(take_one(world).await.customer, ready.customer.id);
}
