//! The application under test, and requests to it.

mod contract;
mod customers;
mod ports;

pub(crate) use contract::check as check_contract;
pub(crate) use customers::{CUSTOMER, REFERENCE, TENANT, create_body, customer, summary};
pub(crate) use ports::{FakePorts, Ready};

use std::{sync::Arc, time::Duration};

use actix_web::{
    http::{Method, header::HeaderMap},
    test::{TestRequest, call_service, init_service, read_body},
    web::Bytes,
};
use serde_json::Value;
use vouch_application::{
    amend::AmendCustomer,
    authenticate::{Authenticate, PrincipalCache},
    background::Wake,
    callbacks::{CallbackLines, TakeCallback},
    close::CloseCustomer,
    create::CreateCustomer,
    digest::Digests,
    forward::Forwarder,
    ids::IdMint,
    kept_answers::KeptAnswers,
    kyc_files::FileDesk,
    liquidity::LiquidityLines,
    money_lines::MoneyLines,
    payment_routes::RouteDesk,
    payouts::MakePayout,
    rails::{RailLine, Rails},
    rates::Rates,
    receive_upload::ReceiveUpload,
    settle::Settler,
    simulate::Simulate,
    simulate_deposit::SimulateDeposit,
    submit_kyc::SubmitKyc,
    swaps::SwapDesk,
    transitions::Transitions,
    treasury_customers::CreateCustomerForTreasury,
    upload_slots::UploadSlots,
    virtual_accounts::OpenVirtualAccount,
};
use vouch_documents::ObjectDocuments;
use vouch_domain::{
    access::Network,
    ports::{Clock, LeaseTerms},
    values::Policy,
};
use vouch_http::{KycServices, MoneyServices, RateLimits, Services, Shared, TreasuryServices, app};
use vouch_testkit::{FixedClock, InMemory, ScriptedRail};

/// The key that every request of [`World`] carries unless told otherwise.
pub(crate) const KEY: &str = "sk_test_0123456789abcdefghijABCDEFGHIJ01";

/// An application on scripted ports.
pub(crate) struct World {
    pub(crate) ports: Arc<FakePorts>,
    /// What the Treasury API stores, and what the rail has called about.
    pub(crate) treasury: InMemory,
    pub(crate) documents: Arc<ObjectDocuments>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) has_rail: bool,
    pub(crate) rate_limits: Arc<RateLimits>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            ports: Arc::new(FakePorts::new(digests().api_key(KEY))),
            treasury: InMemory::default(),
            documents: Arc::new(ObjectDocuments::in_memory()),
            trusted_proxies: Vec::new(),
            has_rail: true,
            rate_limits: Arc::default(),
        }
    }

    pub(crate) fn services(&self) -> Services {
        let ports = &self.ports;
        let clock: Arc<dyn Clock> = ports.clone();
        let ids = Arc::new(IdMint::new(Arc::clone(&clock)));
        let terms = LeaseTerms {
            look_up: Duration::from_secs(3),
            create: Duration::from_secs(10),
            settle: Duration::from_secs(2),
        };
        let line = RailLine {
            rail: ports.clone(),
            kyc: ScriptedRail::new(FixedClock::new()),
            terms,
        };
        let rails = Rails {
            test: self.has_rail.then_some(line),
            live: None,
        };
        let cache = Arc::new(PrincipalCache::default());
        let answers = KeptAnswers::new(Arc::new(self.treasury.clone()), Arc::clone(&ids));
        let treasury = self.treasury_services(&answers, &ids, &clock);
        let transitions = Transitions::new(ports.clone(), Arc::clone(&ids));
        let callbacks = CallbackLines {
            test: Some(ports.clone()),
            live: None,
        };
        let store = Arc::new(self.treasury.clone());
        let transitions_of_store = Transitions::new(store, Arc::clone(&ids));
        Services {
            money: self.money_services(&ids),
            close: CloseCustomer::new(transitions, ports.clone()),
            callbacks: TakeCallback::new(
                Arc::new(self.treasury.clone()),
                callbacks,
                Arc::clone(&clock),
                Wake::default(),
            ),
            kyc: self.kyc_services(&ids, &transitions_of_store),
            treasury,
            create: CreateCustomer::new(ports.clone(), rails, Arc::clone(&ids), Wake::default()),
            amend: AmendCustomer::new(ports.clone(), ids, Wake::default()),
            queries: ports.clone(),
            authenticate: Authenticate::new(ports.clone(), cache, digests(), clock),
        }
    }

    fn kyc_services(&self, ids: &Arc<IdMint>, transitions: &Transitions) -> KycServices {
        let store = Arc::new(self.treasury.clone());
        KycServices {
            files: FileDesk::new(store.clone(), Arc::clone(ids)),
            receive_upload: ReceiveUpload::new(
                store.clone(),
                Arc::clone(&self.documents) as _,
                Arc::clone(ids),
                UploadSlots::new(4),
            ),
            submit: SubmitKyc::new(
                store.clone(),
                store.clone(),
                transitions.clone(),
                Arc::clone(ids),
                Wake::default(),
            ),
            submissions: store,
        }
    }

    fn money_services(&self, ids: &Arc<IdMint>) -> MoneyServices {
        let store = Arc::new(self.treasury.clone());
        let lines = MoneyLines::default();
        MoneyServices {
            open_account: OpenVirtualAccount::new(
                store.clone(),
                lines.clone(),
                Arc::clone(ids),
                Wake::default(),
            ),
            accounts: store.clone(),
            make_payout: MakePayout::new(
                store.clone(),
                lines,
                Arc::clone(ids),
                digests(),
                Wake::default(),
            ),
            payouts: store,
        }
    }

    fn treasury_services(
        &self,
        answers: &KeptAnswers,
        ids: &Arc<IdMint>,
        clock: &Arc<dyn Clock>,
    ) -> TreasuryServices {
        let store = Arc::new(self.treasury.clone());
        let liquidity = LiquidityLines::default();
        let settler = Settler::new(
            store.clone(),
            store.clone(),
            liquidity.clone(),
            Arc::clone(clock),
            Wake::default(),
        );
        let forwarder = Forwarder::new(
            store.clone(),
            store.clone(),
            liquidity.clone(),
            Arc::clone(clock),
            Wake::default(),
        );
        TreasuryServices {
            create_customer: CreateCustomerForTreasury::new(
                store.clone(),
                answers.clone(),
                Arc::clone(ids),
            ),
            customers: store.clone(),
            swap_desk: SwapDesk::new(
                store.clone(),
                store.clone(),
                answers.clone(),
                liquidity.clone(),
                Arc::clone(clock),
                Wake::default(),
            ),
            swaps: store.clone(),
            rates: Rates::new(liquidity.clone(), Arc::clone(clock)),
            simulate: Simulate::new(store.clone(), store.clone(), settler),
            route_desk: RouteDesk::new(store.clone(), answers.clone(), forwarder.clone()),
            payment_routes: store.clone(),
            deposits: store.clone(),
            simulate_deposit: SimulateDeposit::new(forwarder, Arc::clone(ids)),
            ledger: store,
            liquidity,
        }
    }

    pub(crate) fn shared(&self) -> Shared {
        Shared {
            digests: digests(),
            clock: self.ports.clone(),
            policy: Policy::default(),
            readiness: self.ports.clone(),
            public_url: "https://vouch.example".to_owned(),
            deployment: "local".to_owned(),
            trusted_proxies: self.trusted_proxies.clone(),
            rate_limits: Arc::clone(&self.rate_limits),
        }
    }

    /// Sends a request as it is, and checks the answer against the OpenAPI document.
    pub(crate) async fn send(&self, request: TestRequest) -> Answer {
        let app = init_service(app(self.services(), self.shared())).await;
        let request = request.to_request();
        let (method, path) = (request.method().clone(), request.path().to_owned());
        let response = call_service(&app, request).await;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: read_body(response).await,
        };
        check_contract(&method, &path, &answer);
        answer
    }

    /// Sends a request with a good key.
    pub(crate) async fn call(&self, request: TestRequest) -> Answer {
        self.send(request.insert_header(("Authorization", format!("Bearer {KEY}"))))
            .await
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.call(TestRequest::get().uri(uri)).await
    }

    /// Sends a good `POST /v1/customers` with another body.
    pub(crate) async fn create(&self, body: &Value) -> Answer {
        self.call(json_request(Method::POST, "/v1/customers", body))
            .await
    }

    pub(crate) async fn patch(&self, body: &Value) -> Answer {
        let uri = format!("/v1/customers/{CUSTOMER}");
        self.call(json_request(Method::PATCH, &uri, body)).await
    }
}

/// A request with a JSON body and an idempotency key.
pub(crate) fn json_request(method: Method, uri: &str, body: &Value) -> TestRequest {
    TestRequest::default()
        .method(method)
        .uri(uri)
        .insert_header(("Idempotency-Key", "key-1"))
        .insert_header(("Content-Type", "application/json"))
        .set_payload(body.to_string())
}

pub(crate) fn digests() -> Arc<Digests> {
    Arc::new(Digests::new(&[7; 32]))
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status, code and field of an error.
    pub(crate) fn error(&self) -> (u16, String, Option<String>) {
        let error = &self.json()["error"];
        let text = |name: &str| error[name].as_str().map(str::to_owned);
        (self.status, text("code").expect("an error"), text("field"))
    }

    #[track_caller]
    pub(crate) fn expect_error(&self, status: u16, code: &str, field: Option<&str>) {
        let expected = (status, code.to_owned(), field.map(str::to_owned));
        assert_eq!(self.error(), expected, "{}", self.text());
    }
}
