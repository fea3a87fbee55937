//! What customers do once they are verified: payouts, some of which get into each other's way, and accounts.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{claims::Claim, plan::Task};

/// The currencies of virtual accounts.
const CURRENCIES: [&str; 3] = ["GBP", "USD", "EUR"];

/// A payout that somebody wants to be made for the customer of a claim.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Whose customer pays.
    pub(crate) claim: usize,
    pub(crate) body: Value,
}

impl Order {
    /// Payout number `number` of the run.
    fn new(rng: &mut Rng, claim: usize, customer: &Claim, number: usize) -> Self {
        let body = json!({
            "customer_id": customer.reference(), "currency": "CAD",
            "amount_minor": rng.u32(1_000..100_000).to_string(),
            "merchant_reference": format!("invoice-{number}"),
            "recipient": {
                "interac_email": format!("payee{number}@example.com"),
                "first_name": "Grace", "last_name": "Hopper"
            }
        });
        Self { claim, body }
    }

    /// The same merchant reference for more money.
    fn rival(&self) -> Self {
        let mut rival = self.clone();
        rival.body["amount_minor"] = json!("200000");
        rival
    }

    pub(crate) fn merchant_reference(&self) -> &str {
        self.body["merchant_reference"]
            .as_str()
            .expect("a reference")
    }
}

/// What is done for a customer who may be verified, and how long after its begin. Payouts are added to `orders`.
pub(crate) fn drawn(
    rng: &mut Rng,
    services: usize,
    claim: usize,
    customer: &Claim,
    orders: &mut Vec<Order>,
) -> Vec<(Duration, Task)> {
    let is_verified = customer.fate.is_verified();
    let mut tasks = Vec::new();
    let payouts = if is_verified {
        rng.usize(..=2)
    } else {
        usize::from(rng.u8(..4) == 0)
    };
    for _ in 0..payouts {
        let order = Order::new(rng, claim, customer, orders.len());
        let begin = Duration::from_millis(rng.u64(..3_500));
        tasks.extend(payments(rng, services, order, begin, orders));
    }
    if is_verified && rng.bool() {
        let begin = Duration::from_millis(rng.u64(..3_500));
        tasks.extend(openings(rng, services, claim, begin));
    }
    tasks
}

/// Everybody who asks for one payout: again under the same key, under another one, or for more money.
fn payments(
    rng: &mut Rng,
    services: usize,
    order: Order,
    begin: Duration,
    orders: &mut Vec<Order>,
) -> Vec<(Duration, Task)> {
    let key = format!("pay-{}", order.merchant_reference());
    let first = orders.len();
    let rival = order.rival();
    orders.push(order);
    let mut pay = |later: u64, order: usize, key: String| {
        let service = rng.usize(..services);
        let at = begin + Duration::from_millis(later);
        (
            at,
            Task::Pay {
                order,
                key,
                service,
            },
        )
    };
    let mut tasks = vec![pay(0, first, key.clone())];
    // At nearly the same moment, or when the first may have failed.
    tasks.push(pay(10, first, key.clone()));
    match first % 4 {
        0 => tasks.push(pay(900, first, key)),
        1 => tasks.push(pay(5, first, format!("{key}-again"))),
        2 => {
            orders.push(rival);
            tasks.push(pay(15, first + 1, format!("{key}-rival")));
        }
        _ => {}
    }
    tasks
}

/// Two who ask for the same account, under the same key or under two.
fn openings(
    rng: &mut Rng,
    services: usize,
    claim: usize,
    begin: Duration,
) -> Vec<(Duration, Task)> {
    let currency = CURRENCIES[rng.usize(..CURRENCIES.len())];
    let key = format!("open-{claim}-{currency}");
    let other = if rng.bool() {
        key.clone()
    } else {
        format!("{key}-again")
    };
    [(0, key), (rng.u64(..300), other)]
        .into_iter()
        .map(|(later, key)| {
            let service = rng.usize(..services);
            let task = Task::Open {
                currency,
                key,
                service,
            };
            (begin + Duration::from_millis(later), task)
        })
        .collect()
}
