//! Amendments of contact data.

use vouch_domain::{
    customer::{
        ContactData, ContactField, Customer, CustomerSummary, IdentityField, NewCustomer, Version,
    },
    event::{EventDetail, EventType},
    idempotency::KeyClaim,
    ports::{Amend, AmendOutcome, CustomerQueries, Customers, EventPageRequest, Standing},
};
use vouch_testkit::{amend_claim, business, email, individual, phone, unique_claim};

use crate::harness::{Adapter, EMAIL_ONLY, World, by_id, by_reference, contract};

contract![
    an_amendment_is_stored_and_counts_the_version,
    cleared_data_stays_cleared,
    events_of_amendments_follow_without_gaps,
    an_amendment_of_another_version_is_outrun,
    of_two_amendments_of_one_version_one_is_outrun,
    an_amendment_binds_its_key,
    an_amendment_under_a_bound_key_is_outrun_and_changes_nothing,
    a_new_email_counts_for_the_comparison_of_identities,
    the_basis_tells_what_the_key_is_bound_to,
];

pub(crate) async fn basis(world: &World<impl Adapter>, customer: &CustomerSummary) -> Customer {
    let basis = world
        .store()
        .amendment_basis(world.tenant, &by_id(customer), None)
        .await;
    basis.unwrap().unwrap().subject.known().unwrap().clone()
}

/// Amends the customer as it was when read.
async fn amend(
    world: &World<impl Adapter>,
    read: &Customer,
    contact: &ContactData,
    changed: &[ContactField],
    claim: Option<&KeyClaim>,
) -> AmendOutcome {
    let amend = Amend {
        customer: read.summary.id,
        identity: &read.identity,
        contact,
        changed,
        expected: read.summary.version,
        event: world.ids.mint(),
        claim,
    };
    world.store().amend(world.tenant, &amend).await.unwrap()
}

pub(crate) async fn amend_email(
    world: &World<impl Adapter>,
    read: &Customer,
    address: &str,
    claim: Option<&KeyClaim>,
) -> AmendOutcome {
    let contact = ContactData {
        email: email(address),
        ..read.contact.clone()
    };
    amend(world, read, &contact, EMAIL_ONLY, claim).await
}

async fn an_amendment_is_stored_and_counts_the_version(world: &World<impl Adapter>) {
    for customer in [individual(), business()] {
        let made = world.exists(&customer).await;
        let read = basis(world, &made).await;
        let contact = ContactData {
            email: email("New@Example.com"),
            phone: Some(phone("+447700900123")),
            ..read.contact.clone()
        };
        let changed = [ContactField::Email, ContactField::Phone];
        let outcome = amend(world, &read, &contact, &changed, None).await;
        let expected = CustomerSummary {
            version: Version(2),
            ..made.clone()
        };
        assert_eq!(outcome, AmendOutcome::Amended(expected.clone()));
        let now = basis(world, &made).await;
        assert_eq!(now.summary, expected);
        assert_eq!(now.contact, contact);
        assert_eq!(now.identity, customer.identity);
        assert_eq!(world.find(&by_reference(&made)).await, Some(expected));
    }
}

async fn cleared_data_stays_cleared(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let read = basis(world, &made).await;
    let contact = ContactData {
        phone: None,
        street: None,
        city: None,
        state: None,
        id_expiry_date: None,
        ..read.contact.clone()
    };
    amend(world, &read, &contact, &[ContactField::Phone], None).await;
    assert_eq!(basis(world, &made).await.contact, contact);
}

async fn events_of_amendments_follow_without_gaps(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    for number in 2..=5 {
        let read = basis(world, &made).await;
        let contact = ContactData {
            email: email(&format!("new{number}@example.com")),
            street: None,
            ..read.contact.clone()
        };
        let changed = [ContactField::Email, ContactField::Street];
        amend(world, &read, &contact, &changed, None).await;
        // One that is outrun leaves no gap.
        assert_eq!(
            amend_email(world, &read, "late@example.com", None).await,
            AmendOutcome::Outrun
        );
    }
    let request = EventPageRequest {
        customer: by_id(&made),
        limit: 100,
        after: None,
        event_type: None,
    };
    let events = world
        .store()
        .events(world.tenant, &request)
        .await
        .unwrap()
        .events;
    let sequences: Vec<i32> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    for event in &events[1..] {
        let changed = vec![ContactField::Email, ContactField::Street];
        assert_eq!(event.detail, EventDetail::Updated { changed });
        assert_eq!(event.customer.version, Version(event.sequence));
    }
}

async fn an_amendment_of_another_version_is_outrun(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let mut read = basis(world, &made).await;
    read.summary.version = Version(2);
    assert_eq!(
        amend_email(world, &read, "new@example.com", None).await,
        AmendOutcome::Outrun
    );
    assert_eq!(basis(world, &made).await.summary, made);
}

async fn of_two_amendments_of_one_version_one_is_outrun(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let read = basis(world, &made).await;
    let (first, second) = tokio::join!(
        amend_email(world, &read, "first@example.com", None),
        amend_email(world, &read, "second@example.com", None),
    );
    let outrun = [&first, &second]
        .into_iter()
        .filter(|one| **one == AmendOutcome::Outrun);
    assert_eq!(outrun.count(), 1, "{first:?} {second:?}");
    assert_eq!(basis(world, &made).await.summary.version, Version(2));
}

async fn an_amendment_binds_its_key(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let claim = amend_claim(&by_id(&made), "the-key");
    let read = basis(world, &made).await;
    let outcome = amend_email(world, &read, "new@example.com", Some(&claim)).await;
    assert!(matches!(outcome, AmendOutcome::Amended(_)));
    let bound = world.store().bind_key(world.tenant, made.id, &claim).await;
    assert_eq!(bound, Ok(false));
}

async fn an_amendment_under_a_bound_key_is_outrun_and_changes_nothing(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    let claim = amend_claim(&by_id(&made), "the-key");
    assert_eq!(
        world.store().bind_key(world.tenant, made.id, &claim).await,
        Ok(true)
    );
    let read = basis(world, &made).await;
    let outcome = amend_email(world, &read, "new@example.com", Some(&claim)).await;
    assert_eq!(outcome, AmendOutcome::Outrun);
    assert_eq!(basis(world, &made).await, read);
    let request = EventPageRequest {
        customer: by_id(&made),
        limit: 100,
        after: None,
        event_type: Some(EventType::CustomerUpdated),
    };
    let events = world.store().events(world.tenant, &request).await.unwrap();
    assert_eq!(events.events, []);
}

async fn a_new_email_counts_for_the_comparison_of_identities(world: &World<impl Adapter>) {
    let customer = individual();
    let made = world.exists(&customer).await;
    let read = basis(world, &made).await;
    amend_email(world, &read, "new@example.com", None).await;
    let before = Standing::ReferenceTaken {
        customer: Some(made.id),
        differing: vec![IdentityField::Email],
    };
    assert_eq!(world.stands(&customer, &unique_claim()).await, before);
    let now = NewCustomer {
        contact: ContactData {
            email: email("NEW@example.com"),
            ..customer.contact.clone()
        },
        ..customer
    };
    let standing = world.stands(&now, &unique_claim()).await;
    assert!(
        matches!(standing, Standing::Exists { by_key: false, .. }),
        "{standing:?}"
    );
}

async fn the_basis_tells_what_the_key_is_bound_to(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    for handle in [by_id(&made), by_reference(&made)] {
        let claim = amend_claim(&handle, "the-key");
        let store = world.store();
        let bound = async || {
            let basis = store
                .amendment_basis(world.tenant, &handle, Some(&claim))
                .await;
            basis.unwrap().unwrap().bound
        };
        assert_eq!(bound().await, None);
        store.bind_key(world.tenant, made.id, &claim).await.unwrap();
        assert_eq!(bound().await, Some(claim.fingerprint));
    }
}
