//! Creating, reading and amending customers.

use reqwest::Method;
use serde_json::Value;
use tokio::time::sleep;

use super::{ATTEMPTS, Client, PAUSE};
use crate::{answer::Answer, claims::Claim, history::Request};

impl Client {
    /// Creates, again and again at the next service where one is away or has no database.
    pub(super) async fn insist(&self, first: usize, claim: usize, key: &str) {
        for service in (first..).take(ATTEMPTS) {
            let answer = self.create(service % self.urls.len(), claim, key).await;
            if answer.is_some_and(|answer| answer.status != 503) {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    pub(crate) async fn create(&self, service: usize, claim: usize, key: &str) -> Option<Answer> {
        let Claim {
            organisation, body, ..
        } = &self.claims[claim];
        let request = self.request(service, *organisation, Method::POST, "/v1/customers");
        let request = request.header("Idempotency-Key", key).json(body);
        let asked = Request::Create {
            claim,
            key: key.to_owned(),
        };
        self.exchange(asked, Some(claim), request).await
    }

    pub(crate) async fn retrieve(&self, service: usize, claim: usize) -> Option<Answer> {
        let request = self.about(service, Method::GET, claim, "");
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

    /// Makes a change, again and again at the next service. Answers whether it was acknowledged.
    pub(super) async fn amend(&self, first: usize, claim: usize, change: &Value) -> bool {
        for service in (first..).take(ATTEMPTS) {
            let service = service % self.urls.len();
            let request = self.about(service, Method::PATCH, claim, "").json(change);
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
}
