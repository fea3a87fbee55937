//! The platform's wallets: out of which payouts go, and over which accounts are opened. One for each currency.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::Method;
use tokio::time::Instant;
use vouch_domain::{
    ports::{RailFailure, Urgency},
    values::FiatCurrency,
};

use crate::{
    client::{Call, Deadline, RailClient},
    failure, money_wire,
};

/// How long the rail's word on its wallets is believed.
const BELIEVED: Duration = Duration::from_secs(10 * 60);

/// The ids of wallets by currency, remembered for a while.
#[derive(Default)]
pub(crate) struct Wallets(Mutex<Option<Read>>);

struct Read {
    at: Instant,
    ids: BTreeMap<FiatCurrency, String>,
}

impl Wallets {
    /// The id of the wallet in this currency.
    pub(crate) async fn of(
        &self,
        client: &RailClient,
        currency: FiatCurrency,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<String, RailFailure> {
        if let Some(id) = self.remembered(currency) {
            return Ok(id);
        }
        let call = Call {
            operation: "wallets",
            method: Method::GET,
            path: &["wallet"],
            query: &[],
            body: None,
        };
        let answer = client.repeatedly(&call, deadline, urgency).await?;
        if !answer.status.is_success() {
            return Err(failure::of_status(&answer));
        }
        let ids = money_wire::wallets(&answer).ok_or_else(failure::unreadable)?;
        let id = ids.get(&currency).cloned();
        let at = Instant::now();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Read { at, ids });
        id.ok_or_else(|| failure::unavailable("no wallet in this currency"))
    }

    /// Likewise, for an order that is to be sent next: whatever goes wrong here, nothing was ordered.
    pub(crate) async fn for_order(
        &self,
        client: &RailClient,
        currency: FiatCurrency,
        deadline: Deadline,
        urgency: Urgency,
    ) -> Result<String, RailFailure> {
        let id = self.of(client, currency, deadline, urgency).await;
        id.map_err(|failure| match failure {
            RailFailure::Unclear { cause } => failure::unavailable(&cause),
            other => other,
        })
    }

    /// Has the rail asked again: it does not know a wallet that it told of. That is no judgement of the order.
    pub(crate) fn unknown(&self) -> RailFailure {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        failure::unavailable("unknown wallet")
    }

    fn remembered(&self, currency: FiatCurrency) -> Option<String> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = remembered.as_ref()?;
        let is_believed = read.at.elapsed() < BELIEVED;
        is_believed.then(|| read.ids.get(&currency).cloned())?
    }
}
