//! What the rail knows of our customers compared with what we know: a report, and no repair.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use tokio::time::sleep;
use vouch_domain::{
    id::CustomerId,
    ports::{Drift, Rail, RailCustomerId, RailFailure, StoreError, TrackedCustomer, Urgency},
    tenant::Env,
};

use crate::rails::Rails;

/// How many customers are read from the store at once.
const PAGE: u16 = 200;
/// How many customers are read from the rail at once.
const AT_ONCE: usize = 4;
/// How often a call is made that the rail, our allowance or the circuit breaker puts off.
const ATTEMPTS: u8 = 50;
/// The least pause between two of these attempts, even where the rail asks for none.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// What does not agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriftReport {
    /// Reservations that are open: work that goes on, or that nobody does.
    pub reservations_open: Vec<CustomerId>,
    /// Customers that the rail has never confirmed, and that nobody works on.
    pub without_rail_id: Vec<CustomerId>,
    /// Customers that are bound to the same record of the rail as others.
    pub rail_ids_used_twice: Vec<CustomerId>,
    /// Records of the rail that are nobody's here.
    pub unknown_at_rail: Vec<RailCustomerId>,
    /// Customers whose contact data differs from the rail's, or of whom the rail knows nothing.
    pub contact_differs: Vec<CustomerId>,
    /// Customers with a difference that the rail has insisted on.
    pub accepted: Vec<CustomerId>,
}

impl DriftReport {
    /// Whether nothing is left to be done. What is accepted is no work.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.reservations_open.is_empty()
            && self.without_rail_id.is_empty()
            && self.rail_ids_used_twice.is_empty()
            && self.unknown_at_rail.is_empty()
            && self.contact_differs.is_empty()
    }
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriftError {
    /// No rail is configured for the env.
    #[error("no rail is configured for this env")]
    NoRail,
    /// The rail did not say what it knows.
    #[error("the rail could not be read: {0}")]
    Rail(#[from] RailFailure),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the report.
pub struct DriftReporter {
    store: Arc<dyn Drift>,
    rails: Rails,
}

impl DriftReporter {
    /// A reporter on this store and these rails.
    #[must_use]
    pub fn new(store: Arc<dyn Drift>, rails: Rails) -> Self {
        Self { store, rails }
    }

    /// Adds what does not agree in one env. At the rail, only customers made `since` are looked at; everything that the
    /// store alone can tell is told of all.
    ///
    /// # Errors
    /// See [`DriftError`].
    pub async fn add(
        &self,
        env: Env,
        since: Option<DateTime<Utc>>,
        report: &mut DriftReport,
    ) -> Result<(), DriftError> {
        let line = self.rails.of(env).ok_or(DriftError::NoRail)?;
        let since = since.unwrap_or_default();
        let suspects = self.unknown_records(env, &*line.rail, since).await?;
        self.walk(env, &*line.rail, since, report).await?;
        // What was on its way when it was seen has arrived by now, or its reservation is in the report.
        let unknown = self.unbound(env, &suspects).await?;
        report.unknown_at_rail.extend(unknown);
        Ok(())
    }

    /// The rail's records that no customer is bound to.
    async fn unknown_records(
        &self,
        env: Env,
        rail: &dyn Rail,
        since: DateTime<Utc>,
    ) -> Result<Vec<RailCustomerId>, DriftError> {
        let is_recent = |made: Option<DateTime<Utc>>| made.is_none_or(|made| made >= since);
        let mut seen = HashSet::new();
        let mut unknown = Vec::new();
        for number in 1.. {
            let page = patiently(|| rail.customers_page(number, Urgency::Background)).await?;
            let goes_on = page.has_more
                && page
                    .customers
                    .last()
                    .is_some_and(|oldest| is_recent(oldest.created_at));
            let recent = page
                .customers
                .into_iter()
                .filter(|record| is_recent(record.created_at));
            let new: Vec<_> = recent
                .map(|record| record.id)
                .filter(|id| seen.insert(id.clone()))
                .collect();
            unknown.extend(self.unbound(env, &new).await?);
            if !goes_on {
                break;
            }
        }
        Ok(unknown)
    }

    async fn unbound(
        &self,
        env: Env,
        records: &[RailCustomerId],
    ) -> Result<Vec<RailCustomerId>, StoreError> {
        let mut unbound = Vec::new();
        for records in records.chunks(usize::from(PAGE)) {
            unbound.extend(self.store.unbound(env, records).await?);
        }
        Ok(unbound)
    }

    /// Looks at every customer of the env.
    async fn walk(
        &self,
        env: Env,
        rail: &dyn Rail,
        since: DateTime<Utc>,
        report: &mut DriftReport,
    ) -> Result<(), DriftError> {
        let mut after = None;
        loop {
            let page = self.store.tracked_customers(env, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.key);
            for customer in &page {
                report.add_standing(customer);
            }
            let recent: Vec<_> = page
                .iter()
                .filter(|customer| customer.key.customer.created_at() >= since)
                .collect();
            for customers in recent.chunks(AT_ONCE) {
                let compared = customers.iter().map(|customer| compare(rail, customer));
                let compared = try_join_all(compared).await?;
                for (customer, differences) in customers.iter().zip(compared) {
                    report.add_differences(customer.key.customer, differences);
                }
            }
        }
    }
}

impl DriftReport {
    fn add_standing(&mut self, customer: &TrackedCustomer) {
        let id = customer.key.customer;
        match (customer.is_reserved, &customer.rail_customer) {
            (true, _) => self.reservations_open.push(id),
            (false, None) => self.without_rail_id.push(id),
            (false, Some(_)) => {}
        }
        if customer.is_rail_customer_shared {
            self.rail_ids_used_twice.push(id);
        }
    }

    fn add_differences(&mut self, customer: CustomerId, differences: Differences) {
        if differences.open {
            self.contact_differs.push(customer);
        }
        if differences.accepted {
            self.accepted.push(customer);
        }
    }
}

/// Whether a customer's contact data differs, and whether the rail has refused to change that.
#[derive(Clone, Copy, Default)]
struct Differences {
    open: bool,
    accepted: bool,
}

async fn compare(rail: &dyn Rail, customer: &TrackedCustomer) -> Result<Differences, RailFailure> {
    let Some(id) = &customer.rail_customer else {
        return Ok(Differences::default());
    };
    let Some(record) = patiently(|| rail.customer(id, Urgency::Background)).await? else {
        return Ok(Differences {
            open: true,
            ..Differences::default()
        });
    };
    let differing = record.differing_contact(&customer.contact);
    Ok(Differences {
        open: differing
            .iter()
            .any(|field| !customer.refused.contains(field)),
        accepted: differing
            .iter()
            .any(|field| customer.refused.contains(field)),
    })
}

/// Makes a call, and again as often as it is put off.
async fn patiently<T, Answer>(call: impl Fn() -> Answer) -> Result<T, RailFailure>
where
    Answer: Future<Output = Result<T, RailFailure>>,
{
    for _ in 1..ATTEMPTS {
        match call().await {
            Err(RailFailure::Unavailable {
                retry_after: Some(wait),
                ..
            }) => sleep(wait.max(LEAST_PAUSE)).await,
            outcome => return outcome,
        }
    }
    call().await
}
