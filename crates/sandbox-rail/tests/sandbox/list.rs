//! `GET /api/external/customer` and `GET /api/external/customer/{id}`

use serde_json::{Value, json};

use crate::harness::{Sandbox, StoppedClock, business, individual, with};

async fn emails(sandbox: &Sandbox, query: &str) -> Vec<String> {
    let (status, body) = sandbox.get(query).await;
    assert_eq!(status, 200);
    body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["email"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_individual_is_read_with_its_kyc_data_nested() {
    let clock = StoppedClock::default();
    let sandbox = Sandbox::with(|options| clock.install(options)).await;
    let sent = json!({
        "phone": "+234", "tin": "12", "dob": "1990-02-28", "street": "1 Way", "city": "Lagos", "state": "LA",
        "zip_code": "100001", "id_expiry_date": "2030-01-01", "id_issue_date": "2020-01-01",
        "customer_reference": "unknown to the rail",
    });
    let id = sandbox
        .created(&with(individual("a@example.com"), sent))
        .await;
    let (status, body) = sandbox.get(&format!("/{id}")).await;
    assert_eq!(
        (status, body["message"].as_str()),
        (200, Some("Customer retrieved successfully."))
    );
    assert_eq!(
        body["data"],
        json!({
            "id": id,
            "business_id": sandbox.rail.instance_id(),
            "type": "individual",
            "first_name": "Ada",
            "last_name": "Obi",
            "business_name": null,
            "email": "a@example.com",
            "phone": "+234",
            "country": "NG",
            "id_type": "passport",
            "id_number": "A-a@example.com",
            "tin": "12",
            "verification_status": "PENDING",
            "enhanced_due_diligence": false,
            "kyc_data": {
                "id": id, "dob": "1990-02-28", "street": "1 Way", "city": "Lagos", "state": "LA",
                "zip_code": "100001", "operating_street": null, "operating_city": null, "operating_state": null,
                "operating_zip_code": null, "id_expiry_date": "2030-01-01", "id_issue_date": "2020-01-01",
            },
            "created_at": "2024-01-15T10:30:00.000000Z",
            "updated_at": "2024-01-15T10:30:00.000000Z",
        })
    );
}

#[tokio::test]
async fn a_business_is_read_with_owners_and_documents() {
    let sandbox = Sandbox::start().await;
    let owners = json!({ "owners": [{ "first_name": "Ada", "last_name": "Obi" }] });
    let id = sandbox.created(&with(business("7"), owners)).await;
    let data = sandbox.get(&format!("/{id}")).await.1["data"].clone();
    assert_eq!(data["registration_number"], "7");
    assert_eq!(data["incorporation_country"], "GB");
    assert_eq!(data["kyb_scope"], "FULL");
    assert_eq!(data["documents"], json!([]));
    let owner = json!({ "first_name": "Ada", "last_name": "Obi", "status": "PENDING", "admin_comments": null });
    assert_eq!(data["owners"], json!([owner]));
}

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let sandbox = Sandbox::start().await;
    for id in ["no-uuid", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(
            sandbox.get(&format!("/{id}")).await,
            (404, json!({ "message": "Customer not found." }))
        );
        assert_eq!(sandbox.put(id, &json!({})).await.0, 404);
    }
}

#[tokio::test]
async fn rows_hold_what_identifies_a_customer() {
    let clock = StoppedClock::default();
    let sandbox = Sandbox::with(|options| clock.install(options)).await;
    let id = sandbox
        .created(&with(
            individual("a@example.com"),
            json!({ "phone": "+234", "street": "1 Way" }),
        ))
        .await;
    let (_, body) = sandbox.get("").await;
    assert_eq!(
        body,
        json!({
            "message": "Customers retrieved successfully.",
            "data": [{
                "id": id,
                "business_id": sandbox.rail.instance_id(),
                "type": "individual",
                "first_name": "Ada",
                "last_name": "Obi",
                "business_name": null,
                "registration_number": null,
                "incorporation_country": null,
                "id_type": "passport",
                "id_number": "A-a@example.com",
                "email": "a@example.com",
                "phone": "+234",
                "country": "NG",
                "verification_status": "PENDING",
                "created_at": "2024-01-15T10:30:00.000000Z",
                "updated_at": "2024-01-15T10:30:00.000000Z",
            }],
        })
    );
}

#[tokio::test]
async fn filters_match_exactly_and_combine() {
    let sandbox = Sandbox::start().await;
    sandbox.created(&individual("a@example.com")).await;
    let verified = sandbox.created(&individual("b+1@example.com")).await;
    sandbox.created(&business("77")).await;
    sandbox.decide(&verified, "VERIFIED").await;

    assert_eq!(
        emails(&sandbox, "?email=a@example.com").await,
        ["a@example.com"]
    );
    assert_eq!(
        emails(&sandbox, "?email=b%2B1@example.com").await,
        ["b+1@example.com"]
    );
    assert!(emails(&sandbox, "?email=A@example.com").await.is_empty());
    assert!(emails(&sandbox, "?email=a@example").await.is_empty());
    assert_eq!(
        emails(&sandbox, "?id_number=A-a@example.com").await,
        ["a@example.com"]
    );
    assert_eq!(
        emails(&sandbox, "?registration_number=77").await,
        ["office@example.com"]
    );
    assert_eq!(
        emails(&sandbox, "?verification_status=verified").await,
        ["b+1@example.com"]
    );
    assert_eq!(
        emails(&sandbox, "?verification_status=Pending&type=Individual").await,
        ["a@example.com"]
    );
    assert!(
        emails(&sandbox, "?verification_status=none")
            .await
            .is_empty()
    );
    assert_eq!(
        emails(&sandbox, "?type=BUSINESS").await,
        ["office@example.com"]
    );
    assert!(
        emails(&sandbox, "?email=a@example.com&id_number=other")
            .await
            .is_empty()
    );
    assert_eq!(emails(&sandbox, "?unknown=1&paginate=false").await.len(), 3);
}

#[tokio::test]
async fn a_filter_follows_an_update() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    assert_eq!(
        sandbox
            .put(&id, &json!({ "email": "b@example.com" }))
            .await
            .0,
        200
    );
    assert!(emails(&sandbox, "?email=a@example.com").await.is_empty());
    assert_eq!(
        emails(&sandbox, "?email=b@example.com").await,
        ["b@example.com"]
    );
}

#[tokio::test]
async fn pages_hold_fifteen_newest_first() {
    let sandbox = Sandbox::start().await;
    for number in 0..17 {
        sandbox
            .created(&individual(&format!("{number}@example.com")))
            .await;
    }
    let all = emails(&sandbox, "").await;
    assert_eq!((all.len(), all[0].as_str()), (17, "0@example.com"));

    let (_, first) = sandbox.get("?paginate=true").await;
    assert_eq!(first["data"].as_array().unwrap().len(), 15);
    assert_eq!(first["data"][0]["email"], "16@example.com");
    assert_eq!(first["meta"]["current_page"], 1);
    assert_eq!(first["meta"]["last_page"], 2);
    assert_eq!(first["meta"]["per_page"], 15);
    assert_eq!(first["meta"]["total"], 17);
    assert_eq!(
        (&first["meta"]["from"], &first["meta"]["to"]),
        (&json!(1), &json!(15))
    );
    assert_eq!(first["links"]["prev"], Value::Null);
    let next = first["links"]["next"].as_str().unwrap();
    assert!(next.starts_with(sandbox.rail.url()) && next.ends_with("page=2"));

    assert_eq!(
        emails(&sandbox, "?paginate=1&page=2").await,
        ["1@example.com", "0@example.com"]
    );
    assert!(emails(&sandbox, "?paginate=1&page=3").await.is_empty());
    for odd in ["0", "-1", "x"] {
        assert_eq!(
            emails(&sandbox, &format!("?paginate=1&page={odd}"))
                .await
                .len(),
            15
        );
    }
    assert!(
        emails(&sandbox, "?paginate=1&page=18446744073709551615")
            .await
            .is_empty()
    );
    assert_eq!(
        emails(&sandbox, "?paginate=on&email=3@example.com").await,
        ["3@example.com"]
    );
}
