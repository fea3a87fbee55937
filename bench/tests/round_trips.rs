//! How many queries a request takes, counted on the wire between the running service and its database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

use std::{env::temp_dir, ops::RangeInclusive};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use vouch_bench::{
    data::{create, store},
    program::vouch,
    rail::Rail,
    service::{Api, Program, Service},
    stage::tenant,
    treasury,
};
use vouch_domain::{
    id::CustomerId,
    tenant::{Env, Tenant},
};
use vouch_testkit::{ScratchDatabase, Wiretap, ids};

/// Requests of each kind. What the service asks by itself meanwhile is far less than half as much.
const REQUESTS: usize = 200;

struct Measured {
    service: Service,
    key: String,
    /// A key of the Treasury API, and a customer that was made there.
    treasury: (String, CustomerId),
    /// A key for live data, and a live customer. Live data has no rail here, so that changes cause no work in the background.
    live: (String, CustomerId),
    client: Client,
    tap: Wiretap,
    _rail: Rail,
    _database: ScratchDatabase,
    _folder: TempDir,
}

impl Measured {
    async fn start() -> Self {
        let database = ScratchDatabase::migrated().await;
        let tap = Wiretap::on(database.url());
        let rail = Rail::start().unwrap();
        let folder = tempfile::tempdir_in(temp_dir()).unwrap();
        let data_dir = folder.path().display().to_string();
        // One connection, so that nothing is prepared any more once everything was asked for once.
        let program = Program::new(vouch().unwrap(), &tap.url(), &rail.url, &data_dir)
            .set("VOUCH_WORKERS", "1")
            .set("VOUCH_DB_CONNECTIONS", "1");
        let test = tenant(program.organisation().unwrap());
        let live = Tenant {
            env: Env::Live,
            ..test
        };
        let store = store(database.url()).await.unwrap();
        let mint = ids();
        let customer = mint.mint();
        create(&store, live, customer, mint.mint()).await.unwrap();
        let payer = treasury::create(&store, &mint, test).await.unwrap();
        Self {
            service: program.serve().await.unwrap(),
            key: program.key(test, Api::Remittance).unwrap(),
            treasury: (program.key(test, Api::Treasury).unwrap(), payer),
            live: (program.key(live, Api::Remittance).unwrap(), customer),
            client: Client::new(),
            tap,
            _rail: rail,
            _database: database,
            _folder: folder,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/customers{path}");
        self.ask(Method::GET, &path, &self.key, "", None).await
    }

    async fn get_treasury(&self, path: &str) -> Value {
        self.ask(Method::GET, path, &self.treasury.0, "", None)
            .await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        key: &str,
        idempotency_key: &str,
        body: Option<Value>,
    ) -> Value {
        let request = self
            .client
            .request(method, format!("{}/v1{path}", self.service.url))
            .bearer_auth(key);
        let request = match idempotency_key {
            "" => request,
            idempotency_key => request.header("Idempotency-Key", idempotency_key),
        };
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.json().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        body
    }

    async fn create(&self, number: usize) -> Value {
        let body = json!({
            "type": "individual", "first_name": "Ada", "last_name": "Obi", "dob": "1990-04-12",
            "email": format!("person{number}@example.com"), "country": "CA", "id_type": "passport",
            "id_number": "A12345678", "tin": "123456789", "zip_code": "K1A 0B1",
            "customer_reference": format!("user-{number}"), "interac_email": format!("i{number}@example.com"),
        });
        self.ask(
            Method::POST,
            "/customers",
            &self.key,
            &format!("create-{number}"),
            Some(body),
        )
        .await
    }

    async fn amend(&self, number: usize) -> Value {
        let (key, customer) = &self.live;
        let body = json!({"street": format!("{number} Main St")});
        self.ask(
            Method::PATCH,
            &format!("/customers/{customer}"),
            key,
            &format!("amend-{number}"),
            Some(body),
        )
        .await
    }

    /// Holds the requests to so many queries each: at least what they need, at most what is stated.
    async fn assert_queries(
        &self,
        queries: RangeInclusive<usize>,
        what: &str,
        request: impl AsyncFn(usize) -> Value,
    ) {
        request(0).await;
        let _ = self.tap.take();
        for number in 1..=REQUESTS {
            request(number).await;
        }
        let (prepared, counted) = self.tap.take();
        let prepared: Vec<_> = prepared
            .iter()
            .filter(|statement| statement.sql.contains("customers"))
            .collect();
        assert!(
            counted >= queries.start() * REQUESTS,
            "{what}: {counted} queries, less than there can be"
        );
        assert!(
            counted < queries.end() * REQUESTS + REQUESTS / 2,
            "{what}: {counted} queries for {REQUESTS} requests"
        );
        assert!(
            prepared.len() <= REQUESTS / 10,
            "{what}: prepared again and again: {prepared:#?}"
        );
    }
}

// Waiting for a program must not keep the wiretap from forwarding what that program asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_takes_as_many_queries_as_stated() {
    let measured = Measured::start().await;
    let made = measured.create(1_000_000).await;
    let id = format!("/{}", made["id"].as_str().unwrap());
    measured
        .assert_queries(2..=2, "create", async |number| {
            measured.create(number).await
        })
        .await;
    // Two, and one with which the background looks for changes to tell a rail, once woken.
    measured
        .assert_queries(2..=3, "patch", async |number| measured.amend(number).await)
        .await;
    for (path, what) in [
        (id.as_str(), "retrieve"),
        ("/user-1", "retrieve by reference"),
        ("", "list"),
        ("?starting_after=user-7", "list after"),
        ("?q=ada", "search"),
        ("?q=a", "short search"),
    ] {
        measured
            .assert_queries(1..=1, what, async |_| measured.get(path).await)
            .await;
    }
    let of_customer = format!(
        "/transactions?customerId={}",
        measured.treasury.1.hyphenated()
    );
    let after = format!(
        "/customers?limit=50&startingAfter={}",
        measured.treasury.1.hyphenated()
    );
    for (path, queries, what) in [
        ("/customers?limit=50", 2..=2, "Treasury list"),
        (&after, 2..=2, "Treasury list after"),
        ("/transactions", 1..=1, "ledger"),
        (&of_customer, 1..=1, "ledger of a customer"),
    ] {
        measured
            .assert_queries(queries, what, async |_| measured.get_treasury(path).await)
            .await;
    }
}
