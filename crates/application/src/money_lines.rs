//! Through which rail each env's accounts and payouts go.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use vouch_domain::ports::{LeaseTerms, RailAccounts, RailPayouts};

use crate::lines::Lines;

/// The first look at the rail after an order comes no sooner, and later ones are no closer together.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// What takes long is looked at so often at least.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// A rail that keeps accounts and pays out, and how long its calls may take.
#[derive(Clone)]
pub struct MoneyLine {
    /// Keeps accounts.
    pub accounts: Arc<dyn RailAccounts>,
    /// Pays out.
    pub payouts: Arc<dyn RailPayouts>,
    /// Deadlines and settle time.
    pub terms: LeaseTerms,
}

impl MoneyLine {
    /// Long enough for a look, an order with the look at the rail's wallets before it, and the look after a refusal; and
    /// for the rail to have decided about the order.
    pub(crate) fn lease(&self) -> Duration {
        self.terms.lease() + self.terms.look_up * 2
    }

    /// Whether enough is left for an order of a lease that was asked for then. The rail's wallets may have to be looked at
    /// first.
    pub(crate) fn has_time_to_order(&self, leased_since: Instant) -> bool {
        let left = self.lease().saturating_sub(leased_since.elapsed());
        left >= self.terms.needed_for_create() + self.terms.look_up
    }
}

/// The rail of each env.
pub type MoneyLines = Lines<MoneyLine>;

/// In how long to look again after what is under way since then. The rail calls back when it has decided; this is for
/// when it does not, and asks ever more seldom: each time half as long again has passed.
pub(crate) fn next_look(since: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    let age = (now - since).to_std().unwrap_or_default();
    (age / 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_ever_further_apart() {
        let since = DateTime::<Utc>::default();
        for (age, pause) in [
            (-5, 1),
            (0, 1),
            (2, 1),
            (10, 5),
            (600, 300),
            (86_400, 3_600),
        ] {
            let now = since + chrono::TimeDelta::seconds(age);
            assert_eq!(next_look(since, now), Duration::from_secs(pause), "{age} s");
        }
    }
}
