//! `GET /v1/events`

use vouch_domain::{
    customer::{ContactField, CustomerHandle, Status},
    event::{Event, EventDetail, EventType},
    id::{EventId, KycSubmissionId},
    ports::{EventPage, EventPageRequest, PageError},
};

use crate::support::{CUSTOMER, World, summary};

const EVENT: &str = "ckevt_01h455vb4pex5vsknk084sn02q";
const SUBMISSION: &str = "ckkyc_01h455vb4pex5vsknk084sn02q";

fn event(detail: EventDetail, sequence: i32) -> Event {
    Event {
        id: EventId::parse(EVENT).unwrap(),
        sequence,
        customer: summary(),
        detail,
    }
}

#[actix_web::test]
async fn events_tell_the_story_of_a_customer() {
    let world = World::new();
    *world.ports.events.lock().unwrap() = Ok(EventPage {
        events: vec![
            event(EventDetail::Created, 1),
            event(
                EventDetail::Updated {
                    changed: vec![ContactField::Email, ContactField::ZipCode],
                },
                2,
            ),
            event(
                EventDetail::KycSubmitted {
                    submission: KycSubmissionId::parse(SUBMISSION).unwrap(),
                },
                3,
            ),
            event(
                EventDetail::StatusChanged {
                    previous: Status::Pending,
                    status: Status::Verified,
                },
                4,
            ),
            event(EventDetail::Closed, 5),
        ],
        has_more: true,
    });
    let answer = world
        .get(&format!("/v1/events?customer_id={CUSTOMER}"))
        .await;
    assert_eq!(answer.status, 200);
    let customer = r#"{"object":"customer","id":"ckcust_01h455vb4pex5vsknk084sn02q","customer_reference":"a/b%2F+é c","interac_email":"user@pouch.app","status":"pending","env":"test","created_at":"2023-06-30T03:34:18Z"}"#;
    let event = |event_type: &str, sequence: u8, data: &str| {
        format!(
            r#"{{"object":"event","id":"{EVENT}","env":"test","type":"{event_type}","created_at":"2023-06-30T03:34:18Z","customer_id":"{CUSTOMER}","customer_reference":"a/b%2F+é c","sequence":{sequence},"data":{{"customer":{customer}{data}}}}}"#
        )
    };
    let created = event("customer_created", 1, "");
    let updated = event("customer_updated", 2, r#","changed":["email","zip_code"]"#);
    let submitted = format!(r#","kyc_submission_id":"{SUBMISSION}""#);
    let submitted = event("kyc_submitted", 3, &submitted);
    let verified = r#","previous_status":"pending","status":"verified""#;
    let verified = event("kyc_status_changed", 4, verified);
    let closed = event("customer_closed", 5, "");
    let expected = format!(
        r#"{{"object":"list","has_more":true,"data":[{created},{updated},{submitted},{verified},{closed}]}}"#
    );
    assert_eq!(answer.text(), expected);
}

#[actix_web::test]
async fn parameters_are_read() {
    let world = World::new();
    let query = format!("customer_id=a%2Fb&limit=2&type=customer_updated&starting_after={EVENT}");
    for query in ["customer_id=a%2Fb", &query] {
        assert_eq!(world.get(&format!("/v1/events?{query}")).await.status, 200);
    }
    let plain = EventPageRequest {
        customer: CustomerHandle::parse("a/b").unwrap(),
        limit: 50,
        after: None,
        event_type: None,
    };
    let full = EventPageRequest {
        limit: 2,
        after: EventId::parse(EVENT).ok(),
        event_type: Some(EventType::CustomerUpdated),
        ..plain.clone()
    };
    assert_eq!(*world.ports.event_requests.lock().unwrap(), [plain, full]);
}

#[actix_web::test]
async fn other_parameters_are_refused() {
    let world = World::new();
    for (query, code, field) in [
        ("", "missing_field", "customer_id"),
        ("customer_id=", "missing_field", "customer_id"),
        ("customer_id=%00", "invalid_field", "customer_id"),
        (
            "customer_id=a&customer_id=b",
            "invalid_field",
            "customer_id",
        ),
        ("customer_id=a&limit=0", "invalid_field", "limit"),
        ("customer_id=a&type=", "invalid_field", "type"),
        ("customer_id=a&type=payout_lost", "invalid_field", "type"),
        (
            "customer_id=a&starting_after=",
            "invalid_field",
            "starting_after",
        ),
        (
            "customer_id=a&starting_after=ckcust_01h455vb4pex5vsknk084sn02q",
            "invalid_field",
            "starting_after",
        ),
        ("customer_id=a&status=pending", "invalid_field", "status"),
        ("limit=0&x=1", "missing_field", "customer_id"),
    ] {
        let answer = world.get(&format!("/v1/events?{query}")).await;
        answer.expect_error(400, code, Some(field));
    }
    assert!(world.ports.event_requests.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn an_unknown_cursor_is_refused() {
    let world = World::new();
    *world.ports.events.lock().unwrap() = Err(PageError::UnknownCursor);
    let answer = world
        .get(&format!("/v1/events?customer_id=a&starting_after={EVENT}"))
        .await;
    answer.expect_error(400, "invalid_field", Some("starting_after"));
}
