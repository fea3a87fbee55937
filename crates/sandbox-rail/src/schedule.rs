//! What the rail will do by itself, and when. Every due time is part of a stored record, so the schedule of a restarted
//! sandbox is the one it had.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// One thing to do, and the id of the record that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Task {
    /// Begin the review of a submission.
    Begin(Uuid),
    /// Decide about a submission.
    Decide(Uuid),
    /// Activate a virtual bank account.
    Activate(Uuid),
    /// Complete a payout.
    Complete(Uuid),
    /// Try a delivery.
    Deliver(Uuid),
}

/// Tasks by their due time.
#[derive(Default)]
pub(crate) struct Schedule {
    by_time: BTreeSet<(DateTime<Utc>, Task)>,
    times: HashMap<Task, DateTime<Utc>>,
}

impl Schedule {
    /// Makes the task due at this time, or not at all.
    pub(crate) fn set(&mut self, task: Task, due: Option<DateTime<Utc>>) {
        if let Some(time) = self.times.remove(&task) {
            self.by_time.remove(&(time, task));
        }
        if let Some(time) = due {
            self.times.insert(task, time);
            self.by_time.insert((time, task));
        }
    }

    /// Removes and returns the tasks that are due, earliest first.
    pub(crate) fn take_due(&mut self, now: DateTime<Utc>) -> Vec<Task> {
        let mut due = Vec::new();
        while let Some((time, task)) = self.by_time.first().copied()
            && time <= now
        {
            self.set(task, None);
            due.push(task);
        }
        due
    }

    /// When the next task is due.
    pub(crate) fn next(&self) -> Option<DateTime<Utc>> {
        self.by_time.first().map(|(time, _)| *time)
    }
}
