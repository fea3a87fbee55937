//! `vouch reconcile --report` beside a running service.

use serde_json::{Value, json};

use crate::harness::{Home, Service, eventually, individual};

const KEYS: [&str; 6] = [
    "accepted",
    "contact_differs",
    "rail_ids_used_twice",
    "reservations_open",
    "unknown_at_rail",
    "without_rail_id",
];

/// The exit code of a report and what it says.
fn report(home: &Home, more: &[&str]) -> (Option<i32>, Value) {
    let arguments = [&["reconcile", "--report", "--json"], more].concat();
    let output = home.vouch(&arguments).output().expect("vouch");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("no report: {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), report)
}

fn found(ids: &[&str]) -> Value {
    json!({"count": ids.len(), "ids": ids})
}

/// A report in which only this was found.
fn only(what: &str, ids: &[&str]) -> Value {
    let findings = KEYS.map(|key| {
        let found = if key == what { found(ids) } else { found(&[]) };
        (key.to_owned(), found)
    });
    Value::Object(findings.into_iter().collect())
}

#[tokio::test]
async fn nothing_is_found_where_all_agrees() {
    let service = Service::new().await;
    let caller = service.caller();
    for _ in 0..3 {
        caller.create(&individual()).await.expect(201);
    }
    assert_eq!(report(&service.home, &[]), (Some(0), only("nothing", &[])));
    let text = service.home.run(&["reconcile", "--report"]).output();
    assert_eq!(text.lines().count(), 6, "{text}");
}

#[tokio::test]
async fn a_record_that_is_nobodys_is_found() {
    let service = Service::new().await;
    service.caller().create(&individual()).await.expect(201);
    let rail = service.rail();
    let body = json!({
        "type": "individual", "first_name": "No", "last_name": "Body", "email": "nobody@example.com",
        "country": "CA", "id_type": "passport", "id_number": "N0000001"
    });
    let made = reqwest::Client::new()
        .post(format!("{}/api/external/customer", rail.url))
        .header("x-blaaiz-api-key", "sandbox-key")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let record = rail.customers("nobody@example.com").await;
    let id = record[0]["id"].as_str().expect("an id");
    assert_eq!(
        report(&service.home, &[]),
        (Some(3), only("unknown_at_rail", &[id]))
    );
    let text = service
        .home
        .vouch(&["reconcile", "--report"])
        .output()
        .expect("vouch");
    assert!(String::from_utf8_lossy(&text.stdout).contains(id));
    // Made before a day to come.
    let later = ["--since", "2999-01-01", "--env", "test"];
    assert_eq!(
        report(&service.home, &later),
        (Some(0), only("nothing", &[]))
    );
}

#[tokio::test]
async fn a_reservation_is_found_until_it_is_finished() {
    let service = Service::new().await;
    let caller = service.caller();
    let rail = service.rail();
    rail.fault(json!({"operation": "create_customer", "fault": "error_500"}))
        .await;
    let body = individual();
    caller
        .create(&body)
        .await
        .expect_error(502, "provider_error");
    let (code, open) = report(&service.home, &[]);
    assert_eq!(code, Some(3));
    assert_eq!(open["reservations_open"]["count"], 1);
    rail.heal().await;
    eventually("the reconciler", async || {
        (report(&service.home, &[]).0 == Some(0)).then_some(())
    })
    .await;
    let id = open["reservations_open"]["ids"][0]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(caller.retrieve(&id).await.expect(200).id(), id);
}

#[tokio::test]
async fn contact_data_is_found_until_the_rail_has_it() {
    let service = Service::new().await;
    let caller = service.caller();
    let id = caller.create(&individual()).await.expect(201).id();
    let rail = service.rail();
    rail.fault(json!({"operation": "update", "fault": "error_500"}))
        .await;
    let change = json!({"phone": "+14165550199", "city": "Ottawa"});
    caller.patch(&id, &change).await.expect(200);
    assert_eq!(
        report(&service.home, &[]),
        (Some(3), only("contact_differs", &[&id]))
    );
    rail.heal().await;
    let clean = (Some(0), only("nothing", &[]));
    eventually("the change", async || {
        (report(&service.home, &[]) == clean).then_some(())
    })
    .await;

    rail.fault(json!({"operation": "update", "fault": "refuse_422"}))
        .await;
    let change = json!({"phone": "+14165550188"});
    caller.patch(&id, &change).await.expect(200);
    let expected = (Some(0), only("accepted", &[&id]));
    eventually("the refusal", async || {
        (report(&service.home, &[]) == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_a_rail_there_is_no_report() {
    let service = Service::new().await;
    for (arguments, complaint) in [
        (&["reconcile"][..], "--report"),
        (
            &["reconcile", "--report", "--env", "live"],
            "no rail is configured",
        ),
    ] {
        let said = service.home.run(arguments).complaint();
        assert!(said.contains(complaint), "{said}");
    }
    let home = service.home.clone();
    drop(service);
    let said = home.run(&["reconcile", "--report"]).complaint();
    assert!(said.contains("could not connect"), "{said}");
}
