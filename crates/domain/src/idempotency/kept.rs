//! Answers that are kept and repeated unchanged.

use std::time::Duration;

use uuid::Uuid;

use super::KeyClaim;

/// How long what a claim was to make may be made under the same id by whoever takes the claim over: longer than any lease,
/// and short enough that what is made then is not born old.
pub const SUBJECT_LASTS: Duration = Duration::from_secs(5 * 60);

/// A whole success: what a repeated request is answered with, to the byte. It holds what the request's object holds,
/// personal data included, so it is sealed at rest and not shown in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status, 200–299.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl std::fmt::Debug for KeptAnswer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "KeptAnswer({}, …)", self.status)
    }
}

/// The right to carry out what a key stands for, while the lease lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The claim that was granted.
    pub claim: KeyClaim,
    /// A time-ordered UUID for what the operation makes. Whoever soon takes an expired claim over with the same body gets
    /// the same one, so an outside call that names it can be repeated.
    pub subject: Uuid,
    /// Tells this holder of the lease from every other.
    pub token: Uuid,
}

/// What an operation's own step does about its key: it stores the answer, if the grant still stands.
#[derive(Debug, Clone, Copy)]
pub struct Keep<'a> {
    /// By what right.
    pub grant: &'a Grant,
    /// What to answer from now on.
    pub answer: &'a KeptAnswer,
}

/// How a step ended that was to keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The change is made and the answer kept.
    Done,
    /// The state that the step expected is not there any more. Nothing happened, and the grant stands.
    Outrun,
    /// Somebody else holds the key by now. Nothing happened.
    GrantLost,
}
