//! The storage ports in memory: one lock, simple maps, and a lease clock that moves only when told.

mod access;
mod answers;
mod callback_inbox;
mod contact_sync;
mod customers;
mod deposits;
mod drift;
mod kyc_files;
mod ledger;
mod money;
mod payment_routes;
mod payouts;
mod provisioning;
mod queries;
mod reconciliation;
mod retention;
mod reviews;
mod status_changes;
mod submissions;
mod swaps;
mod treasury_customers;
mod virtual_accounts;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::sleep;
use uuid::Uuid;
use vouch_domain::{
    access::{Contract, Organisation},
    customer::{
        ContactField, Customer, CustomerHandle, CustomerSummary, Status, TreasuryCustomer, Version,
    },
    event::Event,
    id::{
        CustomerId, DepositId, OrganisationId, PaymentRouteId, PayoutId, SwapId, VirtualAccountId,
    },
    idempotency::{Fingerprint, IdempotencyKey, KeptAnswer, KeyClaim},
    payment_route::{Deposit, PaymentRoute},
    ports::{NewApiKey, RailCustomerId, StoreError},
    tenant::{Env, Tenant},
};

/// Every storage port. Clones share one state, like processes that share a database.
#[derive(Clone, Default)]
pub struct InMemory {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The time on the lease clock.
    now: Duration,
    organisations: BTreeMap<OrganisationId, Organisation>,
    api_keys: Vec<NewApiKey>,
    epoch: i64,
    customers: HashMap<Tenant, BTreeMap<CustomerId, Record>>,
    /// Customers that the Treasury API made.
    treasury: HashMap<Tenant, BTreeMap<CustomerId, TreasuryRecord>>,
    primaries: HashMap<Tenant, CustomerId>,
    payment_routes: HashMap<Tenant, BTreeMap<PaymentRouteId, PaymentRoute>>,
    deposits: HashMap<Tenant, BTreeMap<DepositId, Deposit>>,
    /// Keys bound to customers.
    keys: HashMap<KeyIdentity, Bound>,
    /// Keys claimed for answers, or bound to them.
    answers: HashMap<KeyIdentity, AnswerKey>,
    swaps: HashMap<(Tenant, SwapId), swaps::SwapRecord>,
    files: kyc_files::Files,
    submissions: submissions::SubmissionRecords,
    accounts: HashMap<Tenant, BTreeMap<VirtualAccountId, virtual_accounts::AccountRecord>>,
    payouts: HashMap<Tenant, BTreeMap<PayoutId, payouts::PayoutRecord>>,
    history: HashMap<(Tenant, CustomerId), Vec<status_changes::Noted>>,
    reviews: HashMap<(Tenant, CustomerId), reviews::Review>,
    callbacks: BTreeMap<(Env, [u8; 32]), callback_inbox::Callback>,
    /// While set, every call fails with it, so much later.
    failure: Option<(Duration, StoreError)>,
}

/// A customer, visible or reserved.
struct Record {
    customer: Customer,
    stage: Stage,
    /// Whether its one 201 was given away.
    answered: bool,
    events: Vec<Event>,
    pending: Option<Pending>,
    /// Changed fields that the rail refused.
    refused: BTreeSet<ContactField>,
    /// Whether it holds its Interac e-mail, if it has one.
    holds_address: bool,
}

/// A customer without an identity.
struct TreasuryRecord {
    customer: TreasuryCustomer,
    /// As the Remittance API sees it.
    summary: CustomerSummary,
    events: Vec<Event>,
}

/// What the Remittance API sees of a customer, whoever made it.
struct Seen<'a> {
    summary: &'a CustomerSummary,
    display_name: String,
    events: &'a [Event],
}

/// A key of the Treasury API.
struct AnswerKey {
    fingerprint: Fingerprint,
    subject: Uuid,
    /// When the subject was given, or the answer kept.
    bound_at: Duration,
    state: AnswerState,
}

enum AnswerState {
    Leased { token: Uuid, until: Duration },
    Kept(KeptAnswer),
}

/// Contact data that the rail is to be told.
struct Pending {
    fields: BTreeSet<ContactField>,
    version: Version,
    token: Option<Uuid>,
    leased_until: Duration,
    retry: Retry,
}

/// When background work may be tried, and how often it was.
#[derive(Clone, Copy)]
struct Retry {
    attempts: u32,
    next_at: Duration,
}

impl Retry {
    fn at_once(now: Duration) -> Self {
        Self {
            attempts: 0,
            next_at: now,
        }
    }

    /// Puts the next attempt off, twice as long each time, up to this limit.
    fn put_off(&mut self, now: Duration, longest: Duration) {
        self.next_at = now + Duration::from_secs(1 << self.attempts.min(10)).min(longest);
        self.attempts += 1;
    }
}

enum Stage {
    Reserved(OpenLease),
    Provisioned(RailCustomerId),
}

struct OpenLease {
    token: Uuid,
    leased_until: Duration,
    absence_clear_at: Duration,
    retry: Retry,
}

type KeyIdentity = (Tenant, Contract, String, IdempotencyKey);

#[derive(Clone, Copy)]
struct Bound {
    fingerprint: Fingerprint,
    customer: CustomerId,
    /// What else the request made.
    subject: Option<Uuid>,
    bound_at: Duration,
}

impl InMemory {
    /// Lets so much time pass on the lease clock.
    pub fn advance(&self, by: Duration) {
        self.state.lock().unwrap().now += by;
    }

    /// Lets every call fail with this, or, with nothing, succeed again.
    pub fn fail_with(&self, failure: Option<StoreError>) {
        self.state.lock().unwrap().failure = failure.map(|failure| (Duration::ZERO, failure));
    }

    /// Lets every call fail with this, after so much time.
    pub fn fail_slowly_with(&self, after: Duration, failure: StoreError) {
        self.state.lock().unwrap().failure = Some((after, failure));
    }

    /// Moves a customer to a status, as if it had always been there.
    pub fn set_status(&self, tenant: Tenant, customer: CustomerId, status: Status) {
        let mut state = self.state.lock().unwrap();
        let record = state
            .records_mut(tenant)
            .get_mut(&customer)
            .expect("a customer");
        record.customer.summary.status = status;
        state.follow_customer(tenant, customer, status, None);
        state.end_accounts(tenant, customer, status);
    }

    /// The changed fields of a customer that the rail refused, which no port shows yet.
    #[must_use]
    pub fn refused_fields(&self, tenant: Tenant, customer: CustomerId) -> Vec<ContactField> {
        let mut state = self.state.lock().unwrap();
        let record = state
            .records_mut(tenant)
            .get(&customer)
            .expect("a customer");
        record.refused.iter().copied().collect()
    }

    async fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let failure = self.state.lock().unwrap().failure.clone();
        let Some((after, failure)) = failure else {
            return Ok(self.state.lock().unwrap());
        };
        sleep(after).await;
        Err(failure)
    }
}

impl State {
    fn records_mut(&mut self, tenant: Tenant) -> &mut BTreeMap<CustomerId, Record> {
        self.customers.entry(tenant).or_default()
    }

    fn records(&self, tenant: Tenant) -> impl DoubleEndedIterator<Item = &Record> {
        self.customers
            .get(&tenant)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// Customers of the tenant that exist for the Remittance API, oldest first.
    fn visible(&self, tenant: Tenant) -> Vec<Seen<'_>> {
        let is_visible = |record: &&Record| matches!(record.stage, Stage::Provisioned(_));
        let known = self.records(tenant).filter(is_visible).map(Seen::known);
        let treasury = self.treasury.get(&tenant).into_iter();
        let treasury = treasury.flat_map(BTreeMap::values).map(Seen::treasury);
        let mut seen: Vec<_> = known.chain(treasury).collect();
        seen.sort_by_key(|customer| customer.summary.id);
        seen
    }

    fn find(&self, tenant: Tenant, handle: &CustomerHandle) -> Option<Seen<'_>> {
        let mut visible = self.visible(tenant).into_iter();
        visible.find(|customer| match handle {
            CustomerHandle::Id(id) => customer.summary.id == *id,
            CustomerHandle::Reference(reference) => customer.summary.reference == *reference,
        })
    }

    fn bound(&self, tenant: Tenant, claim: &KeyClaim) -> Option<Bound> {
        self.keys.get(&key_identity(tenant, claim)).copied()
    }

    fn bound_mut(&mut self, tenant: Tenant, claim: &KeyClaim) -> &mut Bound {
        let bound = self.keys.get_mut(&key_identity(tenant, claim));
        bound.expect("a bound key")
    }

    /// Binds a key, unless it is bound.
    fn bind(&mut self, tenant: Tenant, claim: &KeyClaim, customer: CustomerId) {
        let bound = Bound {
            fingerprint: claim.fingerprint,
            customer,
            subject: None,
            bound_at: self.now,
        };
        self.keys
            .entry(key_identity(tenant, claim))
            .or_insert(bound);
    }

    /// Binds a key to what belongs to a customer, unless it is bound. Answers whether it was free.
    fn bind_to(
        &mut self,
        tenant: Tenant,
        claim: &KeyClaim,
        customer: CustomerId,
        subject: Uuid,
    ) -> bool {
        let is_free = self.bound(tenant, claim).is_none();
        if is_free {
            let bound = Bound {
                fingerprint: claim.fingerprint,
                customer,
                subject: Some(subject),
                bound_at: self.now,
            };
            self.keys.insert(key_identity(tenant, claim), bound);
        }
        is_free
    }
}

impl<'a> Seen<'a> {
    fn known(record: &'a Record) -> Self {
        Self {
            summary: &record.customer.summary,
            display_name: record.customer.identity.name.display(),
            events: &record.events,
        }
    }

    fn treasury(record: &'a TreasuryRecord) -> Self {
        Self {
            summary: &record.summary,
            display_name: record.customer.name.as_str().to_owned(),
            events: &record.events,
        }
    }
}

fn key_identity(tenant: Tenant, claim: &KeyClaim) -> KeyIdentity {
    (
        tenant,
        claim.contract,
        claim.operation.scope(),
        claim.key.clone(),
    )
}
