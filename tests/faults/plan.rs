//! What happens in a run: all of it follows from the seed.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    claims::{Claim, family},
    disturbances::{Disturbance, script},
    orders::{self, Order},
};

/// Between the beginnings of two requests, on average.
const PACE: Duration = Duration::from_millis(20);
/// Things go wrong for so much longer than new customers come: that long it takes them to be verified and to pay.
const AFTERMATH: Duration = Duration::from_secs(6);
/// Not sooner does anybody ask for money: a verification that nothing delays takes that long.
const VERIFICATION: Duration = Duration::from_millis(1_500);
/// How many customers are verified before anything goes wrong.
const REGULARS: usize = 10;
/// How often each of them has something to do.
const VISITS: usize = 3;
/// Their numbers begin here.
const FIRST_REGULAR: usize = 300_000;

/// A whole run.
pub(crate) struct Plan {
    pub(crate) claims: Vec<Claim>,
    pub(crate) orders: Vec<Order>,
    /// What is done before anything goes wrong, one list after the other: its customers are verified then.
    pub(crate) calm: [Vec<Errand>; 2],
    /// In the order of their beginnings.
    pub(crate) errands: Vec<Errand>,
    /// In the order of their beginnings.
    pub(crate) script: Vec<(Duration, Disturbance)>,
    pub(crate) services: usize,
}

/// Something that a client does for one claim.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) at: Duration,
    pub(crate) claim: usize,
    pub(crate) task: Task,
}

#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// One create under this idempotency key, at this service.
    Create { key: String, service: usize },
    /// One look at the customer, at this service.
    Retrieve { service: usize },
    /// One look at the newest customers, at this service.
    List { service: usize },
    /// Changes, one after the other, each at the next service.
    Amend { changes: Vec<Value> },
    /// A document is uploaded and the customer submitted under this idempotency key, from this service on.
    Submit { key: String, service: usize },
    /// One payout under this idempotency key, from this service on.
    Pay {
        order: usize,
        key: String,
        service: usize,
    },
    /// One virtual account under this idempotency key, from this service on.
    Open {
        currency: &'static str,
        key: String,
        service: usize,
    },
}

impl Plan {
    pub(crate) fn new(seed: u64, operations: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let services = rng.usize(2..=3);
        let span = PACE * u32::try_from(operations).expect("a reasonable number");
        let mut plan = Self {
            claims: Vec::new(),
            orders: Vec::new(),
            calm: [Vec::new(), Vec::new()],
            errands: Vec::new(),
            script: script(&mut rng, seed, services, span + AFTERMATH),
            services,
        };
        for number in 0..REGULARS {
            plan.add_regular(&mut rng, number, span + AFTERMATH);
        }
        let mut planned = 0;
        let mut number = 0;
        while planned < operations {
            number += 1;
            let begin = span.mul_f64(rng.f64());
            for claim in family(&mut rng, number) {
                planned += plan.add(&mut rng, claim, begin);
            }
        }
        plan.errands.sort_by_key(|errand| errand.at);
        plan
    }

    /// Adds a customer who is verified in time, and does something now and then within `span`.
    fn add_regular(&mut self, rng: &mut Rng, number: usize, span: Duration) {
        let claim = self.claims.len();
        let reference = format!("regular-{number}");
        let customer = Claim::new(number % 2, FIRST_REGULAR + number, &reference);
        let service = number % self.services;
        let create = self.create(rng, format!("create-{reference}"));
        let key = format!("submit-{reference}");
        for (errands, task) in self
            .calm
            .iter_mut()
            .zip([create, Task::Submit { key, service }])
        {
            let at = Duration::ZERO;
            errands.push(Errand { at, claim, task });
        }
        for _ in 0..VISITS {
            let begin = span.mul_f64(rng.f64() * 0.8);
            let mut tasks = orders::drawn(rng, self.services, claim, &customer, &mut self.orders);
            let service = rng.usize(..self.services);
            tasks.push((Duration::ZERO, Task::Retrieve { service }));
            let errand = |(later, task)| Errand {
                at: begin + later,
                claim,
                task,
            };
            self.errands.extend(tasks.into_iter().map(errand));
        }
        self.claims.push(customer);
    }

    /// Adds a claim and what is done for it. Answers how many requests that takes.
    fn add(&mut self, rng: &mut Rng, claim: Claim, begin: Duration) -> usize {
        let index = self.claims.len();
        let key = format!("key-{}-{index}", claim.reference());
        let mut errands = vec![(0, self.create(rng, key.clone()))];
        for _ in 0..rng.usize(..3) {
            // At nearly the same moment, or when the first may have failed.
            let later = if rng.bool() {
                rng.u64(..30)
            } else {
                rng.u64(200..1_500)
            };
            let key = if rng.u8(..4) > 0 {
                key.clone()
            } else {
                format!("{key}-{later}")
            };
            errands.push((later, self.create(rng, key)));
        }
        for _ in 0..rng.usize(..2) {
            errands.push((
                rng.u64(100..1_500),
                Task::Retrieve {
                    service: rng.usize(..self.services),
                },
            ));
        }
        if rng.u8(..8) == 0 {
            errands.push((
                rng.u64(..1_000),
                Task::List {
                    service: rng.usize(..self.services),
                },
            ));
        }
        let mut requests = errands.len();
        // One line of changes for each customer, so that their order is known.
        let is_contested = self.claims.iter().any(|other| other.rivals(&claim));
        if !is_contested && rng.u8(..3) == 0 {
            let changes: Vec<Value> = (0..rng.usize(1..4)).map(|_| change(rng, index)).collect();
            requests += changes.len();
            errands.push((rng.u64(100..1_000), Task::Amend { changes }));
        }
        self.claims.push(claim);
        let errand = |(later, task)| Errand {
            at: begin + Duration::from_millis(later),
            claim: index,
            task,
        };
        self.errands.extend(errands.into_iter().map(errand));
        if !is_contested {
            self.transact(rng, index, begin);
        }
        requests
    }

    /// Has most customers submitted, and those do what only the verified may. One submission for each reference, so that
    /// no second one follows a rejection.
    fn transact(&mut self, rng: &mut Rng, claim: usize, begin: Duration) {
        let mut tasks = Vec::new();
        if rng.u8(..5) > 0 {
            let key = format!("submit-{}", self.claims[claim].reference());
            for _ in 0..rng.usize(1..=2) {
                let service = rng.usize(..self.services);
                let key = key.clone();
                let at = Duration::from_millis(rng.u64(100..1_500));
                tasks.push((at, Task::Submit { key, service }));
            }
        }
        let customer = &self.claims[claim];
        let money = orders::drawn(rng, self.services, claim, customer, &mut self.orders);
        let money = money.into_iter();
        tasks.extend(money.map(|(later, task)| (later + VERIFICATION, task)));
        let errand = |(later, task)| Errand {
            at: begin + later,
            claim,
            task,
        };
        self.errands.extend(tasks.into_iter().map(errand));
    }

    fn create(&self, rng: &mut Rng, key: String) -> Task {
        Task::Create {
            key,
            service: rng.usize(..self.services),
        }
    }
}

/// New contact data. Every value is used once, so that it tells which change brought it.
fn change(rng: &mut Rng, claim: usize) -> Value {
    let unique = rng.u32(..);
    match rng.u8(..5) {
        0 => json!({"email": format!("moved{claim}-{unique}@example.com")}),
        1 => json!({"street": null}),
        2 => json!({"street": format!("{unique} King St"), "zip_code": "M5H 2N3"}),
        _ => json!({"street": format!("{unique} Front St")}),
    }
}
