//! `/livez` and `/readyz`

use actix_web::test::TestRequest;

use crate::support::{Ready, World};

#[actix_web::test]
async fn a_process_that_answers_lives() {
    let answer = World::new().send(TestRequest::get().uri("/livez")).await;
    assert_eq!(
        (answer.status, answer.text()),
        (200, r#"{"status":"live"}"#)
    );
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
}

#[actix_web::test]
async fn readiness_is_what_the_process_says() {
    let world = World::new();
    for (ready, degraded, status, body) in [
        (true, &[][..], 200, r#"{"status":"ready","degraded":[]}"#),
        (
            true,
            &["live rail"],
            200,
            r#"{"status":"ready","degraded":["live rail"]}"#,
        ),
        (
            false,
            &["database"],
            503,
            r#"{"status":"not_ready","degraded":["database"]}"#,
        ),
    ] {
        *world.ports.readiness.lock().unwrap() = Ready {
            ready,
            degraded: degraded.iter().map(|text| (*text).to_owned()).collect(),
        };
        let answer = world.send(TestRequest::get().uri("/readyz")).await;
        assert_eq!((answer.status, answer.text()), (status, body));
    }
}
