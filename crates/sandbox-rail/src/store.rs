//! The state while the sandbox runs: in memory, every change on disk before it is answered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    journal::{Journal, Opened},
    record::Step,
    refusal::Refusal,
    schedule::Task,
    state::State,
};

/// The state and its journal.
pub(crate) struct Store {
    /// Names this state for ever; also the id of the platform that everything belongs to.
    pub(crate) instance_id: Uuid,
    state: Mutex<State>,
    journal: Journal,
    changed: Notify,
}

impl From<Opened> for Store {
    fn from(opened: Opened) -> Self {
        Self {
            instance_id: opened.instance_id,
            state: Mutex::new(opened.state),
            journal: opened.journal,
            changed: Notify::new(),
        }
    }
}

impl Store {
    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Stores the step that `change` makes of the present state, and returns its answer once the step is on disk.
    ///
    /// The change is decided and queued on the first poll, so a client that leaves cannot undo it. When the disk
    /// fails, this and every later change is refused until a restart, which returns to what was synced.
    pub(crate) async fn change<T>(
        &self,
        change: impl FnOnce(&State) -> Result<(T, Step), Refusal>,
    ) -> Result<T, Refusal> {
        let (answer, synced) = {
            let mut state = self.lock();
            let (answer, step) = change(&state)?;
            if step.is_empty() {
                return Ok(answer);
            }
            let synced = self
                .journal
                .append(&step)
                .map_err(|_| Refusal::Unwritable)?;
            for record in step {
                state.put(record);
            }
            (answer, synced)
        };
        self.changed.notify_one();
        synced.await.map_err(|_| Refusal::Unwritable)?;
        Ok(answer)
    }

    /// Takes the tasks that are due, and tells when the next one will be.
    pub(crate) fn take_due(&self, now: DateTime<Utc>) -> (Vec<Task>, Option<DateTime<Utc>>) {
        let mut state = self.lock();
        (state.take_due(now), state.next_due())
    }

    /// Waits for a change.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Writes what is queued and releases the folder. Blocks; changes are refused from now on.
    pub(crate) fn close(&self) {
        self.journal.close();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
