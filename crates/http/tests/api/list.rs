//! `GET /v1/customers`

use vouch_domain::{
    customer::{CustomerHandle, Status},
    ports::{CustomerPage, CustomerPageRequest, PageError, SearchText, StoreError},
};

use crate::support::{CUSTOMER, World, summary};

fn nothing_asked() -> CustomerPageRequest {
    CustomerPageRequest {
        limit: 50,
        after: None,
        status: None,
        search: None,
    }
}

#[actix_web::test]
async fn a_page_is_a_list() {
    let world = World::new();
    let empty = world.get("/v1/customers").await;
    assert_eq!(
        empty.text(),
        r#"{"object":"list","has_more":false,"data":[]}"#
    );
    *world.ports.customers.lock().unwrap() = Ok(CustomerPage {
        customers: vec![summary(), summary()],
        has_more: true,
    });
    let answer = world.get("/v1/customers").await;
    let list = answer.json();
    assert_eq!((answer.status, &list["has_more"]), (200, &true.into()));
    assert_eq!(list["data"][1]["id"], CUSTOMER);
    assert_eq!(list["data"][1].as_object().unwrap().len(), 7);
    assert_eq!(answer.header("ETag"), None);
}

#[actix_web::test]
async fn parameters_are_read_as_a_form() {
    let after = |text| CustomerPageRequest {
        after: CustomerHandle::parse(text),
        ..nothing_asked()
    };
    let search = |text| CustomerPageRequest {
        search: SearchText::parse(text).ok(),
        ..nothing_asked()
    };
    let limit = |limit| CustomerPageRequest {
        limit,
        ..nothing_asked()
    };
    for (query, expected) in [
        ("", nothing_asked()),
        ("?", nothing_asked()),
        ("?&&", nothing_asked()),
        ("?limit=1", limit(1)),
        ("?limit=100", limit(100)),
        ("?limit=007&", limit(7)),
        ("?%6Cimit=%39", limit(9)),
        (
            "?starting_after=ckcust_01h455vb4pex5vsknk084sn02q",
            after(CUSTOMER),
        ),
        ("?starting_after=a%2Fb%252F%2B", after("a/b%2F+")),
        ("?q=two+words", search("two words")),
        ("?q=a%2Bb", search("a+b")),
        ("?q=a=b", search("a=b")),
        ("?q=100%", search("100%")),
        ("?q=%25_%5C", search("%_\\")),
        ("?q=%C3%89", search("é")),
        (
            "?status=closed&limit=2&q=x&starting_after=r",
            CustomerPageRequest {
                limit: 2,
                after: CustomerHandle::parse("r"),
                status: Some(Status::Closed),
                search: SearchText::parse("x").ok(),
            },
        ),
    ] {
        let world = World::new();
        assert_eq!(
            world.get(&format!("/v1/customers{query}")).await.status,
            200,
            "{query}"
        );
        assert_eq!(
            *world.ports.page_requests.lock().unwrap(),
            [expected],
            "{query}"
        );
    }
}

#[actix_web::test]
async fn other_parameters_are_refused() {
    let world = World::new();
    let too_long = format!("q={}", "x".repeat(101));
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=%2B1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=1e1", "limit"),
        ("limit=256", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=+1", "limit"),
        ("limit=%D9%A1", "limit"),
        ("limit=", "limit"),
        ("limit", "limit"),
        ("limit=1&limit=1", "limit"),
        ("status=", "status"),
        ("status=VERIFIED", "status"),
        ("status=pending,closed", "status"),
        ("starting_after=", "starting_after"),
        ("starting_after=ckcust_x", "starting_after"),
        ("starting_after=+a", "starting_after"),
        ("starting_after=%FF", "starting_after"),
        ("q=", "q"),
        ("q=%00", "q"),
        ("q=%FF", "q"),
        ("q=%C3", "q"),
        (&too_long, "q"),
        ("q=a&q=b", "q"),
        ("Limit=1", "Limit"),
        ("limit[]=1", "limit[]"),
        ("offset=1", "offset"),
        ("%FF=1", "\u{fffd}"),
        ("=1", ""),
    ] {
        let answer = world.get(&format!("/v1/customers?{query}")).await;
        answer.expect_error(400, "invalid_field", Some(field));
    }
    assert!(world.ports.page_requests.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn all_wrong_parameters_are_reported_at_once() {
    let answer = World::new()
        .get("/v1/customers?b=1&q=&a=1&limit=0&status=x")
        .await;
    let body = answer.json();
    let fields: Vec<_> = body["error"]["detail"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["limit", "status", "q", "a", "b"]);
}

#[actix_web::test]
async fn pages_can_fail() {
    let world = World::new();
    let fail = |error| *world.ports.customers.lock().unwrap() = Err(error);
    fail(PageError::UnknownCursor);
    let answer = world.get("/v1/customers?starting_after=x").await;
    answer.expect_error(400, "invalid_field", Some("starting_after"));
    fail(PageError::Store(StoreError::Unavailable("x".to_owned())));
    world
        .get("/v1/customers")
        .await
        .expect_error(503, "unavailable", None);
}
