//! Callers of the API, who take down every answer.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    answer::Answer,
    claims::Claim,
    history::{Exchange, History, Request},
    plan::{Errand, Task},
};

/// No answer may take longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);
/// How often a request is tried, and how long after the last attempt.
const ATTEMPTS: usize = 3;
const PAUSE: Duration = Duration::from_millis(150);

/// Everyone who calls the API in a run.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    /// Of each service.
    pub(crate) urls: Vec<String>,
    /// Of each organisation.
    pub(crate) keys: Vec<String>,
    pub(crate) claims: Arc<Vec<Claim>>,
    pub(crate) history: Arc<History>,
}

/// A client that gives up when an answer is overdue.
pub(crate) fn http() -> reqwest::Client {
    // What a client needs for any request, encrypted or not. Other tests may have been faster.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(LIMIT)
        .build()
        .expect("a client")
}

impl Client {
    pub(crate) async fn perform(&self, errand: Errand) {
        let claim = errand.claim;
        match errand.task {
            Task::Create { key, service } => self.insist(service, claim, &key).await,
            Task::Retrieve { service } => {
                self.retrieve(service, claim).await;
            }
            Task::List { service } => {
                let organisation = self.claims[claim].organisation;
                self.list(service, organisation, &[]).await;
            }
            Task::Amend { changes } => {
                for (service, change) in changes.iter().enumerate() {
                    if !self.amend(service, claim, change).await {
                        return;
                    }
                }
            }
        }
    }

    /// Creates, again and again at the next service where one is away or has no database.
    async fn insist(&self, first: usize, claim: usize, key: &str) {
        for service in (first..).take(ATTEMPTS) {
            let answer = self.create(service % self.urls.len(), claim, key).await;
            if answer.is_some_and(|answer| answer.status != 503) {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    pub(crate) async fn create(&self, service: usize, claim: usize, key: &str) -> Option<Answer> {
        let Claim { organisation, body } = &self.claims[claim];
        let request = self.request(service, *organisation, Method::POST, "/v1/customers");
        let request = request.header("Idempotency-Key", key).json(body);
        let asked = Request::Create {
            claim,
            key: key.to_owned(),
        };
        self.exchange(asked, Some(claim), request).await
    }

    pub(crate) async fn retrieve(&self, service: usize, claim: usize) -> Option<Answer> {
        let request = self.about(service, Method::GET, claim);
        self.exchange(Request::Retrieve { claim }, Some(claim), request)
            .await
    }

    pub(crate) async fn list(
        &self,
        service: usize,
        organisation: usize,
        query: &[(&str, &str)],
    ) -> Option<Answer> {
        let request = self
            .request(service, organisation, Method::GET, "/v1/customers")
            .query(query);
        self.exchange(Request::List, None, request).await
    }

    /// Anything else, which is not taken down.
    pub(crate) async fn get(&self, organisation: usize, path: &str) -> Option<Answer> {
        Answer::to(self.request(0, organisation, Method::GET, path)).await
    }

    /// Makes a change, again and again at the next service. Answers whether it was acknowledged.
    async fn amend(&self, first: usize, claim: usize, change: &Value) -> bool {
        for service in (first..).take(ATTEMPTS) {
            let service = service % self.urls.len();
            let request = self.about(service, Method::PATCH, claim).json(change);
            let asked = Request::Amend {
                claim,
                change: change.clone(),
            };
            let answer = self.exchange(asked, Some(claim), request).await;
            if answer.is_some_and(|answer| answer.is_success()) {
                return true;
            }
            sleep(PAUSE).await;
        }
        false
    }

    fn about(&self, service: usize, method: Method, claim: usize) -> RequestBuilder {
        let Claim { organisation, .. } = self.claims[claim];
        let path = format!("/v1/customers/{}", self.claims[claim].reference());
        self.request(service, organisation, method, &path)
    }

    fn request(
        &self,
        service: usize,
        organisation: usize,
        method: Method,
        path: &str,
    ) -> RequestBuilder {
        let url = format!("{}{path}", self.urls[service]);
        self.http
            .request(method, url)
            .bearer_auth(&self.keys[organisation])
    }

    async fn exchange(
        &self,
        request: Request,
        claim: Option<usize>,
        sent: RequestBuilder,
    ) -> Option<Answer> {
        let about = claim.map(|claim| {
            let claim = &self.claims[claim];
            (claim.organisation, claim.reference())
        });
        let was_known = about
            .is_some_and(|(organisation, reference)| self.history.knows(organisation, reference));
        let begin = Instant::now();
        let answer = Answer::to(sent).await;
        let exchange = Exchange {
            request,
            answer: answer.clone(),
            took: begin.elapsed(),
            was_known,
        };
        self.history.add(about, exchange);
        answer
    }
}
