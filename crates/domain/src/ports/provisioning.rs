use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{RailCustomerId, StoreError};
use crate::{
    customer::{CustomerSummary, IdentityField, NewCustomer},
    id::{CustomerId, EventId},
    idempotency::KeyClaim,
    tenant::Tenant,
};

/// Making a customer exactly once: reserve it here, create it at the rail, record the outcome.
///
/// A reservation is a customer that nobody can see yet. Its holder has a lease on the store's clock; whoever finds an
/// expired lease may take the reservation over. All that could make two of something is a constraint of the store.
#[async_trait]
pub trait Provisioning: Send + Sync {
    /// Binds the key, reserves reference, person and Interac e-mail, and takes the lease: all of it, or nothing. If
    /// anything was taken, says how the request stands instead.
    async fn reserve(&self, tenant: Tenant, reserve: &Reserve<'_>) -> Result<Reserved, StoreError>;

    /// How a request stands that could not reserve, without another attempt to. Nothing when no obstacle is left.
    async fn standing(
        &self,
        tenant: Tenant,
        reserve: &Reserve<'_>,
    ) -> Result<Option<Standing>, StoreError>;

    /// How a key stands, whatever its body asks for. Nothing when the key is unbound.
    async fn key_standing(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        terms: LeaseTerms,
    ) -> Result<Option<Standing>, StoreError>;

    /// Ends a reservation well: binds the rail's customer, makes the customer visible as pending, and appends
    /// `customer_created`. With `answered`, the one 201 is given away in the same step. Repeated with the same event, as
    /// after a lost answer, it changes nothing and answers as at first.
    async fn record_provisioned(
        &self,
        reservation: &Reservation,
        rail_customer: &RailCustomerId,
        event: EventId,
        answered: bool,
    ) -> Result<RecordOutcome, StoreError>;

    /// Ends a reservation because the rail refused: reference, person, Interac e-mail and every key are free again.
    /// Answers whether it did: it does nothing when the lease has passed to somebody else.
    async fn abandon(&self, reservation: &Reservation) -> Result<bool, StoreError>;

    /// Gives the lease back with the reservation still open, so that the next attempt need not wait for its end.
    /// Does nothing when the lease has passed to somebody else.
    async fn release(
        &self,
        reservation: &Reservation,
        absence: AbsenceClear,
    ) -> Result<(), StoreError>;

    /// Claims the one 201 of a customer. Answers true to exactly one claimant.
    async fn claim_creation_answer(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<bool, StoreError>;
}

/// A request for a reservation.
#[derive(Debug, Clone)]
pub struct Reserve<'a> {
    /// The id that the customer will have; its millisecond is the moment of reservation.
    pub id: CustomerId,
    /// Who is to be made.
    pub customer: &'a NewCustomer,
    /// The caller's key.
    pub claim: &'a KeyClaim,
    /// How long the lease is to last.
    pub terms: LeaseTerms,
}

/// How long the steps of a provisioning may take; a lease covers them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// The deadline of a look-up at the rail.
    pub look_up: Duration,
    /// The deadline of a create at the rail.
    pub create: Duration,
    /// How long after the end of an unclear create the rail may still commit it.
    pub settle: Duration,
}

impl LeaseTerms {
    /// A lease that has ended when it begins.
    pub const NONE: Self = Self {
        look_up: Duration::ZERO,
        create: Duration::ZERO,
        settle: Duration::ZERO,
    };

    /// The whole lease.
    #[must_use]
    pub fn lease(self) -> Duration {
        self.look_up + self.create + self.settle
    }

    /// What must be left of a lease for a create to be sent: if the process dies with the create under way, then at
    /// the end of the lease the rail has long decided.
    #[must_use]
    pub fn needed_for_create(self) -> Duration {
        self.create + self.settle
    }
}

/// The right to work on a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Tells this holder from every other.
    pub token: Uuid,
    /// How long from the grant until absence at the rail proves that nothing was created. Zero: at once.
    pub absence_clear_in: Duration,
}

/// An open reservation, held under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Whose it is.
    pub tenant: Tenant,
    /// The id that the customer will have.
    pub id: CustomerId,
    /// Who is to be made.
    pub customer: NewCustomer,
    /// The right to work on it.
    pub lease: Lease,
}

/// What became of a request for a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// It holds a new reservation; nothing was sent to the rail for it yet.
    Granted(Lease),
    /// Something it asks for is taken, and nothing was reserved.
    Stands(Standing),
}

/// How a request to create a customer stands that could not simply reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It took over an open reservation, for which something may have been sent to the rail.
    Resumed(Box<Reservation>),
    /// The customer exists: made under the same key, or under the same reference by the same identity.
    Exists {
        /// As it is now.
        customer: CustomerSummary,
        /// Whether the key found it (a replay), or only the reference.
        by_key: bool,
        /// Whether its one 201 was given.
        answered: bool,
    },
    /// The key was used with another body.
    KeyConflict,
    /// Somebody works on the same key or reference right now.
    InProgress,
    /// The reference belongs to another identity.
    ReferenceTaken {
        /// The customer that has it; none while it is a mere reservation.
        customer: Option<CustomerId>,
        /// In which fields the two differ.
        differing: Vec<IdentityField>,
    },
    /// Somebody, perhaps another organisation, has a reservation open for the same person.
    PersonBusy,
    /// Another customer of the tenant holds the Interac e-mail.
    InteracEmailTaken,
}

/// When absence at the rail will prove that an attempt created nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsenceClear {
    /// At once: nothing was sent, or the rail itself answered.
    Now,
    /// After this time: the rail may still commit what was sent.
    After(Duration),
    /// As it was when the lease was granted: nothing more was sent.
    AsBefore,
}

/// How the recording of a success ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// The customer is provisioned.
    Recorded(CustomerSummary),
    /// The rail's customer is bound to another customer of the env: it is not ours.
    RailCustomerTaken,
    /// The lease has passed to somebody else, who finds the rail's customer by looking.
    LeaseLost,
}
