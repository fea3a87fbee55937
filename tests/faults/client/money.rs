//! Payouts and virtual accounts.

use reqwest::Method;
use serde_json::{Value, json};

use tokio::time::{Instant, sleep};

use super::{Client, FIRST_PAUSE, PATIENCE};
use crate::{answer::Answer, history::Request, orders::Order};

/// What only a verified customer may have.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    Payout {
        order: usize,
    },
    Account {
        claim: usize,
        currency: &'static str,
    },
}

impl Client {
    /// Asks again and again at the next service, while the customer is not verified or there is no answer.
    pub(super) async fn persist(&self, first: usize, wish: Wish, key: &str) {
        let claim = match wish {
            Wish::Payout { order } => self.orders[order].claim,
            Wish::Account { claim, .. } => claim,
        };
        let is_promising = self.claims[claim].fate.is_verified();
        let patience = if is_promising { PATIENCE } else { FIRST_PAUSE };
        let deadline = Instant::now() + patience;
        let mut pause = FIRST_PAUSE;
        for service in first.. {
            let service = service % self.urls.len();
            let answer = match wish {
                Wish::Payout { order } => self.pay(service, order, key).await,
                Wish::Account { currency, .. } => self.open(service, claim, currency, key).await,
            };
            let is_final = answer.is_some_and(|answer| ![404, 422, 503].contains(&answer.status));
            if is_final || Instant::now() >= deadline {
                return;
            }
            sleep(pause).await;
            pause *= 2;
        }
    }

    pub(crate) async fn pay(&self, service: usize, order: usize, key: &str) -> Option<Answer> {
        let Order { claim, body } = &self.orders[order];
        let organisation = self.claims[*claim].organisation;
        let request = self.request(service, organisation, Method::POST, "/v1/payouts");
        let request = request.header("Idempotency-Key", key).json(body);
        let asked = Request::Pay {
            order,
            key: key.to_owned(),
        };
        self.exchange(asked, Some(*claim), request).await
    }

    pub(crate) async fn open(
        &self,
        service: usize,
        claim: usize,
        currency: &'static str,
        key: &str,
    ) -> Option<Answer> {
        let request = self.about(service, Method::POST, claim, "/virtual_accounts");
        let request = request.header("Idempotency-Key", key);
        let asked = Request::Open {
            claim,
            key: key.to_owned(),
            currency,
        };
        let body = json!({ "currency": currency });
        self.exchange(asked, Some(claim), request.json(&body)).await
    }

    /// Every object of a list of this organisation, newest first, by small pages; nothing when a page fails.
    pub(crate) async fn whole_list(&self, organisation: usize, path: &str) -> Option<Vec<Value>> {
        const PAGE: usize = 7;
        let mut all: Vec<Value> = Vec::new();
        loop {
            let last = all.last().and_then(|last| last["id"].as_str());
            let after = last.map_or_else(String::new, |id| format!("&starting_after={id}"));
            let page = format!("{path}?limit={PAGE}{after}");
            let page = self.get(organisation, &page).await?;
            all.extend(page.body["data"].as_array()?.iter().cloned());
            if page.body["has_more"] != true {
                return Some(all);
            }
        }
    }
}
