//! Callers of the API, who take down every answer.

mod customers;
mod documents;
mod money;

use std::{sync::Arc, time::Duration};

use reqwest::{Method, RequestBuilder};
use tokio::{sync::Semaphore, time::Instant};

use self::money::Wish;
use crate::{
    answer::Answer,
    claims::Claim,
    clock::now,
    history::{Exchange, History, Request},
    orders::Order,
    patience::within,
    plan::{Errand, Task},
    service::Counts,
};

/// No answer may take longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);
/// How often a request is tried, and how long after the last attempt.
const ATTEMPTS: usize = 3;
const PAUSE: Duration = Duration::from_millis(150);
/// For so long somebody asks for what depends on the customer's becoming verified, and after such a pause and then twice
/// as long ones.
const PATIENCE: Duration = Duration::from_secs(8);
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Everyone who calls the API in a run.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    /// Of each service.
    pub(crate) urls: Vec<String>,
    /// Of each service.
    pub(crate) counts: Vec<Arc<Counts>>,
    /// Of each organisation.
    pub(crate) keys: Vec<String>,
    pub(crate) claims: Arc<Vec<Claim>>,
    pub(crate) orders: Arc<Vec<Order>>,
    pub(crate) history: Arc<History>,
    /// One for each request that may be under way.
    pub(crate) slots: Arc<Semaphore>,
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

/// How long a reader tries.
const READ_PATIENCE: Duration = Duration::from_secs(20);

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
            Task::Submit { key, service } => self.hand_in(service, claim, &key).await,
            Task::Pay {
                order,
                key,
                service,
            } => {
                self.persist(service, Wish::Payout { order }, &key).await;
            }
            Task::Open {
                currency,
                key,
                service,
            } => {
                let wish = Wish::Account { claim, currency };
                self.persist(service, wish, &key).await;
            }
        }
    }

    /// What is there, not taken down, for a caller with the patience that a 503 asks for.
    pub(crate) async fn get(&self, organisation: usize, path: &str) -> Option<Answer> {
        let answer = within(READ_PATIENCE, async || {
            let answer = Answer::to(self.request(0, organisation, Method::GET, path))
                .await
                .ok()?;
            (answer.status != 503).then_some(answer)
        });
        answer.await
    }

    /// A request about the customer of a claim; `what` continues the customer's path.
    fn about(&self, service: usize, method: Method, claim: usize, what: &str) -> RequestBuilder {
        let Claim { organisation, .. } = self.claims[claim];
        let path = format!("/v1/customers/{}{what}", self.claims[claim].reference());
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

    /// Sends a request, about a claim or about none, and takes down what comes of it.
    pub(crate) async fn exchange(
        &self,
        request: Request,
        claim: Option<usize>,
        sent: RequestBuilder,
    ) -> Option<Answer> {
        let about = claim.map(|claim| {
            let claim = &self.claims[claim];
            (claim.organisation, claim.reference())
        });
        let _slot = self.slots.acquire().await.expect("a slot");
        let standing = |(organisation, reference)| self.history.standing(organisation, reference);
        let before = about.map(standing).unwrap_or_default();
        let (counts, starts) = self.addressed(&sent);
        let at = now();
        let begin = Instant::now();
        let answer = Answer::to(sent).await;
        let exchange = Exchange {
            request,
            answer: answer
                .as_ref()
                .map_err(|error| format!("sent at {at}: {error:?}"))
                .cloned(),
            took: begin.elapsed(),
            was_killed: counts.starts() > starts,
            before,
        };
        self.history.add(about, exchange);
        answer.ok()
    }

    /// The service that gets this request, and how often it was started until now.
    fn addressed(&self, request: &RequestBuilder) -> (&Counts, usize) {
        let request = request.try_clone().and_then(|copy| copy.build().ok());
        let url = request
            .expect("a request that may be sent again")
            .url()
            .clone();
        let is_at = |service: &String| url.as_str().starts_with(&format!("{service}/"));
        let service = self.urls.iter().position(is_at).expect("a service");
        let counts = &self.counts[service];
        (counts, counts.starts())
    }
}
