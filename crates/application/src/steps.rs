//! The steps of a provisioning, a submission, a decision, a swap, a payout and a virtual account, as points at which a test may stop the
//! process.
//!
//! Nothing listens by default. The promise that no fault makes two customers, or pays out twice, is only as good as the
//! moments at which a process was really killed, and the interesting moments are too short to be hit by chance.

use std::sync::OnceLock;

/// A moment in the course of a provisioning, a submission, a decision, a swap, a payout or a virtual account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The reservation is stored; nothing was sent.
    Reserved,
    /// An expired lease was taken over; nothing was looked up.
    TakenOver,
    /// The create is about to be sent.
    Sending,
    /// The rail has answered that the customer is created; nothing is recorded.
    Created,
    /// A record at the rail fits and is about to be bound.
    Adopting,
    /// The success is recorded; nobody was told.
    Recorded,
    /// The rail refused; nothing is abandoned.
    Refused,
    /// The reservation is to be kept; the lease is not given back.
    Leaving,
    /// A callback of the rail is kept; it was not answered, and nobody has read it.
    CallbackKept,
    /// What the rail has decided is applied; the review goes on for all that the store knows.
    DecisionApplied,
    /// The provider has taken the order of a swap; nothing is stored.
    SwapOpened,
    /// The swap and its answer are stored; nobody was told.
    SwapStored,
    /// The deposit of a swap is recorded; nothing was exchanged.
    DepositRecorded,
    /// The exchange of a swap is recorded as begun; nothing was paid out.
    SwapBegun,
    /// A final status of a swap is recorded; nobody was told.
    SwapSettled,
    /// The bytes of a file are stored whole; the file does not know.
    UploadStored,
    /// The rail has the bytes of a file; nothing is recorded.
    FileSent,
    /// It is recorded that a review may begin; what begins it is not sent.
    ReviewStarting,
    /// The rail has a submission; nothing is recorded.
    ReviewStarted,
    /// A payout is stored; nobody was told.
    PayoutStored,
    /// The lease of a payout was taken; nothing was looked up or sent.
    PayoutTaken,
    /// A payout is about to be sent.
    PayoutSending,
    /// The rail has answered the order of a payout, or failed; nothing is recorded.
    PayoutSent,
    /// What follows for a payout is known; nothing is recorded.
    PayoutJudged,
    /// The end of a payout is recorded; nobody was told.
    PayoutEnded,
    /// The rail has answered the order of a virtual account, or failed; nothing is recorded.
    AccountOrdered,
    /// What follows for a virtual account is known; nothing is recorded.
    AccountJudged,
    /// The rail's id of a virtual account is recorded; its state is not.
    AccountBound,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::Reserved,
        Self::TakenOver,
        Self::Sending,
        Self::Created,
        Self::Adopting,
        Self::Recorded,
        Self::Refused,
        Self::Leaving,
        Self::CallbackKept,
        Self::DecisionApplied,
        Self::SwapOpened,
        Self::SwapStored,
        Self::DepositRecorded,
        Self::SwapBegun,
        Self::SwapSettled,
        Self::UploadStored,
        Self::FileSent,
        Self::ReviewStarting,
        Self::ReviewStarted,
        Self::PayoutStored,
        Self::PayoutTaken,
        Self::PayoutSending,
        Self::PayoutSent,
        Self::PayoutJudged,
        Self::PayoutEnded,
        Self::AccountOrdered,
        Self::AccountJudged,
        Self::AccountBound,
    ];

    /// The step's name in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::TakenOver => "taken_over",
            Self::Sending => "sending",
            Self::Created => "created",
            Self::Adopting => "adopting",
            Self::Recorded => "recorded",
            Self::Refused => "refused",
            Self::Leaving => "leaving",
            Self::CallbackKept => "callback_kept",
            Self::DecisionApplied => "decision_applied",
            Self::SwapOpened => "swap_opened",
            Self::SwapStored => "swap_stored",
            Self::DepositRecorded => "deposit_recorded",
            Self::SwapBegun => "swap_begun",
            Self::SwapSettled => "swap_settled",
            Self::UploadStored => "upload_stored",
            Self::FileSent => "file_sent",
            Self::ReviewStarting => "review_starting",
            Self::ReviewStarted => "review_started",
            Self::PayoutStored => "payout_stored",
            Self::PayoutTaken => "payout_taken",
            Self::PayoutSending => "payout_sending",
            Self::PayoutSent => "payout_sent",
            Self::PayoutJudged => "payout_judged",
            Self::PayoutEnded => "payout_ended",
            Self::AccountOrdered => "account_ordered",
            Self::AccountJudged => "account_judged",
            Self::AccountBound => "account_bound",
        }
    }
}

type Listener = Box<dyn Fn(Step) + Send + Sync>;

static LISTENER: OnceLock<Listener> = OnceLock::new();

/// Has every step of this process told to `listener`. Only the first listener counts.
pub fn listen(listener: impl Fn(Step) + Send + Sync + 'static) {
    let _ = LISTENER.set(Box::new(listener));
}

/// Passes a step.
pub(crate) fn pass(step: Step) {
    if let Some(listener) = LISTENER.get() {
        listener(step);
    }
}
