//! Pages of customers.

use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary, Status},
    ports::{CustomerPage, CustomerPageRequest, CustomerQueries, PageError},
};
use vouch_testkit::{individual, reference};

use crate::harness::{Adapter, World, by_id, by_reference, contract};

contract![
    customers_come_newest_first,
    a_page_goes_on_after_an_id_or_a_reference,
    has_more_tells_whether_there_is_one_more,
    an_unknown_cursor_is_refused,
    a_cursor_need_not_match_the_filters,
    customers_are_filtered_by_status,
    paging_neither_repeats_nor_skips_while_customers_are_made,
];

fn request(limit: u8, after: Option<CustomerHandle>) -> CustomerPageRequest {
    CustomerPageRequest {
        limit,
        after,
        status: None,
        search: None,
    }
}

async fn page(world: &World<impl Adapter>, request: &CustomerPageRequest) -> CustomerPage {
    world.store().page(world.tenant, request).await.unwrap()
}

/// So many customers, newest first.
async fn newest_first(world: &World<impl Adapter>, count: usize) -> Vec<CustomerSummary> {
    let mut made = world.customers(count).await;
    made.reverse();
    made
}

async fn customers_come_newest_first(world: &World<impl Adapter>) {
    let all = newest_first(world, 4).await;
    let page = page(world, &request(100, None)).await;
    assert_eq!(page.customers, all);
    assert!(!page.has_more);
}

async fn a_page_goes_on_after_an_id_or_a_reference(world: &World<impl Adapter>) {
    let all = newest_first(world, 5).await;
    for handle in [by_id, by_reference] {
        let page = page(world, &request(2, Some(handle(&all[1])))).await;
        assert_eq!(page.customers, all[2..4]);
        assert!(page.has_more);
    }
}

async fn has_more_tells_whether_there_is_one_more(world: &World<impl Adapter>) {
    let all = newest_first(world, 3).await;
    for (limit, after, count, has_more) in [
        (2, None, 2, true),
        (3, None, 3, false),
        (2, Some(0), 2, false),
        (1, Some(2), 0, false),
    ] {
        let after = after.map(|position: usize| by_id(&all[position]));
        let page = page(world, &request(limit, after)).await;
        assert_eq!((page.customers.len(), page.has_more), (count, has_more));
    }
}

async fn an_unknown_cursor_is_refused(world: &World<impl Adapter>) {
    world.customers(1).await;
    let unknown = [
        CustomerHandle::Id(world.ids.mint()),
        CustomerHandle::Reference(reference("nobody")),
    ];
    for handle in unknown {
        let page = world
            .store()
            .page(world.tenant, &request(9, Some(handle)))
            .await;
        assert_eq!(page, Err(PageError::UnknownCursor));
    }
}

async fn a_cursor_need_not_match_the_filters(world: &World<impl Adapter>) {
    let all = newest_first(world, 3).await;
    world
        .adapter
        .set_status(world.tenant, all[2].id, Status::Verified)
        .await;
    let verified_after = CustomerPageRequest {
        status: Some(Status::Verified),
        ..request(9, Some(by_id(&all[0])))
    };
    let page = page(world, &verified_after).await;
    assert_eq!(page.customers.len(), 1);
    assert_eq!(page.customers[0].id, all[2].id);
}

async fn customers_are_filtered_by_status(world: &World<impl Adapter>) {
    let all = newest_first(world, 8).await;
    let statuses = Status::ALL.into_iter().cycle();
    for (customer, status) in all.iter().zip(statuses) {
        world
            .adapter
            .set_status(world.tenant, customer.id, status)
            .await;
    }
    for (position, status) in Status::ALL.into_iter().enumerate() {
        let in_status = CustomerPageRequest {
            status: Some(status),
            ..request(1, None)
        };
        let first = page(world, &in_status).await;
        assert!(first.has_more);
        let second = CustomerPageRequest {
            after: Some(by_id(&first.customers[0])),
            ..in_status
        };
        let second = page(world, &second).await;
        assert!(!second.has_more);
        let found = [first.customers, second.customers].concat();
        let ids: Vec<_> = found.iter().map(|customer| customer.id).collect();
        assert_eq!(ids, [all[position].id, all[position + 4].id]);
        assert!(found.iter().all(|customer| customer.status == status));
    }
}

async fn paging_neither_repeats_nor_skips_while_customers_are_made(world: &World<impl Adapter>) {
    let all = newest_first(world, 9).await;
    let mut seen = Vec::new();
    let mut next = request(2, None);
    loop {
        let page = page(world, &next).await;
        next.after = page.customers.last().map(by_id);
        seen.extend(page.customers);
        world.exists(&individual()).await;
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, all);
}
