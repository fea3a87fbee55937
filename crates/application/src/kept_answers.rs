//! Carrying a Treasury operation out once, and repeating its answer.
//!
//! Every operation of the Treasury API that changes something goes through [`KeptAnswers`]:
//!
//! 1. The form is judged. If it is invalid, [`KeptAnswers::replay_or`] lets only what the key is bound to save it.
//! 2. [`KeptAnswers::once`] claims the key, under a lease. A bound key is answered with what is kept. A twin in flight is
//!    waited for, holding nothing.
//! 3. The operation runs with its [`Grant`]. What it makes has the grant's `subject` for its id, so that an outside call
//!    may be repeated by whoever takes the claim over. It renders its answer *before* its last step, and hands both to
//!    the port in one: the change and the answer are stored by one statement, or neither is
//!    (see [`Keep`](vouch_domain::idempotency::Keep)).
//! 4. Whatever else happens frees the key: only successes are kept. Where nobody knows whether something was made, the
//!    claim is only given back, with its subject: whoever repeats the operation soon repeats what is unknown.
//!
//! The operation is a task of its own and goes on to its end when the caller hangs up.

use std::{sync::Arc, time::Duration};

use vouch_domain::{
    form::FieldProblem,
    idempotency::{Fingerprint, Grant, Kept, KeptAnswer, KeyClaim, KeyConflict, Repetition},
    ports::{Answers, Claimed, KeyState, StoreError},
    tenant::Tenant,
};

use crate::{ids::IdMint, patience::Patience};

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status and the body.
    pub answer: KeptAnswer,
    /// None when this request did it; else how it repeats the one that did.
    pub repeats: Option<Repetition>,
}

/// Why a key could be neither claimed nor replayed. Every operation's error has a place for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The first request was still running after a fair wait.
    #[error("the first request is still running")]
    InProgress,
    /// The key was used with another body, which its contract refuses.
    #[error(transparent)]
    Conflict(#[from] KeyConflict),
    /// The answer that was to be kept could not be written.
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An answer could not be written: a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an answer could not be written")]
pub struct Unwritten;

/// Why an operation ended without its change.
pub trait OperationError: From<KeyError> + Send + 'static {
    /// Whether something may have been made all the same: whoever was asked for it has not said.
    fn is_unclear(&self) -> bool;
}

/// How an operation ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Its last step stored the change and this answer.
    Kept(KeptAnswer),
    /// Its last step found the grant gone: somebody else carries the operation out.
    GrantLost,
}

impl Ended {
    /// The end of an operation whose last step says `kept`. Nothing when the step was outrun, and may be tried again on
    /// the state as it is now.
    #[must_use]
    pub fn of(kept: Kept, answer: KeptAnswer) -> Option<Self> {
        match kept {
            Kept::Done => Some(Self::Kept(answer)),
            Kept::GrantLost => Some(Self::GrantLost),
            Kept::Outrun => None,
        }
    }
}

/// The keys of the Treasury API.
#[derive(Clone)]
pub struct KeptAnswers {
    store: Arc<dyn Answers>,
    ids: Arc<IdMint>,
}

impl KeptAnswers {
    /// The keys in this store.
    #[must_use]
    pub fn new(store: Arc<dyn Answers>, ids: Arc<IdMint>) -> Self {
        Self { store, ids }
    }

    /// Carries out what a form asks for, like [`KeptAnswers::once`]. Nothing but an answer that its key is bound to saves an
    /// invalid form.
    ///
    /// # Errors
    /// Those of the operation, `invalid` with the form's problems, and [`KeyError`].
    pub async fn once_if_valid<Request, E, Running>(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        lease: Duration,
        form: Result<Request, Vec<FieldProblem>>,
        invalid: fn(Vec<FieldProblem>) -> E,
        operation: impl FnOnce(Grant, Request) -> Running,
    ) -> Result<Answered, E>
    where
        E: OperationError,
        Running: Future<Output = Result<Ended, E>> + Send + 'static,
    {
        match form {
            Ok(request) => {
                let operation = |grant| operation(grant, request);
                self.once(tenant, claim, lease, operation).await
            }
            Err(problems) => self.replay_or(tenant, claim, invalid(problems)).await,
        }
    }

    /// Carries `operation` out, unless the key is bound to an answer already.
    ///
    /// The lease has to be longer than the operation's outside calls may take together: when it has expired, a repeated
    /// request takes the key over and carries the operation out again.
    ///
    /// # Errors
    /// Those of the operation, and [`KeyError`].
    pub async fn once<E, Running>(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        lease: Duration,
        operation: impl FnOnce(Grant) -> Running,
    ) -> Result<Answered, E>
    where
        E: OperationError,
        Running: Future<Output = Result<Ended, E>> + Send + 'static,
    {
        let mut patience = Patience::new();
        let grant = loop {
            let subject = self.ids.uuid();
            let claimed = self.store.claim(tenant, claim, subject, lease).await;
            match claimed.map_err(KeyError::Store)? {
                Claimed::Granted(grant) => break grant,
                Claimed::Stands(KeyState::Bound { answer, used_with }) => {
                    return Ok(repeat(claim, answer, used_with)?);
                }
                // Free again, or to be: for another attempt at claiming it.
                Claimed::Stands(KeyState::InFlight | KeyState::Free) => {
                    pause(&mut patience).await?;
                }
            }
        };
        let running = operation(grant.clone());
        match self.carry_out(tenant, grant, running).await? {
            Ended::Kept(answer) => Ok(Answered {
                answer,
                repeats: None,
            }),
            Ended::GrantLost => self.join(tenant, claim, patience).await,
        }
    }

    /// What the key of a request is bound to that may not be carried out, or else `refusal`. Waits for a twin in flight,
    /// and claims nothing.
    ///
    /// # Errors
    /// `refusal`, and [`KeyError`].
    pub async fn replay_or<E: From<KeyError>>(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        refusal: E,
    ) -> Result<Answered, E> {
        match self.bound(tenant, claim, Patience::new()).await? {
            Some(answered) => Ok(answered),
            None => Err(refusal),
        }
    }

    /// In a task of its own, which also gives the claim up if nothing is kept.
    async fn carry_out<E: OperationError>(
        &self,
        tenant: Tenant,
        grant: Grant,
        running: impl Future<Output = Result<Ended, E>> + Send + 'static,
    ) -> Result<Ended, E> {
        let store = Arc::clone(&self.store);
        let task = tokio::spawn(async move {
            let ended = running.await;
            let is_unclear = ended.as_ref().err().map(OperationError::is_unclear);
            let given_up = match is_unclear {
                None => Ok(()),
                Some(false) => store.forget(tenant, &grant).await,
                Some(true) => store.release(tenant, &grant).await,
            };
            if let Err(error) = given_up {
                tracing::warn!(%error, "a claim was not given up; it expires by itself");
            }
            ended
        });
        task.await.unwrap_or_else(|_| {
            let panicked = StoreError::Defect("an operation panicked".to_owned());
            Err(KeyError::Store(panicked).into())
        })
    }

    /// Waits for whoever took the key over.
    async fn join<E: From<KeyError>>(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        patience: Patience,
    ) -> Result<Answered, E> {
        let bound = self.bound(tenant, claim, patience).await?;
        bound.ok_or_else(|| KeyError::InProgress.into())
    }

    async fn bound(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        mut patience: Patience,
    ) -> Result<Option<Answered>, KeyError> {
        loop {
            match self.store.look_up(tenant, claim).await? {
                KeyState::Free => return Ok(None),
                KeyState::Bound { answer, used_with } => {
                    return repeat(claim, answer, used_with).map(Some);
                }
                KeyState::InFlight => pause(&mut patience).await?,
            }
        }
    }
}

async fn pause(patience: &mut Patience) -> Result<(), KeyError> {
    match patience.wait().await {
        true => Ok(()),
        false => Err(KeyError::InProgress),
    }
}

fn repeat(
    claim: &KeyClaim,
    answer: KeptAnswer,
    used_with: Fingerprint,
) -> Result<Answered, KeyError> {
    let repetition = claim.repeats(used_with)?;
    Ok(Answered {
        answer,
        repeats: Some(repetition),
    })
}
