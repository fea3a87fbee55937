//! What the rail decides reaches the customer.

use serde_json::{Value, json};

use crate::harness::{
    Callbacks, Caller, Home, Process, Rail, Service, canadian, eventually, individual,
    status_changed, unique, with,
};

/// A customer, and what the rail calls it.
struct Made {
    id: String,
    rail_id: String,
    body: Value,
}

async fn made(service: &Service, caller: &Caller, body: Value) -> Made {
    let id = caller.create(&body).await.expect(201).id();
    let rail_id = service.rail().id_of(&body).await;
    Made { id, rail_id, body }
}

/// An individual whose number ends so.
fn ending(end: &str) -> Value {
    let number = format!("A{:03}{end}", unique() % 1_000);
    with(&individual(), &json!({ "id_number": number }))
}

/// What operators see of a customer.
fn file_of(service: &Service, organisation: &str, customer: &str) -> Value {
    operators(service, organisation, "show", customer)
}

fn operators(service: &Service, organisation: &str, command: &str, customer: &str) -> Value {
    let arguments = [
        "customer",
        command,
        "--org",
        organisation,
        "--env",
        "test",
        "--json",
        customer,
    ];
    service.home.run(&arguments).json()
}

/// Waits until nobody looks at anybody any more, and no callback is left to be read.
async fn quiet(service: &Service) {
    let database = service.home.database().client().await;
    eventually("the end of all callbacks", async || {
        let sql = "SELECT (SELECT count(*) FROM rail_callbacks WHERE ended_at IS NULL)
                        + (SELECT count(*) FROM reviews WHERE next_look_at <= now() OR leased_until > now())";
        let left: i64 = database.query_one(sql, &[]).await.unwrap().get(0);
        (left == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_good_document_ends_verified() {
    let service = Service::with(&[("VOUCH_SANDBOX_DECISION_MS", "100")]).await;
    let caller = service.caller();
    let made = made(&service, &caller, ending("7777")).await;
    service.rail().submit(&made.rail_id).await;
    caller.comes_to(&made.id, "verified").await;
    let story = caller.story(&made.id).await;
    assert_eq!(story, ["customer_created", "pending → verified"]);
    let events = caller.events(&made.id).await;
    assert_eq!(events[1]["data"]["customer"]["status"], "verified");
    assert_eq!(events[1]["sequence"], 2);
    quiet(&service).await;
}

#[tokio::test]
async fn rejections_are_sorted_and_only_operators_read_the_rails_words() {
    let service = Service::with(&[("VOUCH_SANDBOX_DECISION_MS", "100")]).await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    for (end, code, class, words) in [
        ("0001", "document_unreadable", "fixable", "unreadable"),
        ("0002", "name_mismatch", "fixable", "does not match"),
        ("0004", "fraud_suspected", "final", "Fraud suspected"),
    ] {
        let made = made(&service, &caller, ending(end)).await;
        service.rail().submit(&made.rail_id).await;
        caller.comes_to(&made.id, "rejected").await;
        let why = operators(&service, &organisation, "reason", &made.id);
        assert_eq!(why["rejection"]["code"], code);
        assert_eq!(why["rejection"]["class"], class);
        assert!(
            why["rail_reason"].as_str().unwrap().contains(words),
            "{why}"
        );
        let file = file_of(&service, &organisation, &made.id);
        assert_eq!(file["history"][0]["rejection"]["code"], code);
    }
}

#[tokio::test]
async fn every_decision_counts_and_the_address_follows_it() {
    let service = Service::shared().await;
    let organisation = service.organisation();
    let caller = service.caller_of(&organisation, "test");
    let first = made(&service, &caller, canadian()).await;
    let rail = service.rail();
    let address = json!({"interac_email": first.body["interac_email"]});
    for status in ["VERIFIED", "PENDING", "VERIFIED"] {
        rail.decide(&first.rail_id, status).await;
        caller.comes_to(&first.id, &status.to_lowercase()).await;
    }
    let taken = caller.create(&with(&canadian(), &address)).await;
    taken.expect_error(409, "interac_email_taken");
    // Rejected, the customer loses its address, and back again it has it.
    rail.decide(&first.rail_id, "REJECTED").await;
    caller.comes_to(&first.id, "rejected").await;
    let file = file_of(&service, &organisation, &first.id);
    assert_eq!(file["holds_interac_email"], false);
    rail.decide(&first.rail_id, "PENDING").await;
    caller.comes_to(&first.id, "pending").await;
    let file = file_of(&service, &organisation, &first.id);
    assert_eq!(file["holds_interac_email"], true);
    // Unless another customer has it by then: the rail's word counts all the same.
    rail.decide(&first.rail_id, "REJECTED").await;
    caller.comes_to(&first.id, "rejected").await;
    caller
        .create(&with(&canadian(), &address))
        .await
        .expect(201);
    rail.decide(&first.rail_id, "VERIFIED").await;
    caller.comes_to(&first.id, "verified").await;
    let file = file_of(&service, &organisation, &first.id);
    assert_eq!(file["holds_interac_email"], false);
    let last = file["history"].as_array().unwrap().last().unwrap();
    assert_eq!(last["interac_email_lost"], true, "{last}");
    assert_eq!(caller.story(&first.id).await.len(), 8);
}

#[tokio::test]
async fn a_verified_customer_stays_so_whatever_arrives_late() {
    let service = Service::new().await;
    let caller = service.caller();
    let made = made(&service, &caller, individual()).await;
    let rail = service.rail();
    rail.decide(&made.rail_id, "REJECTED").await;
    caller.comes_to(&made.id, "rejected").await;
    rail.decide(&made.rail_id, "VERIFIED").await;
    caller.comes_to(&made.id, "verified").await;
    let callbacks = Callbacks::to(&service);
    for status in ["PENDING", "PROCESSING", "REJECTED", "VERIFIED", "PENDING"] {
        let late = status_changed(&made.rail_id, status, Some("Document has expired"));
        assert_eq!(callbacks.send(&late).await, 204);
        assert_eq!(callbacks.send(&late).await, 204, "a duplicate");
    }
    quiet(&service).await;
    caller.comes_to(&made.id, "verified").await;
    let expected = [
        "customer_created",
        "pending → rejected",
        "rejected → verified",
    ];
    assert_eq!(caller.story(&made.id).await, expected);
}

#[tokio::test]
async fn a_decision_that_nobody_calls_about_is_found() {
    let service = Service::with(&[("VOUCH_RAIL_TEST_OVERDUE_MS", "200")]).await;
    let caller = service.caller();
    // Under review, and so it stays.
    let made = made(&service, &caller, ending("0003")).await;
    let rail = service.rail();
    rail.submit(&made.rail_id).await;
    let database = service.home.database().client().await;
    eventually("the review to be followed", async || {
        let sql = "SELECT FROM reviews WHERE awaited";
        let followed = database.query(sql, &[]).await.unwrap();
        (followed.len() == 1).then_some(())
    })
    .await;
    let silently = json!({"status": "VERIFIED", "callback": false});
    rail.decide_so(&made.rail_id, &silently).await;
    caller.comes_to(&made.id, "verified").await;
    quiet(&service).await;
}

#[tokio::test]
async fn a_decision_that_outruns_our_own_commit_is_applied_after_it() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    rail.fault(json!({
        "operation": "create_customer", "fault": "slow_answer", "delay_ms": 3_000, "times": 1
    }))
    .await;
    let body = individual();
    let creating = tokio::spawn({
        let (caller, body) = (caller.clone(), body.clone());
        async move { caller.create(&body).await }
    });
    let rail_id = eventually("a record at the rail", async || {
        let records = rail.records_of(&body).await;
        Some(records.first()?["id"].as_str()?.to_owned())
    })
    .await;
    rail.decide(&rail_id, "VERIFIED").await;
    eventually("the callback", async || {
        let deliveries = rail.deliveries(&rail_id).await;
        let is_taken = |delivery: &&Value| delivery["last_status"] == 204;
        deliveries.iter().find(is_taken).map(|_| ())
    })
    .await;
    let created = creating.await.unwrap().expect(201);
    caller.comes_to(&created.id(), "verified").await;
    let story = caller.story(&created.id()).await;
    assert_eq!(story, ["customer_created", "pending → verified"]);
}

/// A home with a rail that outlives the services, and calls them back under a secret.
async fn home_and_rail() -> (Home, Rail, Process) {
    let home = Home::new().await;
    let (process, url) = home.rail("rail", &[]).await;
    let home = home
        .set("VOUCH_RAIL_TEST_URL", &url)
        .set("VOUCH_RAIL_TEST_API_KEY", "sandbox-key")
        .set("VOUCH_RAIL_TEST_WEBHOOK_SECRET", SECRET);
    (home, Rail::at(&url), process)
}

const SECRET: &str = "the secret of the rail";

#[tokio::test]
async fn a_callback_survives_the_death_of_who_took_it() {
    for (step, is_answered) in [("callback_kept", false), ("decision_applied", true)] {
        let (home, rail, _running) = home_and_rail().await;
        let doomed = home.clone().set("VOUCH_CRASH_AT", step).serve().await;
        let caller = doomed.caller();
        let body = individual();
        let id = caller.create(&body).await.expect(201).id();
        let rail_id = rail.id_of(&body).await;
        let rejected = json!({"status": "REJECTED", "callback": false});
        rail.decide_so(&rail_id, &rejected).await;
        let callback = status_changed(&rail_id, "REJECTED", Some("Document has expired"));
        let callbacks = Callbacks::signed_with(&doomed, "test", SECRET);
        let sent = tokio::spawn(async move { callbacks.send(&callback).await });
        let status = doomed.process.ends().await;
        assert!(!status.success() && status.code().is_none(), "{status}");
        assert_eq!(sent.await.is_ok(), is_answered);

        let successor = home.serve().await;
        let caller = Caller::new(&successor.url, &caller.key);
        caller.comes_to(&id, "rejected").await;
        eventually("the end of the review", async || {
            let database = successor.home.database().client().await;
            let sql = "SELECT FROM reviews";
            let left = database.query(sql, &[]).await.unwrap();
            left.is_empty().then_some(())
        })
        .await;
        let story = caller.story(&id).await;
        assert_eq!(story, ["customer_created", "pending → rejected"], "{step}");
        let database = successor.home.database().client().await;
        let sql = "SELECT rejection FROM status_changes";
        let recorded = database.query_one(sql, &[]).await.unwrap();
        assert_eq!(recorded.get::<_, String>(0), "document_expired");
    }
}

#[tokio::test]
async fn what_the_rail_says_and_calls_its_customers_is_nowhere_to_be_read() {
    let service = Service::new().await;
    let (caller, rail) = (service.caller(), service.rail());
    let made = made(&service, &caller, individual()).await;
    let comment = "Document has expired, says Wilhelmina CANARY-7731";
    let rejected = json!({"status": "REJECTED", "comment": comment});
    rail.decide_so(&made.rail_id, &rejected).await;
    caller.comes_to(&made.id, "rejected").await;
    rail.decide(&made.rail_id, "VERIFIED").await;
    caller.comes_to(&made.id, "verified").await;
    let unknown = status_changed("canary-rail-7731", "REJECTED", Some(comment));
    assert_eq!(Callbacks::to(&service).send(&unknown).await, 204);
    caller.close(&made.id).await.expect(200);
    rail.decide(&made.rail_id, "PENDING").await;
    quiet_but_for(&service, 1).await;

    let told = [
        caller.retrieve(&made.id).await.text,
        caller.list(&[]).await.text,
        format!("{:?}", caller.events(&made.id).await),
        service.process.output(),
        service.process.log(),
    ];
    for secret in ["CANARY-7731", "canary-rail-7731", &*made.rail_id] {
        for text in &told {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let database = service.home.database().client().await;
    for (table, column) in [
        ("rail_callbacks", "body"),
        ("reviews", "reason"),
        ("status_changes", "reason"),
    ] {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE position(convert_to('CANARY-7731', 'UTF8') IN {column}) > 0"
        );
        let found: i64 = database.query_one(&sql, &[]).await.unwrap().get(0);
        assert_eq!(found, 0, "{table}");
    }
}

/// Waits until all but so many callbacks are read, and nobody is looked at.
async fn quiet_but_for(service: &Service, waiting: i64) {
    let database = service.home.database().client().await;
    eventually("the end of all other callbacks", async || {
        let sql = "SELECT count(*) FILTER (WHERE ended_at IS NULL), count(*) FILTER (WHERE ended_at IS NOT NULL),
                          (SELECT count(*) FROM reviews) FROM rail_callbacks";
        let row = database.query_one(sql, &[]).await.unwrap();
        let (left, ended, looks): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        (left == waiting && ended == 3 && looks == 0).then_some(())
    })
    .await;
}
