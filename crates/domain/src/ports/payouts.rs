use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{AbsenceClear, PageError, RailCustomerId, StoreError};
use crate::{
    customer::{CustomerHandle, Status},
    id::{CustomerId, EventId, PayoutId},
    idempotency::{Fingerprint, KeyClaim},
    money::MinorUnits,
    payout::{Payout, PayoutEnd, PayoutRequest, Recipient},
    tenant::{Env, Tenant},
    values::{CustomerReference, FiatCurrency, InteracEmail, MerchantReference},
};

/// The payouts of organisations.
#[async_trait]
pub trait Payouts: Send + Sync {
    /// All that judging a request for a payout needs, in one read.
    async fn payout_basis(
        &self,
        tenant: Tenant,
        question: PayoutQuestion<'_>,
        claim: &KeyClaim,
    ) -> Result<PayoutBasis, StoreError>;

    /// Stores a payout that is to be sent to the rail, binds the key, and keeps the customer from being closed meanwhile:
    /// all of it, or nothing. Nothing when somebody used the key or the merchant reference, or changed the customer since
    /// the basis was read: read it again.
    async fn insert_payout(
        &self,
        tenant: Tenant,
        insert: &InsertPayout<'_>,
    ) -> Result<Option<Payout>, StoreError>;

    /// Binds a key to a payout that was there. Answers whether the key was free.
    async fn bind_payout_key(
        &self,
        tenant: Tenant,
        payout: &Payout,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError>;

    /// One payout.
    async fn find_payout(&self, tenant: Tenant, id: PayoutId)
    -> Result<Option<Payout>, StoreError>;

    /// A page of payouts, newest first. An unknown customer has none.
    async fn payouts_page(
        &self,
        tenant: Tenant,
        request: &PayoutPageRequest,
    ) -> Result<PayoutPage, PageError>;
}

/// What is asked, besides what the key is bound to.
#[derive(Debug, Clone, Copy, Default)]
pub struct PayoutQuestion<'a> {
    /// How this customer stands.
    pub customer: Option<&'a CustomerHandle>,
    /// Which payout has this reference.
    pub merchant_reference: Option<&'a MerchantReference>,
}

impl<'a> From<&'a PayoutRequest> for PayoutQuestion<'a> {
    fn from(request: &'a PayoutRequest) -> Self {
        Self {
            customer: request.customer.as_ref(),
            merchant_reference: Some(&request.merchant_reference),
        }
    }
}

/// What a request for a payout is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutBasis {
    /// The customer, if the tenant has it.
    pub customer: Option<PayoutCustomer>,
    /// What the key is bound to, and the body that it was used with.
    pub bound: Option<(Fingerprint, Payout)>,
    /// The payout that has the merchant reference, and what was asked for.
    pub namesake: Option<(Fingerprint, Payout)>,
}

/// A customer on whose behalf a payout is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutCustomer {
    /// Which one.
    pub id: CustomerId,
    /// The organisation's own name for it.
    pub reference: CustomerReference,
    /// How far the rail's decision about it has come.
    pub status: Status,
    /// The Interac address that it was created with, held or not.
    pub own_address: Option<InteracEmail>,
    /// That address, while the customer holds it.
    pub held_address: Option<InteracEmail>,
}

/// A payout to be stored.
#[derive(Debug, Clone)]
pub struct InsertPayout<'a> {
    /// The id that it will have, here and at the rail.
    pub id: PayoutId,
    /// On whose behalf; has to be verified still, and, where the recipient is its own address, to hold that still.
    pub customer: &'a PayoutCustomer,
    /// What was asked for.
    pub request: &'a PayoutRequest,
    /// Who gets it.
    pub recipient: &'a Recipient,
    /// The hash of [`PayoutRequest::canonical`]: what tells a repetition from another use of the merchant reference.
    pub asked: Fingerprint,
    /// The caller's key.
    pub claim: &'a KeyClaim,
}

/// Which payouts to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutPageRequest {
    /// Only those of this customer.
    pub customer: Option<CustomerHandle>,
    /// At most so many, 1–100.
    pub limit: u8,
    /// Only payouts older than this one.
    pub after: Option<PayoutId>,
}

/// A page of payouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutPage {
    /// Newest first.
    pub payouts: Vec<Payout>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// Sending payouts and following them at the rail, shared among processes. Every payout that is processing is followed.
#[async_trait]
pub trait PayoutJobs: Send + Sync {
    /// Takes payouts of an env that are due, at most `limit`, under a lease on the store's clock. Each attempt puts the next
    /// one off for longer. No payout is given to two processes at once.
    async fn take_due_payouts(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<PayoutJob>, StoreError>;

    /// In how long the next payout of an env is due; nothing when none is.
    async fn next_due_payout(&self, env: Env) -> Result<Option<Duration>, StoreError>;

    /// How far the decision about the payout's customer has come by now. Payouts are sent for verified ones alone.
    async fn payout_customer(&self, job: &PayoutJob) -> Result<Status, StoreError>;

    /// Ends a payout that is processing, appends the event, and lets its customer be closed again: all
    /// of it, or nothing when the lease has passed to somebody else.
    async fn end_payout(
        &self,
        job: &PayoutJob,
        end: PayoutEnd,
        event: EventId,
    ) -> Result<bool, StoreError>;

    /// Gives the lease back with the payout as it is. Does nothing when the lease has passed to somebody else.
    async fn release_payout(
        &self,
        job: &PayoutJob,
        release: PayoutRelease,
    ) -> Result<(), StoreError>;

    /// Makes a payout that is processing due at once, also when somebody is looking after it. Answers whether there is
    /// such a payout.
    async fn hasten_payout(&self, env: Env, payout: PayoutId) -> Result<bool, StoreError>;
}

/// How the lease of a payout is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutRelease {
    /// The rail failed: the next attempt comes when it is due. Says when absence at the rail will be clear.
    Failed(AbsenceClear),
    /// Nobody knows yet whether the rail has it: somebody is to look again after this time.
    TooEarly(Duration),
    /// The rail has it, so it is never sent again. Somebody is to look again after this time.
    Taken(Duration),
}

/// A payout that is held under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutJob {
    /// Whose it is.
    pub tenant: Tenant,
    /// Which payout.
    pub payout: PayoutId,
    /// Its customer at the rail.
    pub rail_customer: RailCustomerId,
    /// In which currency.
    pub currency: FiatCurrency,
    /// What the recipient is to get.
    pub amount: MinorUnits,
    /// The organisation's own name for it.
    pub merchant_reference: MerchantReference,
    /// Who is to get it.
    pub recipient: Recipient,
    /// Where it stands towards the rail.
    pub stage: PayoutStage,
    /// Tells this holder of the lease from every other.
    pub lease: Uuid,
    /// How often somebody wanted it looked after at once.
    pub hastened: i32,
}

/// Where a payout stands towards the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutStage {
    /// Nothing was ever sent for it.
    Unsent,
    /// It may have been sent.
    Doubtful {
        /// How long from the grant until absence at the rail proves that it was not. Zero: at once.
        absence_clear_in: Duration,
    },
    /// The rail has it.
    Taken,
}
