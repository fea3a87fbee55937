//! How a reservation ends: recorded or abandoned. Until then nobody sees it.

use vouch_domain::{
    customer::{CustomerHandle, NewCustomer, Status, Version},
    event::EventDetail,
    id::EventId,
    ports::{
        CustomerPageRequest, CustomerQueries, Customers, EventPageRequest, PageError, Provisioning,
        RecordOutcome, Standing,
    },
};
use vouch_testkit::{individual, interac_email, unique_claim};

use crate::harness::{Adapter, World, by_id, by_reference, contract, rail_id};

contract![
    a_reservation_is_invisible,
    a_recorded_customer_is_visible_as_pending,
    a_recorded_customer_has_one_event,
    a_rail_customer_is_bound_once,
    a_recording_without_the_lease_changes_nothing,
    a_customer_is_recorded_once,
    a_repeated_recording_answers_as_at_first,
    an_abandoned_reservation_frees_everything,
    an_abandonment_without_the_lease_does_nothing,
];

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

fn complete() -> NewCustomer {
    NewCustomer {
        interac_email: Some(interac_email("held@example.com")),
        ..individual()
    }
}

async fn a_reservation_is_invisible(world: &World<impl Adapter>) {
    let customer = complete();
    let reservation = world.granted(&customer, &unique_claim()).await;
    let store = world.store();
    let handles = [
        CustomerHandle::Id(reservation.id),
        CustomerHandle::Reference(customer.reference.clone()),
    ];
    for handle in handles {
        assert_eq!(world.find(&handle).await, None);
        assert_eq!(
            store.amendment_basis(world.tenant, &handle, None).await,
            Ok(None)
        );
        let events = store.events(world.tenant, &events_of(handle.clone())).await;
        assert_eq!(events.unwrap().events, []);
        let after_it = CustomerPageRequest {
            after: Some(handle),
            ..everything()
        };
        assert_eq!(
            store.page(world.tenant, &after_it).await,
            Err(PageError::UnknownCursor)
        );
    }
    let page = store.page(world.tenant, &everything()).await.unwrap();
    assert_eq!((page.customers, page.has_more), (Vec::new(), false));
}

async fn a_recorded_customer_is_visible_as_pending(world: &World<impl Adapter>) {
    let customer = complete();
    let reservation = world.granted(&customer, &unique_claim()).await;
    let made = world.recorded(&reservation).await;
    assert_eq!(made.id, reservation.id);
    assert_eq!(made.reference, customer.reference);
    assert_eq!(made.interac_email, customer.interac_email);
    assert_eq!(made.status, Status::Pending);
    assert_eq!(made.version, Version::FIRST);
    assert_eq!(world.find(&by_id(&made)).await, Some(made.clone()));
    assert_eq!(world.find(&by_reference(&made)).await, Some(made.clone()));
    let page = world
        .store()
        .page(world.tenant, &everything())
        .await
        .unwrap();
    assert_eq!(page.customers, std::slice::from_ref(&made));
    let basis = world
        .store()
        .amendment_basis(world.tenant, &by_id(&made), None)
        .await;
    let basis = basis.unwrap().unwrap();
    let kept = basis.subject.known().unwrap();
    assert_eq!(kept.summary, made);
    assert_eq!(kept.identity, customer.identity);
    assert_eq!(kept.contact, customer.contact);
    assert_eq!(basis.bound, None);
}

async fn a_recorded_customer_has_one_event(world: &World<impl Adapter>) {
    let reservation = world.granted(&complete(), &unique_claim()).await;
    let made = world.recorded(&reservation).await;
    let page = world
        .store()
        .events(world.tenant, &events_of(by_id(&made)))
        .await
        .unwrap();
    let [event] = &page.events[..] else {
        panic!("not one event: {page:?}");
    };
    assert_eq!(event.detail, EventDetail::Created);
    assert_eq!(event.sequence, 1);
    assert_eq!(event.customer, made);
    assert!(!page.has_more);
}

async fn a_rail_customer_is_bound_once(world: &World<impl Adapter>) {
    let first = world.granted(&individual(), &unique_claim()).await;
    let taken = rail_id("rail-1");
    assert!(matches!(
        world.record(&first, &taken).await,
        RecordOutcome::Recorded(_)
    ));
    let (customer, claim) = (individual(), unique_claim());
    let second = world.granted(&customer, &claim).await;
    assert_eq!(
        world.record(&second, &taken).await,
        RecordOutcome::RailCustomerTaken
    );
    // The reservation is open still, and under the same lease.
    assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
    let outcome = world.record(&second, &rail_id("rail-2")).await;
    assert!(matches!(outcome, RecordOutcome::Recorded(_)));
}

async fn a_recording_without_the_lease_changes_nothing(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let old = world.granted(&customer, &claim).await;
    world.expire_leases().await;
    let new = world.resumed(&customer, &claim).await;
    assert_eq!(
        world.record(&old, &rail_id("rail-1")).await,
        RecordOutcome::LeaseLost
    );
    assert_eq!(world.find(&CustomerHandle::Id(old.id)).await, None);
    let outcome = world.record(&new, &rail_id("rail-1")).await;
    assert!(matches!(outcome, RecordOutcome::Recorded(_)));
}

async fn a_customer_is_recorded_once(world: &World<impl Adapter>) {
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let made = world.recorded(&reservation).await;
    let again = world.record(&reservation, &rail_id("another")).await;
    assert_eq!(again, RecordOutcome::LeaseLost);
    assert!(!world.abandon(&reservation).await);
    assert_eq!(world.find(&by_id(&made)).await, Some(made));
}

async fn a_repeated_recording_answers_as_at_first(world: &World<impl Adapter>) {
    let reservation = world.granted(&individual(), &unique_claim()).await;
    let (event, rail): (EventId, _) = (world.ids.mint(), rail_id("rail-1"));
    let store = world.store();
    let record = async || {
        let recorded = store.record_provisioned(&reservation, &rail, event, true);
        recorded.await.unwrap()
    };
    let first = record().await;
    assert!(matches!(first, RecordOutcome::Recorded(_)), "{first:?}");
    assert_eq!(record().await, first);
    let handle = CustomerHandle::Id(reservation.id);
    let page = store
        .events(world.tenant, &events_of(handle))
        .await
        .unwrap();
    assert_eq!(page.events.len(), 1);
    // Another recording's event proves nothing.
    let other = world.granted(&individual(), &unique_claim()).await;
    world.expire_leases().await;
    let outcome = world.resumed(&other.customer, &unique_claim()).await;
    assert_ne!(outcome.lease, other.lease);
    let lost = store
        .record_provisioned(&other, &rail_id("rail-2"), event, true)
        .await;
    assert_eq!(lost, Ok(RecordOutcome::LeaseLost));
}

async fn an_abandoned_reservation_frees_everything(world: &World<impl Adapter>) {
    let (customer, first, second) = (complete(), unique_claim(), unique_claim());
    let reservation = world.granted(&customer, &first).await;
    world.expire_leases().await;
    let resumed = world.resumed(&customer, &second).await;
    assert!(world.abandon(&resumed).await);
    assert!(!world.abandon(&resumed).await, "it is gone");
    assert_eq!(world.key_standing(&first).await, None);
    assert_eq!(world.key_standing(&second).await, None);
    let again = world.granted(&customer, &first).await;
    assert_ne!(again.id, reservation.id);
}

async fn an_abandonment_without_the_lease_does_nothing(world: &World<impl Adapter>) {
    let (customer, claim) = (complete(), unique_claim());
    let old = world.granted(&customer, &claim).await;
    world.expire_leases().await;
    world.resumed(&customer, &claim).await;
    assert!(!world.abandon(&old).await);
    assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
    let other = NewCustomer {
        interac_email: customer.interac_email,
        ..individual()
    };
    assert_eq!(
        world.stands(&other, &unique_claim()).await,
        Standing::InteracEmailTaken
    );
}
