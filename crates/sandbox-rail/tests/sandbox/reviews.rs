//! Submissions and how they end.

use reqwest::Method;
use serde_json::{Value, json};
use vouch_sandbox_rail::Owners;

use crate::{
    harness::{PNG, Sandbox, answer, business, individual, quick, until, with},
    receiver::Receiver,
};

/// An individual whose number ends so.
fn numbered(ending: &str) -> Value {
    let email = format!("{ending}@example.com");
    with(
        individual(&email),
        json!({ "id_number": format!("A{ending}") }),
    )
}

async fn submit(sandbox: &Sandbox, id: &str) -> (u16, Value) {
    let path = format!("/customer/{id}/submit");
    sandbox.call(Method::POST, &path, &json!({})).await
}

#[tokio::test]
async fn the_identity_document_begins_a_review_and_the_number_ends_it() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::quick().await;
    sandbox.registered(&receiver.url).await;
    for (ending, status, word) in [
        ("0001", "REJECTED", "unreadable"),
        ("0002", "REJECTED", "name"),
        ("0004", "REJECTED", "Fraud"),
        ("9999", "VERIFIED", ""),
    ] {
        let id = sandbox.created(&numbered(ending)).await;
        let before = receiver.callbacks().len();
        sandbox.submitted(&id).await;
        let customer = sandbox.until_status(&id, status).await;
        assert!(
            customer.get("comment").is_none(),
            "only the event tells why"
        );

        let told = receiver.until(before + 2).await;
        let mut told: Vec<Value> = told[before..].iter().map(|one| one.json()).collect();
        told.sort_by_key(|event| event["new_status"] != "PROCESSING");
        let [began, ended] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!(began["old_status"], "PENDING");
        assert_eq!(ended["event_type"], "customer.status_changed");
        assert_eq!(ended["type"], "customer");
        assert_eq!(ended["customer_id"], id);
        assert_eq!(ended["customer_email"], format!("{ending}@example.com"));
        assert_eq!(ended["old_status"], "PROCESSING");
        assert_eq!(ended["new_status"], status);
        assert!(ended["event_id"].is_string() && ended["updated_at"].is_string());
        assert_ne!(ended["event_id"], began["event_id"]);
        match word {
            "" => assert!(ended["comment"].is_null()),
            word => assert!(ended["comment"].as_str().unwrap().contains(word)),
        }
    }
}

#[tokio::test]
async fn a_review_can_stay_open_and_a_control_can_end_it() {
    let sandbox = Sandbox::quick().await;
    let open = sandbox.created(&numbered("0003")).await;
    sandbox.submitted(&open).await;
    let other = sandbox.created(&numbered("9999")).await;
    sandbox.submitted(&other).await;
    sandbox.until_status(&other, "VERIFIED").await;
    sandbox.until_status(&open, "PROCESSING").await;
    let path = format!("submissions?customer_id={open}");
    let submission = sandbox.kept(&path).await[0].clone();
    assert!(submission["decision_at"].is_null() && submission["outcome"].is_null());

    sandbox.decide(&open, "REJECTED").await;
    assert_eq!(sandbox.kept(&path).await[0]["outcome"], "REJECTED");
}

#[tokio::test]
async fn a_verification_can_go_untold() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::quick().await;
    sandbox.registered(&receiver.url).await;
    let silent = sandbox.created(&numbered("0005")).await;
    sandbox.submitted(&silent).await;
    sandbox.until_status(&silent, "VERIFIED").await;
    assert!(sandbox.kept("deliveries").await.is_empty());

    let quiet = sandbox.created(&numbered("9999")).await;
    let path = format!("customers/{quiet}/decide");
    let decision = json!({ "status": "VERIFIED", "callback": false });
    assert_eq!(sandbox.control(&path, &decision).await.0, 200);
    assert!(sandbox.kept("deliveries").await.is_empty());
}

#[tokio::test]
async fn a_customer_is_submitted_once_at_a_time() {
    let sandbox = Sandbox::quick().await;
    let id = sandbox.created(&numbered("0003")).await;
    let (status, body) = submit(&sandbox, &id).await;
    assert_eq!(status, 422);
    assert_eq!(
        body,
        json!({ "message": "Cannot verify individual customer: id_file is required." })
    );

    sandbox.submitted(&id).await;
    let file = json!({ "id_file": sandbox.created(&numbered("9999")).await });
    assert_eq!(sandbox.attach(&id, &file).await.0, 400, "under review");
    let under_review = submit(&sandbox, &id).await;
    assert_eq!(under_review.0, 400);
    assert_eq!(
        under_review.1["message"],
        "Customer is already verified or under review."
    );
    sandbox.decide(&id, "VERIFIED").await;
    assert_eq!(submit(&sandbox, &id).await, under_review);
    assert_eq!(submit(&sandbox, "nobody").await.0, 404);
    assert_eq!(sandbox.kept("submissions").await.len(), 1);
}

#[tokio::test]
async fn a_rejected_customer_can_be_corrected_and_submitted_again() {
    let sandbox = Sandbox::quick().await;
    let id = sandbox.created(&numbered("0001")).await;
    sandbox.submitted(&id).await;
    sandbox.until_status(&id, "REJECTED").await;
    let correction = json!({ "id_number": "A9999" });
    assert_eq!(sandbox.put(&id, &correction).await.0, 200);
    let (status, body) = submit(&sandbox, &id).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"]["id"], id);
    assert_eq!(body["data"]["verification_status"], "PROCESSING");
    sandbox.until_status(&id, "VERIFIED").await;

    let submissions = sandbox.kept(&format!("submissions?customer_id={id}")).await;
    let outcomes: Vec<_> = submissions.iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["REJECTED", "VERIFIED"]);
    let evidence = &submissions[1]["evidence"][0];
    assert_eq!(evidence["purpose"], "identity");
    assert_eq!(evidence["size"], PNG.len());
    assert_eq!(evidence["content_type"], "image/png");
}

#[tokio::test]
async fn the_files_of_a_verified_customer_stay() {
    let sandbox = Sandbox::quick().await;
    let id = sandbox.created(&numbered("9999")).await;
    sandbox.submitted(&id).await;
    sandbox.until_status(&id, "VERIFIED").await;
    let identity = json!({ "id_file": sandbox.uploaded(&id, "identity").await });
    assert_eq!(sandbox.attach(&id, &identity).await.0, 400);
    let address = sandbox.uploaded(&id, "proof_of_address").await;
    let address = json!({ "proof_of_address_file": address });
    assert_eq!(sandbox.attach(&id, &address).await.0, 200);
    assert_eq!(sandbox.kept("submissions").await.len(), 1);
}

#[tokio::test]
async fn kyc_data_is_added_and_nothing_else_touched() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let path = format!("/customer/{id}/kyc-data");
    let data =
        json!({ "dob": "1990-02-28", "city": "Lagos", "country": "GB", "first_name": "Eve" });
    let (status, body) = sandbox.call(Method::POST, &path, &data).await;
    assert_eq!(status, 200);
    let customer = &body["data"];
    assert_eq!(customer["kyc_data"]["dob"], "1990-02-28");
    assert_eq!(customer["kyc_data"]["city"], "Lagos");
    assert_eq!(customer["country"], "NG");
    assert_eq!(customer["first_name"], "Ada");
    assert_eq!(customer["verification_status"], "PENDING");

    let wrong = json!({ "dob": "28/02/1990" });
    assert_eq!(sandbox.call(Method::POST, &path, &wrong).await.0, 422);
    sandbox.decide(&id, "PROCESSING").await;
    assert_eq!(sandbox.call(Method::POST, &path, &data).await.0, 400);
}

#[tokio::test]
async fn a_decision_that_is_due_comes_after_a_restart() {
    let sandbox = Sandbox::patient().await;
    let id = sandbox.created(&numbered("9999")).await;
    sandbox.submitted(&id).await;
    let due = sandbox.kept("submissions").await[0]["decision_at"].clone();
    assert!(due.is_string());

    let sandbox = sandbox.restart_later().await;
    sandbox.until_status(&id, "VERIFIED").await;
    let submission = sandbox.kept("submissions").await[0].clone();
    assert_eq!(submission["outcome"], "VERIFIED");
    assert!(submission["decision_at"].is_null());
}

#[tokio::test]
async fn a_vendor_that_requires_owners_names_the_gap() {
    let sandbox = Sandbox::with(|options| {
        quick(options);
        options.owners = Owners::Required;
    })
    .await;
    let owner = |share: u8| json!({ "first_name": "Ada", "last_name": "Obi", "ownership_percentage": share });
    for (number, owners, gap) in [
        ("1", json!([]), "at least one owner is required."),
        (
            "2",
            json!([owner(60), owner(30)]),
            "ownership_percentage of all owners must sum to 100%, but currently sums to 90%.",
        ),
        (
            "3",
            json!([owner(60), owner(40)]),
            "at least one formation document is required.",
        ),
    ] {
        let id = sandbox
            .created(&with(business(number), json!({ "owners": owners })))
            .await;
        let (status, body) = submit(&sandbox, &id).await;
        assert_eq!(status, 422);
        assert_eq!(
            body["message"],
            format!("Cannot verify business customer: {gap}")
        );
        assert!(body.get("errors").is_none());
    }
}

#[tokio::test]
async fn faults_hit_a_submission_before_and_after_it_counts() {
    let sandbox = Sandbox::quick().await;
    let id = sandbox.created(&numbered("0003")).await;
    let file = json!({ "id_file": sandbox.uploaded(&id, "identity").await });
    for (fault, reviews) in [("error_500", 0), ("error_500_after_commit", 1)] {
        let rule = json!({ "operation": "attach_files", "fault": fault, "times": 1 });
        sandbox.fault(rule).await;
        assert_eq!(sandbox.attach(&id, &file).await.0, 500);
        assert_eq!(sandbox.kept("submissions").await.len(), reviews, "{fault}");
    }
    sandbox.decide(&id, "REJECTED").await;
    let rule = json!({ "operation": "submit", "fault": "late_commit", "delay_ms": 1, "times": 1 });
    sandbox.fault(rule).await;
    let path = format!("/api/external/customer/{id}/submit");
    let waiting = tokio::spawn(sandbox.request(Method::POST, &path).send());
    sandbox.until_status(&id, "PROCESSING").await;
    assert!(!waiting.is_finished());
}

#[tokio::test]
async fn a_presigned_url_can_fail_and_so_can_the_put() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    let rule = |operation| json!({ "operation": operation, "fault": "error_500_after_commit", "times": 1 });
    sandbox.fault(rule("presign")).await;
    let wanted = json!({ "customer_id": id, "file_category": "identity" });
    let path = "/file/get-presigned-url";
    assert_eq!(sandbox.call(Method::POST, path, &wanted).await.0, 500);

    let presigned = sandbox.presigned(&id, "identity").await;
    sandbox.fault(rule("upload")).await;
    assert_eq!(sandbox.upload(&presigned, PNG).await.status(), 500);
    let again = answer(sandbox.upload(&presigned, PNG).await).await;
    assert_eq!(again.0, 403, "the first PUT counted: {}", again.1);
    let file = json!({ "id_file": presigned["file_id"] });
    assert_eq!(sandbox.attach(&id, &file).await.0, 200);
    until(async || (!sandbox.kept("submissions").await.is_empty()).then_some(())).await;
}

#[tokio::test]
async fn what_is_submitted_again_may_show_only_later() {
    let sandbox = Sandbox::with(|options| {
        quick(options);
        options.resubmission_delay = std::time::Duration::from_secs(3_600);
    })
    .await;
    let id = sandbox.created(&numbered("0001")).await;
    sandbox.submitted(&id).await;
    let rejected = sandbox.until_status(&id, "REJECTED").await;
    sandbox.submitted(&id).await;
    let (_, body) = sandbox.read(&format!("/customer/{id}")).await;
    for name in ["verification_status", "updated_at"] {
        assert_eq!(body["data"][name], rejected[name], "{name}");
    }
    // It is taken all the same, and once.
    assert_eq!(submit(&sandbox, &id).await.0, 400);
    sandbox.submitted(&id).await;
    let path = format!("submissions?customer_id={id}");
    let submissions = sandbox.kept(&path).await;
    let waiting = submissions.iter().filter(|one| !one["begins_at"].is_null());
    assert_eq!((submissions.len(), waiting.count()), (2, 1));
}

#[tokio::test]
async fn what_is_submitted_again_is_reviewed() {
    let sandbox = Sandbox::with(|options| {
        quick(options);
        options.resubmission_delay = std::time::Duration::from_millis(20);
    })
    .await;
    let id = sandbox.created(&numbered("0003")).await;
    sandbox.decide(&id, "REJECTED").await;
    sandbox.submitted(&id).await;
    sandbox.until_status(&id, "PROCESSING").await;
}
