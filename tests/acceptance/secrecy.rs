//! Personal data stays where it belongs: marked values are sent through everything that can happen, and looked for
//! everywhere afterwards.

use std::{path::PathBuf, process::Command};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Home, Service, eventually, exchange, unique};

/// Found nowhere but in the rail's own records.
const PERSONAL: [&str; 12] = [
    "731846295",
    "QZ7731846",
    "1977-03-19",
    "+14165557731",
    "14165557731",
    "7731 Canary Row",
    "Canaryville",
    "canary.7731",
    "hidden.example",
    "2041-07-19",
    "+16135557732",
    "7732 Canary Way",
];
/// Found in no log: what callers put into paths, queries and headers.
const SENT: [&str; 8] = [
    "canary-reference",
    "canary-money",
    "Wilhelmina",
    "Canarysen",
    "canary-search",
    "canary-key",
    "canary-unknown",
    "sk_test_",
];

fn canary() -> Value {
    let number = unique();
    json!({
        "type": "individual", "first_name": "Wilhelmina", "last_name": "Canarysen", "dob": "1977-03-19",
        "email": format!("canary.7731+{number}@hidden.example"), "country": "CA", "id_type": "passport", "id_number": "QZ7731846",
        "tin": "731846295", "customer_reference": format!("canary-reference-{number}"), "zip_code": "M5H 2N2",
        "phone": "+14165557731", "street": "7731 Canary Row", "city": "Canaryville", "state": "ON",
        "interac_email": format!("canary-money-{number}@shown.example"), "id_expiry_date": "2041-07-19"
    })
}

/// Everything that callers were told.
#[derive(Default)]
struct Told(Vec<String>);

impl Told {
    fn hear(&mut self, answer: Answer) -> Answer {
        self.0.push(format!("{:?} {}", answer.headers, answer.text));
        answer
    }
}

/// Creates, whatever the rail does, until there is an answer other than 502.
async fn create(caller: &Caller, told: &mut Told, body: &Value) -> Answer {
    let key = format!("canary-key-{}", unique());
    eventually("an outcome", async || {
        let answer = told.hear(caller.create_as(&key, body).await);
        (answer.status != 502).then_some(answer)
    })
    .await
}

/// A bit of everything.
async fn live_through_a_day(service: &Service, caller: &Caller) -> Told {
    let mut told = Told::default();
    let first = canary();
    let id = create(caller, &mut told, &first).await.expect(201).id();
    for fault in [
        "drop_after_commit",
        "garbage_after_commit",
        "error_500",
        "refuse_422",
        "unauthorised",
        "timeout_after_commit",
    ] {
        service.rail().fail_once(fault).await;
        create(caller, &mut told, &canary()).await;
    }
    let mut other = first.clone();
    other["id_number"] = json!("QZ7731849");
    told.hear(caller.create(&other).await).expect(409);
    other["customer_reference"] = json!("canary-reference-other");
    told.hear(caller.create(&other).await).expect(409);
    for (field, value) in [
        ("tin", "731846295731846295"),
        ("dob", "1977-03-19T00:00"),
        ("phone", "+14165557731999999"),
        ("email", "canary.7731@@hidden.example"),
        ("canary-unknown", "QZ7731846"),
    ] {
        let mut wrong = canary();
        wrong[field] = json!(value);
        told.hear(caller.create(&wrong).await).expect(400);
    }
    told.hear(
        caller
            .patch(
                &id,
                &json!({"phone": "+16135557732", "street": "7732 Canary Way"}),
            )
            .await,
    )
    .expect(200);
    told.hear(caller.patch(&id, &json!({"tin": "731846295"})).await)
        .expect(400);
    told.hear(caller.retrieve(&id).await).expect(200);
    told.hear(
        caller
            .retrieve(first["customer_reference"].as_str().unwrap())
            .await,
    )
    .expect(200);
    told.hear(caller.retrieve("canary-unknown").await)
        .expect(404);
    told.hear(caller.list(&[("q", "canary-search")]).await)
        .expect(200);
    told.hear(caller.list(&[("q", "canary-reference")]).await)
        .expect(200);
    told.hear(caller.list(&[("canary-unknown", "x")]).await)
        .expect(400);
    told.hear(
        Answer::to(
            caller
                .request(Method::GET, "/v1/events")
                .query(&[("customer_id", &id)]),
        )
        .await,
    )
    .expect(200);
    told.hear(Answer::to(caller.request(Method::GET, "/canary-unknown")).await)
        .expect(404);
    exchange(
        &service.url,
        b"GET /canary-unknown\x01 HTTP/1.1\r\nX: 731846295\r\n\r\n",
    )
    .await;
    exchange(
        &service.url,
        b"POST /v1/customers HTTP/1.1\r\nContent-Length: x\r\n\r\n{\"tin\":\"731846295\"}",
    )
    .await;
    told
}

fn pg_dump(home: &Home) -> String {
    let folder = vouch_local_postgres::binary_folders()
        .into_iter()
        .find(|folder| folder.join("pg_dump").exists());
    let program = folder
        .unwrap_or_else(|| PathBuf::from("/usr/bin"))
        .join("pg_dump");
    let dump = Command::new(program)
        .arg(home.database_url())
        .output()
        .unwrap();
    assert!(
        dump.status.success(),
        "{}",
        String::from_utf8_lossy(&dump.stderr)
    );
    String::from_utf8(dump.stdout).unwrap()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn marked_values_are_nowhere_to_be_found() {
    let home = Home::local()
        .set("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "2000")
        .set("VOUCH_RAIL_TEST_SETTLE_MS", "1000");
    let service = home.serve().await;
    let caller = service.caller();
    let told = live_through_a_day(&service, &caller).await;
    let dump = pg_dump(&home);
    let log = service.process.log() + &service.process.output() + &home.folder.postgres_log();
    // What is looked through is the real thing.
    assert!(
        dump.contains("canary-reference")
            && dump.contains("canary-money")
            && log.contains("the rail brought no result")
    );
    for mark in PERSONAL {
        for text in [mark.to_owned(), mark.to_lowercase(), hex(mark)] {
            assert!(!dump.contains(&text), "{mark} is in the database");
            assert!(!log.contains(&text), "{mark} is in the log");
            assert!(
                !told.0.iter().any(|answer| answer.contains(&text)),
                "{mark} was told"
            );
        }
    }
    for mark in SENT.iter().filter(|mark| **mark != "sk_test_") {
        assert!(!log.contains(mark), "{mark} is in the log");
    }
    assert!(!log.contains(&caller.key) && !dump.contains(&caller.key));
}

#[tokio::test]
async fn the_rails_own_ids_stay_between_the_rail_and_us() {
    let home = Home::new()
        .await
        .set("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "2000")
        .set("VOUCH_RAIL_TEST_SETTLE_MS", "1000");
    let service = home.serve().await;
    let caller = service.caller();
    let told = live_through_a_day(&service, &caller).await;
    let database = home.database().client().await;
    let bound = "SELECT rail_customer_id FROM customers WHERE rail_customer_id IS NOT NULL";
    let bound = database.query(bound, &[]).await.unwrap();
    assert!(bound.len() > 3);
    let events = database
        .query("SELECT events::text FROM events", &[])
        .await
        .unwrap();
    let events: String = events.iter().map(|row| row.get::<_, String>(0)).collect();
    for row in &bound {
        let id: String = row.get(0);
        for text in [id.clone(), id.replace('-', "")] {
            assert!(!told.0.iter().any(|answer| answer.contains(&text)));
            assert!(!service.process.log().contains(&text) && !events.contains(&text));
        }
    }
    let told = told.0.concat().to_lowercase();
    for word in [
        "blaaiz",
        "sandbox",
        "given data was invalid",
        "too many attempts",
        "unauthenticated",
        &service.rail().url,
    ] {
        assert!(!told.contains(word), "{word} was told");
    }
}
