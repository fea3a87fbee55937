//! Taking in what the rail calls about: whoever signed it well is heard, and heard later.

use std::sync::Arc;

use vouch_domain::{
    ports::{CallbackInbox, Clock, PresentedCallback, RailCallbacks, StoreError},
    tenant::Env,
};

use crate::{
    background::Wake,
    lines::Lines,
    steps::{self, Step},
};

/// Who reads the callbacks of each env's rail; nobody where its secret is not known.
pub type CallbackLines = Lines<Arc<dyn RailCallbacks>>;

/// How a callback was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is kept.
    New,
    /// It was kept before.
    Known,
}

/// Why a callback was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// Nobody can tell whether it is genuine: no secret is configured for the env.
    #[error("no secret is configured for the callbacks of this env")]
    NoSecret,
    /// The rail has not signed it, or too long ago.
    #[error("the callback is not genuine")]
    Forged,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
#[derive(Clone)]
pub struct TakeCallback {
    inbox: Arc<dyn CallbackInbox>,
    lines: CallbackLines,
    clock: Arc<dyn Clock>,
    wake: Wake,
}

impl TakeCallback {
    /// The use case on this store. Of every callback, `wake` tells whoever reads them.
    #[must_use]
    pub fn new(
        inbox: Arc<dyn CallbackInbox>,
        lines: CallbackLines,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Self {
        Self {
            inbox,
            lines,
            clock,
            wake,
        }
    }

    /// Keeps a callback that is genuine. One that was kept before is as good.
    ///
    /// # Errors
    /// See [`CallbackError`]; nothing is kept then.
    pub async fn take(
        &self,
        env: Env,
        callback: &PresentedCallback<'_>,
    ) -> Result<Taken, CallbackError> {
        let line = self.lines.of(env).ok_or(CallbackError::NoSecret)?;
        if !line.is_genuine(callback, self.clock.now()) {
            return Err(CallbackError::Forged);
        }
        if !self.inbox.keep_callback(env, callback.body).await? {
            return Ok(Taken::Known);
        }
        steps::pass(Step::CallbackKept);
        self.wake.wake();
        Ok(Taken::New)
    }
}
