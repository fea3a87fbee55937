//! What the caller can choose.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

/// Tells the time to everything in the sandbox that looks at a clock; a test passes its own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What happens to a second individual with the e-mail or identity document of an earlier one.
///
/// The vendor documents neither, so a client has to cope with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// A second record is created.
    Accept,
    /// The call is refused with 422.
    Refuse,
}

/// Whether an individual may be identified by `id_card`. The vendor withdrew national identity cards in 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NationalIds {
    /// `id_card` is a valid `id_type`.
    Accept,
    /// `id_card` is refused with 422.
    Refuse,
}

/// Whether a business needs owners before it can be submitted. The vendor requires them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    /// A formation document is enough.
    Optional,
    /// Without owners whose shares make up 100 %, a submission is refused with 422.
    Required,
}

/// Whether a virtual bank account needs the customer's whole address and a long-lived identity document. The vendor
/// requires them, outside NGN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountDetails {
    /// Being verified is enough.
    Optional,
    /// A create is refused with 422, naming what is missing.
    Required,
}

/// What happens to a payout with the merchant reference of an earlier one. The vendor refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatedPayouts {
    /// It is carried out, too: only the platform's own care keeps it from paying twice.
    Accept,
    /// The call is refused with 422.
    Refuse,
}

/// How to run one sandbox rail.
#[derive(Clone)]
pub struct Options {
    /// Address to listen on. Port 0 lets the operating system choose.
    pub listen: SocketAddr,
    /// Folder of the state, created when missing and locked while the sandbox runs.
    pub data_dir: PathBuf,
    /// The only API key that is accepted.
    pub api_key: String,
    /// The only OAuth client that is accepted.
    pub client_id: String,
    /// Secret of that client.
    pub client_secret: String,
    /// Life of an access token, told to clients in whole seconds.
    pub token_life: Duration,
    /// What happens to duplicate individuals.
    pub individual_duplicates: Duplicates,
    /// Whether `id_card` identifies an individual.
    pub national_ids: NationalIds,
    /// Whether a business needs owners.
    pub owners: Owners,
    /// Whether a virtual bank account needs the customer's whole data.
    pub account_details: AccountDetails,
    /// What happens to payouts whose merchant reference was used.
    pub repeated_payouts: RepeatedPayouts,
    /// How long the rail takes to decide about a submission, to activate a virtual bank account and to complete a
    /// payout.
    pub decision_delay: Duration,
    /// How long after it was submitted the review of a customer that was rejected begins; until then it shows as rejected.
    pub resubmission_delay: Duration,
    /// How long after its first failure a delivery is tried again. Later pauses double. The vendor waits 5 minutes.
    pub first_retry: Duration,
    /// How long the first create for an address that ends in `+railslow` takes.
    pub slow_answer: Duration,
    /// The time.
    pub clock: Clock,
}

impl Options {
    /// The defaults: a loopback port the operating system chooses, API key `sandbox-key`, OAuth client
    /// `sandbox-client` with secret `sandbox-secret`, tokens of 900 s, duplicates and national ids accepted,
    /// owners and details of accounts optional, repeated payouts refused, decisions after 1 s, reviews of rejected customers
    /// at once, deliveries again after 5 s, slow answers after 3 s, the system's clock.
    #[allow(
        clippy::disallowed_methods,
        reason = "the sandbox's clock is read here and nowhere else"
    )]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: data_dir.into(),
            api_key: "sandbox-key".to_owned(),
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-secret".to_owned(),
            token_life: Duration::from_secs(900),
            individual_duplicates: Duplicates::Accept,
            national_ids: NationalIds::Accept,
            owners: Owners::Optional,
            account_details: AccountDetails::Optional,
            repeated_payouts: RepeatedPayouts::Refuse,
            decision_delay: Duration::from_secs(1),
            resubmission_delay: Duration::ZERO,
            first_retry: Duration::from_secs(5),
            slow_answer: Duration::from_secs(3),
            clock: Arc::new(Utc::now),
        }
    }
}
