//! What the use cases need from the world.
//!
//! A port method is one step that happens wholly or not at all. There is no visible transaction and no repository of
//! rows: an adapter is free to write each step as one statement, or as one lock in memory.

mod access;
mod answers;
mod callback_inbox;
mod clock;
mod contact_sync;
mod customers;
mod documents;
mod drift;
mod kyc_files;
mod liquidity;
mod payment_routes;
mod payouts;
mod provisioning;
mod rail;
mod rail_accounts;
mod rail_callbacks;
mod rail_ids;
mod rail_kyc;
mod rail_payouts;
mod reconciliation;
mod retention;
mod reviews;
mod status_changes;
mod submissions;
mod swaps;
mod treasury_customers;
mod virtual_accounts;

pub use access::{ApiKeys, NewApiKey, Organisations, RevocationEpoch};
pub use answers::{Answers, Claimed, KeyState};
pub use callback_inbox::{CallbackInbox, KeptCallback};
pub use clock::Clock;
pub use contact_sync::{ContactSync, PendingChange};
pub use customers::{
    Amend, AmendOutcome, AmendmentBasis, AmendmentSubject, CustomerPage, CustomerPageRequest,
    CustomerQueries, Customers, EventPage, EventPageRequest, PageError, SearchText, folded,
};
pub use documents::{
    BrokenOff, ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError, PutDocumentError,
};
pub use drift::{CustomerKey, Drift, TrackedCustomer};
pub use kyc_files::{
    BeginUpload, BoundKey, FinishUpload, KycBasis, KycFiles, UPLOAD_ABANDONED, UPLOAD_DEADLINE,
    UPLOADS_AT_ONCE,
};
pub use liquidity::{
    Chain, ChainCurrencies, Corridor, Currency, LiquidityFailure, Market, MarketRate, Network,
    NextStep, RouteProvider, RouteSimulator, RouteUnserved, Simulator, SwapProvider, VmType,
};
pub use payment_routes::{DepositFilter, Deposits, Ledger, PaymentRoutes, Recorded, WaitingRoute};
pub use payouts::{
    InsertPayout, PayoutBasis, PayoutCustomer, PayoutJob, PayoutJobs, PayoutPage,
    PayoutPageRequest, PayoutQuestion, PayoutRelease, PayoutStage, Payouts,
};
pub use provisioning::{
    AbsenceClear, Lease, LeaseTerms, Provisioning, RecordOutcome, Reservation, Reserve, Reserved,
    Standing,
};
pub use rail::{
    Rail, RailContactChange, RailCustomer, RailFailure, RailField, RailPage, RailStatus, Urgency,
};
pub use rail_accounts::{RailAccount, RailAccounts};
pub use rail_callbacks::{PresentedCallback, RailCallbacks, RailNotice};
pub use rail_ids::{RailAccountId, RailCustomerId};
pub use rail_kyc::{RAIL_FILE_DEADLINE, RailContent, RailFileId, RailKyc, RailSubmission};
pub use rail_payouts::{PayoutRefusal, RailPayoutOrder, RailPayouts, SentPayout};
pub use reconciliation::Reconciliation;
pub use retention::Retention;
pub use reviews::{DueReview, Reviews};
pub use status_changes::{
    ChangeStatus, StatusBasis, StatusChanges, StatusHistory, TransitionOutcome,
};
pub use submissions::{NewSubmission, SubmissionJob, SubmissionJobs, Submissions, SubmittedFile};
pub use swaps::{Holders, SettlementJob, SettlementJobs, Swaps};
pub use treasury_customers::{CreateTreasuryCustomer, TreasuryCustomerQueries, TreasuryCustomers};
pub use virtual_accounts::{
    AccountBasis, AccountCustomer, AccountJob, AccountJobs, AccountPage, AccountPageRequest,
    AccountRelease, InsertAccount, VirtualAccounts,
};

/// A store could not do what was asked. The text names the fault, such as a constraint, and never holds data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached, is overloaded, or lost the connection. Whether the step happened may be unknown.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store answered with something that should be impossible.
    #[error("the store failed: {0}")]
    Defect(String),
}

/// The newest rows that match, and how many match in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// Newest first.
    pub rows: Vec<T>,
    /// All that match, also those left out.
    pub total: i64,
}

impl<T> Listing<T> {
    /// Nothing matches.
    pub const EMPTY: Self = Self {
        rows: Vec::new(),
        total: 0,
    };
}
