//! From a file to the rail's decision.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Caller, Home, Service, business, canadian, ending, eventually, individual, jpeg, pdf,
    with,
};

/// Whatever ends like this is verified.
const GOOD: &str = "7777";

/// The newest submission, once it has come to this status.
async fn newest_comes_to(caller: &Caller, id: &str, status: &str) -> Value {
    eventually(&format!("a submission that is {status}"), async || {
        let newest = caller.submissions(id).await.into_iter().next()?;
        (newest["status"] == status).then_some(newest)
    })
    .await
}

/// The newest submission, once its rejection is explained like this: the rail's decision may be seen before its reason.
async fn newest_is_rejected_for(caller: &Caller, id: &str, code: &str) -> Value {
    eventually(&format!("a rejection for {code}"), async || {
        let newest = caller.submissions(id).await.into_iter().next()?;
        (newest["rejection"]["code"] == code).then_some(newest)
    })
    .await
}

async fn decides_quickly() -> Service {
    Service::with(&[("VOUCH_SANDBOX_DECISION_MS", "50")]).await
}

#[tokio::test]
async fn a_person_is_verified() {
    let service = decides_quickly().await;
    let caller = service.caller();
    let body = ending(&individual(), GOOD);
    let id = caller.create(&body).await.expect(201).id();
    let files = [
        ("id_document", jpeg(300_000)),
        ("id_document_back", jpeg(70_000)),
        ("proof_of_address", pdf("an address")),
        ("liveness_check", jpeg(1_000)),
    ];
    let mut slots = Vec::new();
    for (category, bytes) in files.clone() {
        slots.push((category, caller.uploaded(&id, category, bytes).await));
    }
    let slots: Vec<_> = slots.iter().map(|(slot, file)| (*slot, &**file)).collect();
    caller.attach(&id, &slots).await.expect(200);
    let submitted = caller.submit(&id).await.expect(202).json();
    let names: Vec<_> = submitted.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!(submitted["object"], "kyc_submission");
    assert_eq!(
        (&submitted["customer_id"], &submitted["status"]),
        (&json!(id), &json!("submitted"))
    );

    caller.comes_to(&id, "verified").await;
    let submissions = caller.submissions(&id).await;
    assert_eq!(submissions.len(), 1);
    assert_eq!(submissions[0]["id"], submitted["id"]);
    assert_eq!(submissions[0]["status"], "approved");
    assert_eq!(
        (&submissions[0]["missing"], &submissions[0]["rejection"]),
        (&json!([]), &Value::Null)
    );
    let story = caller.story(&id).await;
    assert_eq!(
        story,
        ["customer_created", "kyc_submitted", "pending → verified"]
    );
    // The rail was shown every byte, and began one review.
    let rail = service.rail();
    let reviews = rail.submissions(&rail.id_of(&body).await).await;
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    let mut sizes: Vec<_> = reviews[0]["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|evidence| evidence["size"].as_u64().unwrap())
        .collect();
    sizes.sort_unstable();
    let mut expected: Vec<_> = files.iter().map(|(_, bytes)| bytes.len() as u64).collect();
    expected.sort_unstable();
    assert_eq!(sizes, expected);
    let again = caller.submit(&id).await;
    assert_eq!(again.json()["error"]["detail"]["reason"], "verified");
    again.expect_error(409, "invalid_state");
}

#[tokio::test]
async fn a_business_is_verified_by_its_certificate() {
    let service = decides_quickly().await;
    let caller = service.caller();
    let body = ending(&business(), GOOD);
    let id = caller.create(&body).await.expect(201).id();
    caller
        .submit_with(&id, "incorporation_document")
        .await
        .expect(202);
    caller.comes_to(&id, "verified").await;
    assert_eq!(caller.submissions(&id).await[0]["status"], "approved");
    let rail = service.rail();
    let reviews = rail.submissions(&rail.id_of(&body).await).await;
    assert_eq!(reviews.len(), 1);
    let evidence = &reviews[0]["evidence"][0];
    assert_eq!(evidence["document_type"], "CERTIFICATE_OF_INCORPORATION");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let caller = Caller::of_new_organisation().await;
    let person = caller.create(&individual()).await.expect(201).id();
    let company = caller.create(&business()).await.expect(201).id();
    for (id, missing) in [
        (&person, "id_document"),
        (&company, "incorporation_document"),
    ] {
        let refused = caller.submit(id).await;
        assert_eq!(refused.fields(), [missing]);
        refused.expect_error(422, "validation_failed");
        assert_eq!(caller.submissions(id).await, Vec::<Value>::new());
    }
    let told = caller
        .about(Method::POST, &person, "kyc")
        .json(&json!({ "status": "verified" }));
    Answer::to(told)
        .await
        .expect_refused("invalid_field", "status");
    let asked = caller.about(Method::GET, &person, "kyc?limit=1");
    Answer::to(asked)
        .await
        .expect_refused("invalid_field", "limit");
}

#[tokio::test]
async fn a_rejection_says_what_to_do_and_can_be_mended() {
    let service = decides_quickly().await;
    let caller = service.caller();
    for (end, code) in [("0001", "document_unreadable"), ("0002", "name_mismatch")] {
        let id = caller
            .create(&ending(&individual(), end))
            .await
            .expect(201)
            .id();
        caller.submit_with(&id, "id_document").await.expect(202);
        caller.comes_to(&id, "rejected").await;
        let rejected = newest_is_rejected_for(&caller, &id, code).await;
        assert_eq!(rejected["status"], "rejected");
        let rejection = &rejected["rejection"];
        assert_eq!(
            (&rejection["code"], &rejection["class"]),
            (&json!(code), &json!("fixable"))
        );
        assert_eq!(rejection["field"], "id_document");
        assert!(rejection["message"].as_str().unwrap().len() > 20);
        // With a better document it is tried again, under the same customer.
        caller.submit_with(&id, "id_document").await.expect(202);
        let story = caller.story(&id).await;
        let expected = ["rejected → pending", "kyc_submitted"];
        assert_eq!(story[3..5], expected, "{story:?}");
        eventually("the second decision", async || {
            let submissions = caller.submissions(&id).await;
            (submissions.len() == 2 && submissions[0]["status"] == "rejected").then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_final_rejection_is_final() {
    let service = decides_quickly().await;
    let caller = service.caller();
    let id = caller
        .create(&ending(&individual(), "0004"))
        .await
        .expect(201)
        .id();
    caller.submit_with(&id, "id_document").await.expect(202);
    caller.comes_to(&id, "rejected").await;
    // Whoever is suspected of fraud must not be warned.
    let rejected = newest_is_rejected_for(&caller, &id, "not_permitted").await;
    assert!(!rejected.to_string().contains("fraud"), "{rejected}");
    assert_eq!(rejected["rejection"]["class"], "final");
    assert_eq!(rejected["rejection"].get("field"), None);
    let refused = caller.submit(&id).await;
    assert_eq!(
        refused.json()["error"]["detail"]["reason"],
        "rejected_finally"
    );
    refused.expect_error(409, "invalid_state");
}

#[tokio::test]
async fn one_submission_is_open_at_a_time() {
    let service = decides_quickly().await;
    let caller = service.caller();
    let body = ending(&individual(), "0003");
    let id = caller.create(&body).await.expect(201).id();
    let file = caller.uploaded(&id, "id_document", pdf("")).await;
    caller
        .attach(&id, &[("id_document", &file)])
        .await
        .expect(200);
    let submits = (0..8).map(|_| caller.submit(&id));
    let answers = futures_util::future::join_all(submits).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let accepted = statuses.iter().filter(|status| **status == 202).count();
    assert_eq!(accepted, 1, "{statuses:?}");
    for refused in answers.iter().filter(|answer| answer.status != 202) {
        assert_eq!(refused.json()["error"]["detail"]["reason"], "in_review");
    }
    newest_comes_to(&caller, &id, "in_review").await;
    let refused = caller.submit(&id).await;
    refused.expect_error(409, "invalid_state");
    // Closing ends it, undecided; nothing that could be mended is missing.
    caller.close(&id).await.expect(200);
    let ended = newest_comes_to(&caller, &id, "incomplete").await;
    assert_eq!(ended["missing"], json!([]));
    let closed = caller.submit(&id).await;
    assert_eq!(closed.json()["error"]["detail"]["reason"], "closed");
}

#[tokio::test]
async fn a_key_stands_for_one_submission() {
    let service = decides_quickly().await;
    let caller = service.caller();
    let id = caller
        .create(&ending(&individual(), "0003"))
        .await
        .expect(201)
        .id();
    let keyed = || {
        let request = caller.about(Method::POST, &id, "kyc");
        Answer::to(request.header("Idempotency-Key", "submission"))
    };
    // Only a success is bound to it.
    keyed().await.expect_error(422, "validation_failed");
    let file = caller.uploaded(&id, "id_document", pdf("")).await;
    caller
        .attach(&id, &[("id_document", &file)])
        .await
        .expect(200);
    let first = keyed().await.expect(202);
    newest_comes_to(&caller, &id, "in_review").await;
    let second = keyed().await.expect(200);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.id(), first.id());
    assert_eq!(second.json()["status"], "in_review");
}

#[tokio::test]
async fn what_the_rail_lacks_ends_a_submission_incomplete() {
    let home = Home::new().await;
    let (_running, url) = home.rail("rail", &["--require-owners"]).await;
    let home = home
        .set("VOUCH_RAIL_TEST_URL", &url)
        .set("VOUCH_RAIL_TEST_API_KEY", "sandbox-key");
    let service = home.serve().await;
    let caller = service.caller();
    let id = caller.create(&business()).await.expect(201).id();
    caller
        .submit_with(&id, "incorporation_document")
        .await
        .expect(202);
    let ended = newest_comes_to(&caller, &id, "incomplete").await;
    assert_eq!(ended["missing"], json!(["owners"]));
    let found = caller.retrieve(&id).await.expect(200);
    assert_eq!(found.json()["status"], "pending");
    // It may be submitted again, and lacks the same.
    caller.submit(&id).await.expect(202);
    eventually("the second end", async || {
        let submissions = caller.submissions(&id).await;
        (submissions.len() == 2 && submissions[0]["status"] == "incomplete").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_keeps_a_rejected_customer_where_it_is() {
    let service = decides_quickly().await;
    let caller = service.caller();
    let body = ending(&canadian(), GOOD);
    let id = caller.create(&body).await.expect(201).id();
    let rail = service.rail();
    rail.decide(&rail.id_of(&body).await, "REJECTED").await;
    caller.comes_to(&id, "rejected").await;
    let address = json!({ "interac_email": body["interac_email"] });
    let other = caller
        .create(&with(&canadian(), &address))
        .await
        .expect(201)
        .id();
    let refused = caller.submit_with(&id, "id_document").await;
    refused.expect_error(409, "interac_email_taken");
    let found = caller.retrieve(&id).await.expect(200);
    assert_eq!(found.json()["status"], "rejected");
    caller.close(&other).await.expect(200);
    caller.submit(&id).await.expect(202);
    caller.comes_to(&id, "verified").await;
}

#[tokio::test]
async fn a_rail_that_stumbles_reviews_once() {
    let service = Service::with(&[
        ("VOUCH_SANDBOX_DECISION_MS", "50"),
        ("VOUCH_RAIL_TEST_SETTLE_MS", "200"),
    ])
    .await;
    let caller = service.caller();
    let rail = service.rail();
    for (body, category, faults) in [
        (
            ending(&individual(), GOOD),
            "id_document",
            [
                ("presign", "error_500"),
                ("upload", "drop_before"),
                ("attach_files", "drop_after_commit"),
            ],
        ),
        (
            ending(&business(), GOOD),
            "incorporation_document",
            [
                ("upload", "drop_after_commit"),
                ("document", "error_500"),
                ("submit", "drop_after_commit"),
            ],
        ),
    ] {
        for (operation, fault) in faults {
            let fault = json!({ "operation": operation, "fault": fault, "times": 1 });
            rail.fault(fault).await;
        }
        let id = caller.create(&body).await.expect(201).id();
        caller.submit_with(&id, category).await.expect(202);
        caller.comes_to(&id, "verified").await;
        let reviews = rail.submissions(&rail.id_of(&body).await).await;
        assert_eq!(reviews.len(), 1, "{reviews:?}");
        rail.heal().await;
    }
}
