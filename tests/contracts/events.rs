//! Pages of events.

use vouch_domain::{
    customer::{ContactData, CustomerHandle, CustomerSummary, Status},
    event::{Event, EventType},
    id::EventId,
    ports::{Amend, CustomerQueries, Customers, EventPageRequest, PageError},
};
use vouch_testkit::{email, individual, reference};

use crate::harness::{Adapter, EMAIL_ONLY, World, by_id, by_reference, contract};

contract![
    events_page_from_the_oldest,
    events_are_filtered_by_type,
    an_event_keeps_the_customer_as_it_was,
    an_unknown_event_is_no_cursor,
    an_unknown_customer_has_no_events,
];

/// A customer that was amended so often, and its events.
async fn amended(world: &World<impl Adapter>, times: usize) -> (CustomerSummary, Vec<Event>) {
    let made = world.exists(&individual()).await;
    for number in 0..times {
        let basis = world
            .store()
            .amendment_basis(world.tenant, &by_id(&made), None)
            .await;
        let read = basis.unwrap().unwrap().subject.known().unwrap().clone();
        let contact = ContactData {
            email: email(&format!("new{number}@example.com")),
            ..read.contact
        };
        let amend = Amend {
            customer: made.id,
            identity: &read.identity,
            contact: &contact,
            changed: EMAIL_ONLY,
            expected: read.summary.version,
            event: world.ids.mint(),
            claim: None,
        };
        world.store().amend(world.tenant, &amend).await.unwrap();
    }
    let (events, _) = page(world, by_id(&made), 100, None, None).await.unwrap();
    assert_eq!(events.len(), times + 1);
    (made, events)
}

async fn page(
    world: &World<impl Adapter>,
    customer: CustomerHandle,
    limit: u8,
    after: Option<EventId>,
    event_type: Option<EventType>,
) -> Result<(Vec<Event>, bool), PageError> {
    let request = EventPageRequest {
        customer,
        limit,
        after,
        event_type,
    };
    let page = world.store().events(world.tenant, &request).await?;
    Ok((page.events, page.has_more))
}

async fn events_page_from_the_oldest(world: &World<impl Adapter>) {
    let (customer, all) = amended(world, 4).await;
    for handle in [by_id(&customer), by_reference(&customer)] {
        let page = async |limit, after| {
            page(world, handle.clone(), limit, after, None)
                .await
                .unwrap()
        };
        assert_eq!(page(2, None).await, (all[..2].to_vec(), true));
        assert_eq!(page(2, Some(all[1].id)).await, (all[2..4].to_vec(), true));
        assert_eq!(page(2, Some(all[3].id)).await, (all[4..].to_vec(), false));
        assert_eq!(page(2, Some(all[4].id)).await, (Vec::new(), false));
        assert_eq!(page(5, None).await, (all.clone(), false));
    }
}

async fn events_are_filtered_by_type(world: &World<impl Adapter>) {
    let (customer, all) = amended(world, 3).await;
    let page = async |limit, after, event_type| {
        page(world, by_id(&customer), limit, after, Some(event_type))
            .await
            .unwrap()
    };
    let (created, updated) = (EventType::CustomerCreated, EventType::CustomerUpdated);
    assert_eq!(page(1, None, created).await, (all[..1].to_vec(), false));
    assert_eq!(page(2, None, updated).await, (all[1..3].to_vec(), true));
    // The cursor need not be of the type.
    assert_eq!(
        page(9, Some(all[0].id), updated).await,
        (all[1..].to_vec(), false)
    );
    assert_eq!(page(9, Some(all[0].id), created).await, (Vec::new(), false));
}

async fn an_event_keeps_the_customer_as_it_was(world: &World<impl Adapter>) {
    let made = world.exists(&individual()).await;
    world
        .adapter
        .set_status(world.tenant, made.id, Status::Verified)
        .await;
    let (events, _) = page(world, by_id(&made), 9, None, None).await.unwrap();
    assert_eq!(events[0].customer, made);
}

async fn an_unknown_event_is_no_cursor(world: &World<impl Adapter>) {
    let (customer, _) = amended(world, 1).await;
    let (_, foreign) = amended(world, 1).await;
    for cursor in [world.ids.mint(), foreign[0].id] {
        let page = page(world, by_id(&customer), 9, Some(cursor), None).await;
        assert_eq!(page, Err(PageError::UnknownCursor));
    }
}

async fn an_unknown_customer_has_no_events(world: &World<impl Adapter>) {
    let (_, events) = amended(world, 1).await;
    let nobody = || CustomerHandle::Reference(reference("nobody"));
    assert_eq!(
        page(world, nobody(), 9, None, None).await,
        Ok((Vec::new(), false))
    );
    let page = page(world, nobody(), 9, Some(events[0].id), None).await;
    assert_eq!(page, Err(PageError::UnknownCursor));
}
