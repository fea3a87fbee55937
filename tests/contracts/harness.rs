//! What the cases are written against.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use vouch_application::ids::IdMint;
use vouch_domain::{
    customer::{ContactField, CustomerHandle, CustomerSummary, NewCustomer, Status},
    id::{CustomerId, EventId},
    idempotency::KeyClaim,
    ports::{
        AbsenceClear, AccountJobs, Answers, ApiKeys, CallbackInbox, ContactSync, CustomerQueries,
        Customers, Deposits, Drift, Holders, KycFiles, Lease, LeaseTerms, Ledger, Organisations,
        PaymentRoutes, PayoutJobs, Payouts, Provisioning, RailCustomerId, Reconciliation,
        RecordOutcome, Reservation, Reserve, Reserved, Retention, Reviews, SettlementJobs,
        Standing, StatusChanges, StatusHistory, SubmissionJobs, Submissions, Swaps,
        TreasuryCustomerQueries, TreasuryCustomers, VirtualAccounts,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{InMemory, TestDatabase, ids, individual, new_tenant, unique_claim};

/// Leases of all cases: long enough never to expire by themselves.
pub(crate) const TERMS: LeaseTerms = LeaseTerms {
    look_up: Duration::from_secs(30),
    create: Duration::from_secs(100),
    settle: Duration::from_secs(300),
};

/// Every storage port.
pub(crate) trait Ports:
    Provisioning
    + Reconciliation
    + Answers
    + TreasuryCustomers
    + Holders
    + Swaps
    + SettlementJobs
    + PaymentRoutes
    + Deposits
    + Ledger
    + Customers
    + CustomerQueries
    + ContactSync
    + Drift
    + ApiKeys
    + Organisations
    + Retention
    + StatusChanges
    + StatusHistory
    + Reviews
    + CallbackInbox
    + KycFiles
    + Submissions
    + SubmissionJobs
    + TreasuryCustomerQueries
    + VirtualAccounts
    + AccountJobs
    + Payouts
    + PayoutJobs
    + Clone
    + 'static
{
}
impl Ports for InMemory {}
impl Ports for vouch_postgres::Store {}

/// An adapter under test, empty, and what tests can do to it that no port can.
#[async_trait]
pub(crate) trait Adapter: Sized + Send + Sync {
    type Store: Ports;

    async fn fresh() -> Self;
    fn store(&self) -> &Self::Store;
    /// Lets time pass for all leases that exist.
    async fn advance(&self, by: Duration);
    /// Moves a customer to a status.
    async fn set_status(&self, tenant: Tenant, customer: CustomerId, status: Status);
    /// The changed fields that the rail refused.
    async fn refused_fields(&self, tenant: Tenant, customer: CustomerId) -> Vec<ContactField>;
}

#[async_trait]
impl Adapter for InMemory {
    type Store = Self;

    async fn fresh() -> Self {
        Self::default()
    }

    fn store(&self) -> &Self {
        self
    }

    async fn advance(&self, by: Duration) {
        Self::advance(self, by);
    }

    async fn set_status(&self, tenant: Tenant, customer: CustomerId, status: Status) {
        Self::set_status(self, tenant, customer, status);
    }

    async fn refused_fields(&self, tenant: Tenant, customer: CustomerId) -> Vec<ContactField> {
        Self::refused_fields(self, tenant, customer)
    }
}

/// Every time that is compared with the database's clock: to let time pass is to move them back.
const LEASE_CLOCK: [(&str, &str); 24] = [
    ("upload_attempts", "begun_at"),
    ("kyc_jobs", "leased_until"),
    ("kyc_jobs", "due_at"),
    ("reservations", "leased_until"),
    ("reservations", "absence_clear_at"),
    ("reservations", "next_attempt_at"),
    ("contact_changes", "leased_until"),
    ("contact_changes", "next_attempt_at"),
    ("idempotency_keys", "bound_at"),
    ("swap_jobs", "leased_until"),
    ("swap_jobs", "due_at"),
    ("idempotency_keys", "leased_until"),
    ("virtual_accounts", "leased_until"),
    ("virtual_accounts", "absence_clear_at"),
    ("virtual_accounts", "due_at"),
    ("payouts", "leased_until"),
    ("payouts", "absence_clear_at"),
    ("payouts", "due_at"),
    ("reviews", "next_look_at"),
    ("reviews", "leased_until"),
    ("rail_callbacks", "received_at"),
    ("rail_callbacks", "ended_at"),
    ("rail_callbacks", "next_attempt_at"),
    ("rail_callbacks", "leased_until"),
];

#[async_trait]
impl Adapter for TestDatabase {
    type Store = vouch_postgres::Store;

    async fn fresh() -> Self {
        Self::new().await
    }

    fn store(&self) -> &Self::Store {
        &self.store
    }

    async fn advance(&self, by: Duration) {
        let client = self.client().await;
        for (table, column) in LEASE_CLOCK {
            let sql = format!("UPDATE {table} SET {column} = {column} - $1 * interval '1 second'");
            client
                .execute(&sql, &[&by.as_secs_f64()])
                .await
                .expect("moved times");
        }
    }

    async fn set_status(&self, tenant: Tenant, customer: CustomerId, status: Status) {
        let sql =
            "UPDATE customers SET status = $4 WHERE organisation_id = $1 AND env = $2 AND id = $3";
        let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
        let changed = self
            .client()
            .await
            .execute(
                sql,
                &[&organisation, &env, &customer.uuid(), &status.as_str()],
            )
            .await;
        assert_eq!(changed.expect("a changed status"), 1);
    }

    async fn refused_fields(&self, tenant: Tenant, customer: CustomerId) -> Vec<ContactField> {
        let sql = "SELECT field FROM refused_changes WHERE organisation_id = $1 AND env = $2 AND customer_id = $3";
        let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
        let rows = self
            .client()
            .await
            .query(sql, &[&organisation, &env, &customer.uuid()])
            .await
            .expect("the refused fields");
        let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let is_refused = |field: &ContactField| names.iter().any(|name| name == field.name());
        ContactField::ALL.into_iter().filter(is_refused).collect()
    }
}

/// An adapter with one tenant in it.
pub(crate) struct World<A: Adapter> {
    pub(crate) adapter: A,
    pub(crate) ids: Arc<IdMint>,
    pub(crate) tenant: Tenant,
}

impl<A: Adapter> World<A> {
    pub(crate) async fn new() -> Self {
        let adapter = A::fresh().await;
        let ids = ids();
        Self {
            tenant: new_tenant(adapter.store(), &ids, Env::Test).await,
            adapter,
            ids,
        }
    }

    pub(crate) fn store(&self) -> &A::Store {
        self.adapter.store()
    }

    /// Another organisation.
    pub(crate) async fn new_tenant(&self, env: Env) -> Tenant {
        new_tenant(self.store(), &self.ids, env).await
    }

    pub(crate) fn request<'a>(
        &self,
        customer: &'a NewCustomer,
        claim: &'a KeyClaim,
    ) -> Reserve<'a> {
        Reserve {
            id: self.ids.mint(),
            customer,
            claim,
            terms: TERMS,
        }
    }

    pub(crate) async fn reserve(&self, customer: &NewCustomer, claim: &KeyClaim) -> Reserved {
        let request = self.request(customer, claim);
        self.store()
            .reserve(self.tenant, &request)
            .await
            .expect("an answer")
    }

    /// A reservation that has to be granted.
    pub(crate) async fn granted(&self, customer: &NewCustomer, claim: &KeyClaim) -> Reservation {
        self.granted_in(self.tenant, customer, claim).await
    }

    pub(crate) async fn granted_in(
        &self,
        tenant: Tenant,
        customer: &NewCustomer,
        claim: &KeyClaim,
    ) -> Reservation {
        let request = self.request(customer, claim);
        let reserved = self
            .store()
            .reserve(tenant, &request)
            .await
            .expect("an answer");
        let Reserved::Granted(lease) = reserved else {
            panic!("not granted: {reserved:?}");
        };
        Reservation {
            tenant,
            id: request.id,
            customer: customer.clone(),
            lease,
        }
    }

    /// How a request stands that may not be granted.
    pub(crate) async fn stands(&self, customer: &NewCustomer, claim: &KeyClaim) -> Standing {
        match self.reserve(customer, claim).await {
            Reserved::Stands(standing) => standing,
            Reserved::Granted(lease) => panic!("granted: {lease:?}"),
        }
    }

    /// A request that has to take a reservation over.
    pub(crate) async fn resumed(&self, customer: &NewCustomer, claim: &KeyClaim) -> Reservation {
        match self.stands(customer, claim).await {
            Standing::Resumed(reservation) => *reservation,
            other => panic!("not resumed: {other:?}"),
        }
    }

    /// How a request stands, without reserving anything.
    pub(crate) async fn standing(
        &self,
        customer: &NewCustomer,
        claim: &KeyClaim,
    ) -> Option<Standing> {
        let request = self.request(customer, claim);
        self.store()
            .standing(self.tenant, &request)
            .await
            .expect("an answer")
    }

    pub(crate) async fn key_standing(&self, claim: &KeyClaim) -> Option<Standing> {
        self.store()
            .key_standing(self.tenant, claim, TERMS)
            .await
            .expect("an answer")
    }

    pub(crate) async fn record(
        &self,
        reservation: &Reservation,
        rail: &RailCustomerId,
    ) -> RecordOutcome {
        let event: EventId = self.ids.mint();
        self.store()
            .record_provisioned(reservation, rail, event, true)
            .await
            .expect("an answer")
    }

    /// A recording that has to succeed, under a rail id of its own.
    pub(crate) async fn recorded(&self, reservation: &Reservation) -> CustomerSummary {
        match self
            .record(reservation, &rail_id(&reservation.id.to_string()))
            .await
        {
            RecordOutcome::Recorded(summary) => summary,
            other => panic!("not recorded: {other:?}"),
        }
    }

    /// A customer that exists.
    pub(crate) async fn exists(&self, customer: &NewCustomer) -> CustomerSummary {
        self.exists_in(self.tenant, customer).await
    }

    pub(crate) async fn exists_in(
        &self,
        tenant: Tenant,
        customer: &NewCustomer,
    ) -> CustomerSummary {
        let reservation = self.granted_in(tenant, customer, &unique_claim()).await;
        self.recorded(&reservation).await
    }

    /// So many customers that exist, oldest first.
    pub(crate) async fn customers(&self, count: usize) -> Vec<CustomerSummary> {
        let mut made = Vec::new();
        for _ in 0..count {
            made.push(self.exists(&individual()).await);
        }
        made
    }

    pub(crate) async fn find(&self, handle: &CustomerHandle) -> Option<CustomerSummary> {
        self.store()
            .find(self.tenant, handle)
            .await
            .expect("an answer")
    }

    /// The number of the last event that bore on the customer's status, as whoever judges a change now reads it.
    pub(crate) async fn status_event(&self, customer: CustomerId) -> i32 {
        let handle = CustomerHandle::Id(customer);
        let basis = self.store().status_basis(self.tenant, &handle, None).await;
        basis.expect("an answer").expect("a customer").status_event
    }

    pub(crate) async fn release(&self, reservation: &Reservation, absence: AbsenceClear) {
        Provisioning::release(self.store(), reservation, absence)
            .await
            .expect("an answer");
    }

    /// Answers whether the reservation was still this one's to abandon.
    pub(crate) async fn abandon(&self, reservation: &Reservation) -> bool {
        self.store().abandon(reservation).await.expect("an answer")
    }

    /// Lets every lease that exists expire.
    pub(crate) async fn expire_leases(&self) {
        self.adapter
            .advance(TERMS.lease() + Duration::from_secs(1))
            .await;
    }
}

pub(crate) fn rail_id(text: &str) -> RailCustomerId {
    RailCustomerId::parse(text).expect("a rail id")
}

pub(crate) fn by_id(customer: &CustomerSummary) -> CustomerHandle {
    CustomerHandle::Id(customer.id)
}

pub(crate) fn by_reference(customer: &CustomerSummary) -> CustomerHandle {
    CustomerHandle::Reference(customer.reference.clone())
}

/// Whether a doubt is what it should be. Real time passes for PostgreSQL, so a little may be gone.
pub(crate) fn assert_doubt(lease: Lease, expected: Duration) {
    let doubt = lease.absence_clear_in;
    let slack = Duration::from_secs(20);
    assert!(
        doubt <= expected && doubt + slack >= expected,
        "{doubt:?} instead of {expected:?}"
    );
}

/// The fields as an amendment names them.
pub(crate) const EMAIL_ONLY: &[ContactField] = &[ContactField::Email];

/// Runs cases, functions that take a [`World`], against every adapter.
macro_rules! contract {
    ($($case:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&crate::harness::World::<vouch_testkit::InMemory>::new().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&crate::harness::World::<vouch_testkit::TestDatabase>::new().await).await;
            })*
        }
    };
}
pub(crate) use contract;
