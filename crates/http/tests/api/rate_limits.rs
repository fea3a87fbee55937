//! How often callers may ask: the contract, section 11.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use actix_web::{http::Method, test::TestRequest};
use serde_json::json;
use vouch_http::{RateLimit, RateLimitSettings, RateLimits};

use crate::support::{World, create_body, json_request};

/// So many, and no more while a test runs.
fn at_once(burst: u32) -> Option<RateLimit> {
    Some(RateLimit {
        burst: NonZeroU32::new(burst).unwrap(),
        every: Duration::from_secs(3_600),
    })
}

fn limited(settings: RateLimitSettings) -> World {
    World {
        rate_limits: Arc::new(RateLimits::new(settings)),
        ..World::new()
    }
}

#[actix_web::test]
async fn every_answer_says_what_is_left_and_the_last_one_when_to_come_back() {
    let world = limited(RateLimitSettings {
        read: at_once(2),
        ..RateLimitSettings::default()
    });
    for remaining in ["1", "0"] {
        let answer = world.get("/v1/customers").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("X-RateLimit-Limit"), Some("2"));
        assert_eq!(answer.header("X-RateLimit-Remaining"), Some(remaining));
        assert!(answer.header("X-RateLimit-Reset").is_some());
    }
    let refused = world.get("/v1/customers").await;
    refused.expect_error(429, "rate_limit_exceeded", None);
    assert_eq!(refused.header("X-RateLimit-Remaining"), Some("0"));
    let seconds: u64 = refused.header("Retry-After").unwrap().parse().unwrap();
    let detail = json!({ "tier": "read", "limit": 2, "retry_after_seconds": seconds });
    assert_eq!(refused.json()["error"]["detail"], detail);
    assert!((1..=3_600).contains(&seconds), "{seconds}");
    // To write is another matter.
    let created = world.create(&create_body()).await;
    assert_eq!(created.header("X-RateLimit-Limit"), None);
    assert!(created.status < 300, "{}", created.text());
}

#[actix_web::test]
async fn a_limit_comes_before_the_method_and_after_the_permission() {
    let world = limited(RateLimitSettings {
        write: at_once(1),
        ..RateLimitSettings::default()
    });
    let delete = || json_request(Method::DELETE, "/v1/customers", &json!({}));
    let answer = world.call(delete()).await;
    answer.expect_error(405, "method_not_allowed", None);
    assert_eq!(answer.header("X-RateLimit-Remaining"), Some("0"));
    let answer = world.call(delete()).await;
    answer.expect_error(429, "rate_limit_exceeded", None);
    world
        .ports
        .set_principal(|principal| principal.standing.remittances_enabled = false);
    let answer = world.call(delete()).await;
    answer.expect_error(403, "remittances_not_enabled", None);
    assert_eq!(answer.header("X-RateLimit-Remaining"), None);
}

#[actix_web::test]
async fn who_has_no_good_key_is_counted_by_address() {
    let world = limited(RateLimitSettings {
        anonymous: at_once(2),
        ..RateLimitSettings::default()
    });
    let from = |address: &str| {
        let request = TestRequest::get().uri("/v1/customers");
        request.peer_addr(address.parse().unwrap())
    };
    let address = "192.0.2.1:4711";
    let answer = world.send(from(address)).await;
    answer.expect_error(401, "missing_api_key", None);
    let bad = from(address).insert_header(("Authorization", "Bearer sk_test_x"));
    let answer = world.send(bad).await;
    answer.expect_error(401, "invalid_api_key", None);
    let answer = world.send(from(address)).await;
    answer.expect_error(429, "rate_limit_exceeded", None);
    assert_eq!(answer.json()["error"]["detail"]["tier"], "anonymous");
    assert!(answer.header("Retry-After").is_some());
    assert_eq!(answer.header("X-RateLimit-Limit"), None);
    // Neither others nor those with a key.
    let answer = world.send(from("192.0.2.2:4711")).await;
    answer.expect_error(401, "missing_api_key", None);
    assert_eq!(world.call(from(address)).await.status, 200);
}
