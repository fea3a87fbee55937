//! How far a submission has come at the rail, and what a rejection there then means.

use chrono::{DateTime, Utc};

/// How far a submission about which nobody has decided has come at the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// Nothing that begins a review has been sent.
    OnItsWay,
    /// The review may have begun.
    Begun {
        /// When the rail had changed its record of the customer, if that said rejected right before the beginning: the
        /// answer to the submission before this one.
        rejected_before: Option<DateTime<Utc>>,
    },
}

impl Handover {
    /// Whether a rejection, of a record that the rail changed at this time, is the answer to this submission.
    ///
    /// Some time may pass from the beginning of another review until the rail's record shows it; until then the record says
    /// rejected, and is as old as it was (`updated_at`: fact sheet, section 6). Both times are the rail's own, so its clock
    /// need not agree with ours. A rail that tells no time is believed.
    #[must_use]
    pub fn is_answered_by_rejection(self, changed_at: Option<DateTime<Utc>>) -> bool {
        match self {
            Self::OnItsWay => false,
            Self::Begun { rejected_before } => rejected_before
                .zip(changed_at)
                .is_none_or(|(before, now)| now > before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(seconds, 0)
    }

    #[test]
    fn only_a_rejection_of_later_is_an_answer() {
        let begun = |rejected_before| Handover::Begun { rejected_before };
        for (handover, changed_at, expected) in [
            (Handover::OnItsWay, at(99), false),
            (Handover::OnItsWay, None, false),
            // Nobody was rejected before, so it is this one.
            (begun(None), at(1), true),
            (begun(None), None, true),
            (begun(at(50)), at(49), false),
            (begun(at(50)), at(50), false),
            (begun(at(50)), at(51), true),
            (begun(at(50)), None, true),
        ] {
            let found = handover.is_answered_by_rejection(changed_at);
            assert_eq!(found, expected, "{handover:?} at {changed_at:?}");
        }
    }
}
