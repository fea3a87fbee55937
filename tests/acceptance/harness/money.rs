//! Customers who may transact, and what they do.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{
    Answer, Caller, Home, Process, Rail, Service,
    caller::{customer, new_key},
    canadian,
    patience::eventually,
    unique,
};

/// Leases that end soon, and rail calls that a busy machine can make in time.
const QUICK: [(&str, &str); 3] = [
    ("VOUCH_RAIL_TEST_CREATE_TIMEOUT_MS", "2000"),
    ("VOUCH_RAIL_TEST_LOOKUP_TIMEOUT_MS", "1500"),
    ("VOUCH_RAIL_TEST_SETTLE_MS", "500"),
];

/// A home with a rail that outlives the services, and from which they soon take over what others left.
pub(crate) async fn home_and_rail() -> (Home, Rail, Process) {
    let home = Home::new().await;
    let home = QUICK
        .iter()
        .fold(home, |home, (name, value)| home.set(name, value));
    let (process, url) = home.rail("rail", &["--decision-ms", "200"]).await;
    let home = home
        .set("VOUCH_RAIL_TEST_URL", &url)
        .set("VOUCH_RAIL_TEST_API_KEY", "sandbox-key");
    (home, Rail::at(&url), process)
}

impl Caller {
    /// A request for a virtual account under this key, without its body.
    pub(crate) fn opening(&self, key: &str, handle: &str) -> RequestBuilder {
        let path = format!("{}/virtual_accounts", customer(handle));
        self.request(Method::POST, &path)
            .header("Idempotency-Key", key)
    }

    /// Opens a virtual account under a new key.
    pub(crate) async fn open_account(&self, handle: &str, currency: &str) -> Answer {
        let body = json!({ "currency": currency });
        Answer::to(self.opening(&new_key(), handle).json(&body)).await
    }

    /// The virtual accounts of a customer, newest first.
    pub(crate) async fn accounts(&self, handle: &str) -> Vec<Value> {
        let path = format!("{}/virtual_accounts", customer(handle));
        let list = self.get(&path).await.expect(200).json();
        list["data"].as_array().expect("a list").clone()
    }

    /// Waits until the newest account of a customer is in this status.
    pub(crate) async fn account_becomes(&self, handle: &str, status: &str) -> Value {
        eventually(&format!("an account that is {status}"), async || {
            let account = self.accounts(handle).await.into_iter().next()?;
            (account["status"] == status).then_some(account)
        })
        .await
    }

    /// A request for a payout under this key, without its body.
    pub(crate) fn paying(&self, key: &str) -> RequestBuilder {
        self.request(Method::POST, "/v1/payouts")
            .header("Idempotency-Key", key)
    }

    /// Makes a payout under a new key.
    pub(crate) async fn pay(&self, body: &Value) -> Answer {
        Answer::to(self.paying(&new_key()).json(body)).await
    }

    pub(crate) async fn payout(&self, id: &str) -> Answer {
        self.get(&format!("/v1/payouts/{id}")).await
    }

    /// Waits until a payout is in this status.
    pub(crate) async fn payout_becomes(&self, id: &str, status: &str) -> Value {
        eventually(&format!("a payout that is {status}"), async || {
            let payout = self.payout(id).await.expect(200).json();
            (payout["status"] == status).then_some(payout)
        })
        .await
    }
}

/// 12.50 dollars for somebody, on behalf of this customer, under a reference that nobody used.
pub(crate) fn payout_of(customer: &str) -> Value {
    json!({
        "customer_id": customer, "currency": "CAD", "amount_minor": "1250",
        "merchant_reference": format!("invoice-{}", unique()),
        "recipient": {"interac_email": "grace@example.com", "first_name": "Grace", "last_name": "Hopper"}
    })
}

/// A customer that is verified, here and at the rail, and holds an Interac address; answers with its id.
pub(crate) async fn verified(service: &Service, caller: &Caller) -> String {
    verified_at(&service.rail(), service, caller).await
}

/// Likewise, where the rail is another one than the service's own.
pub(crate) async fn verified_at(rail: &Rail, service: &Service, caller: &Caller) -> String {
    let body = canadian();
    let id = caller.create(&body).await.expect(201).id();
    service.verify(rail, &body).await;
    id
}

impl Service {
    /// Has the rail verify the customer with this body, and does not wait until it has said so.
    pub(crate) async fn verify(&self, rail: &Rail, body: &Value) {
        let record = rail.records_of(body).await.remove(0);
        rail.decide(record["id"].as_str().expect("an id"), "VERIFIED")
            .await;
        let reference = body["customer_reference"].as_str().expect("a reference");
        let database = self.home.database().client().await;
        let sql = "UPDATE customers SET status = 'verified' WHERE reference = $1";
        let changed = database.execute(sql, &[&reference]).await;
        assert_eq!(changed.expect("a verified customer"), 1);
    }
}
