//! How many calls the rail lets us make.
//!
//! The rail counts calls in windows of a minute and of an hour, and we do not see where its windows begin. So the calls
//! of any such span are counted, not refilled like a classic token bucket's: a bucket that was full lets nearly twice
//! its size through in one window.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use vouch_domain::ports::Urgency;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The calls that this process may make. Of each window background work may use half, callers whatever is left.
pub(crate) struct Allowance(Mutex<State>);

struct State {
    windows: Vec<Window>,
    /// Until when the rail itself has asked us to be silent.
    silent_until: Option<Instant>,
}

struct Window {
    most: usize,
    span: Duration,
    /// The calls of the last span, oldest first.
    calls: VecDeque<(Instant, Urgency)>,
}

impl Allowance {
    pub(crate) fn new(per_minute: Option<NonZeroU32>, per_hour: Option<NonZeroU32>) -> Self {
        let windows = [(per_minute, MINUTE), (per_hour, HOUR)]
            .into_iter()
            .filter_map(|(most, span)| Some(Window::new(most?, span)))
            .collect();
        Self(Mutex::new(State {
            windows,
            silent_until: None,
        }))
    }

    /// Counts one call in every window, or in none.
    ///
    /// # Errors
    /// How long to wait when there is no room for it.
    pub(crate) fn take(&self, urgency: Urgency) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silent_until = state.silent_until;
        let free_at = state
            .windows
            .iter_mut()
            .filter_map(|window| window.full_until(now, urgency))
            .chain(silent_until)
            .max();
        if let Some(wait) = free_at.map(|at| at - now).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        for window in &mut state.windows {
            window.calls.push_back((now, urgency));
        }
        Ok(())
    }

    /// Takes the rail's word that too much was asked of it: nothing is left for that long. Without limits of our own
    /// nothing is held back.
    pub(crate) fn exhaust(&self, wait: Duration) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.windows.is_empty() {
            state.silent_until = state.silent_until.max(Some(Instant::now() + wait));
        }
    }
}

impl Window {
    fn new(most: NonZeroU32, span: Duration) -> Self {
        Self {
            most: usize::try_from(most.get()).unwrap_or(usize::MAX),
            span,
            calls: VecDeque::new(),
        }
    }

    /// When there will be room for one more call; none: there is room now.
    fn full_until(&mut self, now: Instant, urgency: Urgency) -> Option<Instant> {
        while self
            .calls
            .front()
            .is_some_and(|(at, _)| *at + self.span <= now)
        {
            self.calls.pop_front();
        }
        let for_all = nth_from_end(self.calls.iter(), self.most);
        let for_background = || {
            let background = self
                .calls
                .iter()
                .filter(|(_, of)| *of == Urgency::Background);
            // Even of an allowance of one, lest the work is never done.
            nth_from_end(background, (self.most / 2).max(1))
        };
        let decisive = match urgency {
            Urgency::Caller => for_all,
            Urgency::Background => for_all.max(for_background()),
        };
        decisive.map(|at| at + self.span)
    }
}

/// The time of the call that must leave the window before another fits: the n-th youngest.
fn nth_from_end<'a>(
    calls: impl DoubleEndedIterator<Item = &'a (Instant, Urgency)>,
    n: usize,
) -> Option<Instant> {
    calls.rev().nth(n - 1).map(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn allowance(per_minute: u32, per_hour: u32) -> Allowance {
        Allowance::new(NonZeroU32::new(per_minute), NonZeroU32::new(per_hour))
    }

    fn taken(allowance: &Allowance, urgency: Urgency, tries: usize) -> usize {
        (0..tries)
            .filter(|_| allowance.take(urgency).is_ok())
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn any_minute_holds_the_minutes_calls() {
        let allowance = allowance(3, 0);
        assert_eq!(allowance.take(Urgency::Caller), Ok(()));
        advance(20 * SECOND).await;
        assert_eq!(taken(&allowance, Urgency::Caller, 5), 2);
        assert_eq!(allowance.take(Urgency::Caller), Err(40 * SECOND));
        advance(40 * SECOND).await;
        assert_eq!(taken(&allowance, Urgency::Caller, 5), 1);
        assert_eq!(allowance.take(Urgency::Caller), Err(20 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_counts_in_both_windows_or_in_none() {
        let allowance = allowance(2, 3);
        assert_eq!(taken(&allowance, Urgency::Caller, 9), 2);
        advance(MINUTE).await;
        // The seven refused above are not counted in the hour.
        assert_eq!(taken(&allowance, Urgency::Caller, 9), 1);
        assert_eq!(allowance.take(Urgency::Caller), Err(HOUR - MINUTE));
        advance(HOUR - MINUTE).await;
        // Nor are those that the hour refused counted in the minute.
        assert_eq!(taken(&allowance, Urgency::Caller, 9), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn background_work_gets_half_and_callers_the_rest() {
        let allowance = allowance(5, 0);
        assert_eq!(taken(&allowance, Urgency::Background, 9), 2);
        assert_eq!(taken(&allowance, Urgency::Caller, 9), 3);
        advance(30 * SECOND).await;
        assert_eq!(allowance.take(Urgency::Background), Err(30 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn callers_may_use_it_all() {
        let allowance = allowance(5, 0);
        assert_eq!(taken(&allowance, Urgency::Caller, 9), 5);
        assert_eq!(allowance.take(Urgency::Background), Err(MINUTE));
    }

    #[tokio::test(start_paused = true)]
    async fn background_work_is_done_even_with_one_call() {
        let allowance = allowance(1, 0);
        assert_eq!(taken(&allowance, Urgency::Background, 9), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rails_word_empties_it() {
        let allowance = allowance(5, 0);
        allowance.exhaust(10 * SECOND);
        allowance.exhaust(5 * SECOND);
        assert_eq!(allowance.take(Urgency::Caller), Err(10 * SECOND));
        advance(10 * SECOND).await;
        assert_eq!(taken(&allowance, Urgency::Caller, 9), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn without_limits_nothing_is_held_back() {
        let allowance = allowance(0, 0);
        allowance.exhaust(10 * SECOND);
        assert_eq!(taken(&allowance, Urgency::Background, 10_000), 10_000);
    }
}
