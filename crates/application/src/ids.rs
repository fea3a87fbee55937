//! Making ids.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::{ContextV7, Timestamp, Uuid};
use vouch_domain::{
    id::{Id, Kind},
    ports::Clock,
};

/// Makes ids in strictly rising order within one process, also within one millisecond.
pub struct IdMint {
    clock: Arc<dyn Clock>,
    context: Mutex<ContextV7>,
}

impl IdMint {
    /// A mint on this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            context: Mutex::new(ContextV7::new()),
        }
    }

    /// A new id for this moment.
    #[must_use]
    pub fn mint<K: Kind>(&self) -> Id<K> {
        Id::of_time_ordered(self.uuid())
    }

    /// A new time-ordered UUID for this moment, for what has no kind yet.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let now = self.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(
            &*context,
            seconds,
            now.timestamp_subsec_nanos(),
        ))
    }
}
