//! Wallets and virtual bank accounts.

use reqwest::Method;
use serde_json::{Value, json};
use vouch_sandbox_rail::AccountDetails;

use crate::{
    harness::{Sandbox, individual, quick, until, with},
    receiver::Receiver,
};

const ACCOUNTS: &str = "/virtual-bank-account";

async fn open(sandbox: &Sandbox, customer: &str, currency: &str) -> (u16, Value) {
    let wallet = sandbox.wallet(currency).await;
    let account = json!({ "customer_id": customer, "wallet_id": wallet });
    sandbox.call(Method::POST, ACCOUNTS, &account).await
}

async fn until_account(sandbox: &Sandbox, id: &str, status: &str) -> Value {
    until(async || {
        let (_, body) = sandbox.read(&format!("{ACCOUNTS}/{id}")).await;
        (body["data"]["status"] == status).then(|| body["data"].clone())
    })
    .await
}

#[tokio::test]
async fn there_is_one_wallet_for_each_currency() {
    let sandbox = Sandbox::start().await;
    let (status, body) = sandbox.read("/wallet").await;
    assert_eq!(status, 200);
    let wallets = body["data"].as_array().unwrap();
    let currencies: Vec<_> = wallets.iter().map(|one| &one["currency"]).collect();
    assert_eq!(currencies, ["NGN", "GBP", "EUR", "USD", "CAD"]);
    for wallet in wallets {
        let path = format!("/wallet/{}", wallet["id"].as_str().unwrap());
        assert_eq!(&sandbox.read(&path).await.1["data"], wallet);
        assert_eq!(
            wallet["business_id"],
            sandbox.rail.instance_id().to_string()
        );
        assert_eq!(wallet["is_active"], true);
        assert!(wallet["amount"].is_number());
    }
    assert_eq!(sandbox.read("/wallet/1").await.0, 404);
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(sandbox.read("/wallet").await.1, body);
}

#[tokio::test]
async fn an_account_becomes_active_later_and_the_platform_is_told() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::quick().await;
    let customer = sandbox.verified("a@example.com").await;
    sandbox.registered(&receiver.url).await;
    for (count, currency) in ["GBP", "EUR", "USD"].into_iter().enumerate() {
        let (status, body) = open(&sandbox, &customer, currency).await;
        assert_eq!(status, 201, "{body}");
        let pending = &body["data"];
        assert_eq!(pending["status"], "PENDING");
        assert_eq!(pending["currency"], currency);
        assert!(pending["account_number"].is_null());
        let id = pending["id"].as_str().unwrap();
        let active = until_account(&sandbox, id, "SUCCESSFUL").await;
        assert!(active["account_number"].is_string() && active["bank_name"].is_string());
        assert_eq!(active["account_name"], "Ada Obi");

        let told = receiver.until(2 * count + 2).await;
        let of_account = |name: &str| {
            let mut events = told.iter().map(|one| one.json());
            events.find(|event| event["event"] == name && event["virtual_account_id"] == id)
        };
        let created = of_account("virtual_account.created").unwrap();
        assert!(created.get("account_number").is_none() && created.get("event_id").is_none());
        assert_eq!(created["status"], "PENDING");
        let ready = of_account("virtual_account.ready").unwrap();
        assert_eq!(ready["customer_id"], customer);
        assert_eq!(ready["wallet_id"], sandbox.wallet(currency).await);
        for detail in [
            "account_number",
            "iban",
            "sort_code",
            "routing_number",
            "bank_address",
        ] {
            assert_eq!(ready[detail], active[detail], "{currency} {detail}");
        }
    }
    assert!(
        receiver
            .callbacks()
            .iter()
            .all(|one| one.path == "/collection")
    );
}

#[tokio::test]
async fn accounts_are_for_verified_customers_once_in_each_currency() {
    let sandbox = Sandbox::patient().await;
    let pending = sandbox.created(&individual("p@example.com")).await;
    assert_eq!(open(&sandbox, &pending, "GBP").await.0, 400);
    let customer = sandbox.verified("a@example.com").await;
    assert_eq!(open(&sandbox, &customer, "CAD").await.0, 400);
    let (_, first) = open(&sandbox, &customer, "GBP").await;
    let (status, body) = open(&sandbox, &customer, "GBP").await;
    assert_eq!(status, 400);
    let message = body["message"].as_str().unwrap();
    assert!(
        message.contains("virtual bank account already exists"),
        "{message}"
    );
    let (status, body) = open(&sandbox, &customer, "NGN").await;
    assert_eq!(
        (status, &body["data"]["status"]),
        (201, &json!("SUCCESSFUL"))
    );

    let of_customer = format!("{ACCOUNTS}?customer_id={customer}");
    let (_, listed) = sandbox.read(&of_customer).await;
    assert_eq!(listed["data"], json!([first["data"], body["data"]]));
    // The vendor's rows do not say whose they are.
    assert!(listed["data"][0].get("customer_id").is_none());
    let of_wallet = format!("{of_customer}&wallet_id={}", sandbox.wallet("GBP").await);
    assert_eq!(
        sandbox.read(&of_wallet).await.1["data"],
        json!([first["data"]])
    );
    let of_nobody = format!("{ACCOUNTS}?customer_id={pending}");
    assert_eq!(sandbox.read(&of_nobody).await.1["data"], json!([]));

    for (field, account) in [
        (
            "wallet_id",
            json!({ "customer_id": customer, "wallet_id": customer }),
        ),
        (
            "customer_id",
            json!({ "wallet_id": sandbox.wallet("GBP").await }),
        ),
    ] {
        let (status, body) = sandbox.call(Method::POST, ACCOUNTS, &account).await;
        assert_eq!(status, 422);
        assert!(body["errors"][field].is_array(), "{body}");
    }
}

#[tokio::test]
async fn a_closed_account_makes_room_for_another() {
    let sandbox = Sandbox::quick().await;
    let customer = sandbox.verified("a@example.com").await;
    let (_, body) = open(&sandbox, &customer, "EUR").await;
    let id = body["data"]["id"].as_str().unwrap();
    let path = format!("{ACCOUNTS}/{id}/close");
    let (status, body) = sandbox
        .call(Method::POST, &path, &json!({ "reason": "no" }))
        .await;
    assert_eq!((status, &body["account_id"]), (200, &json!(id)));
    assert_eq!(sandbox.call(Method::POST, &path, &json!({})).await.0, 400);
    assert_eq!(open(&sandbox, &customer, "EUR").await.0, 201);
    assert_eq!(until_account(&sandbox, id, "CLOSED").await["id"], id);
    assert_eq!(sandbox.read(&format!("{ACCOUNTS}/1")).await.0, 404);
}

#[tokio::test]
async fn an_account_can_fail() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    sandbox.registered(&receiver.url).await;
    let (_, body) = open(&sandbox, &customer, "USD").await;
    let id = body["data"]["id"].as_str().unwrap();
    let decision = json!({ "status": "REJECTED", "reason": "no" });
    let path = format!("accounts/{id}/decide");
    let (status, body) = sandbox.control(&path, &decision).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"]["rejection_reason"], "no");
    let told = receiver.until(2).await;
    let rejected = told
        .iter()
        .map(|one| one.json())
        .find(|event| event["event"] == "virtual_account.rejected")
        .unwrap();
    assert_eq!(rejected["developer_reason"], "CUSTOMER_VERIFICATION_FAILED");
    assert_eq!(rejected["rejection_reason"], "no");
    assert_eq!(
        sandbox.control(&path, &json!({ "status": "GONE" })).await.0,
        422
    );
    assert_eq!(sandbox.kept("accounts").await[0]["status"], "REJECTED");
}

#[tokio::test]
async fn an_activation_that_is_due_comes_after_a_restart() {
    let sandbox = Sandbox::patient().await;
    let customer = sandbox.verified("a@example.com").await;
    let (_, body) = open(&sandbox, &customer, "GBP").await;
    let id = body["data"]["id"].as_str().unwrap();
    let sandbox = sandbox.restart_later().await;
    until_account(&sandbox, id, "SUCCESSFUL").await;
}

#[tokio::test]
async fn a_vendor_that_requires_details_names_what_is_missing() {
    let sandbox = Sandbox::with(|options| {
        quick(options);
        options.account_details = AccountDetails::Required;
    })
    .await;
    let bare = sandbox.verified("a@example.com").await;
    let (status, body) = open(&sandbox, &bare, "USD").await;
    assert_eq!(status, 422);
    assert_eq!(
        body["message"],
        "The customer lacks what a USD account needs: \
         dob, street, city, zip_code, phone, state, tin, id_expiry_date."
    );
    assert_eq!(open(&sandbox, &bare, "NGN").await.0, 201);

    let details = json!({
        "dob": "1990-02-28", "street": "1 Way", "city": "Lagos", "zip_code": "100001", "id_expiry_date": "2999-01-01",
    });
    let whole = with(individual("b@example.com"), details);
    let whole = sandbox.created(&whole).await;
    sandbox.decide(&whole, "VERIFIED").await;
    assert_eq!(open(&sandbox, &whole, "GBP").await.0, 201);
    assert_eq!(open(&sandbox, &whole, "USD").await.0, 422);
}
