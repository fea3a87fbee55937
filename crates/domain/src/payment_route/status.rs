//! The status machine of payment routes.

use crate::values::Rejected;

/// Whether a route takes deposits, and passes them on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RouteStatus {
    /// It does.
    Active,
    /// Deposits are recorded and wait.
    Paused,
    /// It takes nothing more, and stays listed; what had arrived is passed on. Final.
    Archived,
}

impl RouteStatus {
    /// All, in the order of a route's life.
    pub const ALL: [Self; 3] = [Self::Active, Self::Paused, Self::Archived];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Archived => "archived",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(Rejected("must be active, paused or archived"))
    }

    /// Whether what has arrived is passed on. At an archived route it is: nobody could set it going any more.
    #[must_use]
    pub fn passes_on(self) -> bool {
        match self {
            Self::Active | Self::Archived => true,
            Self::Paused => false,
        }
    }

    /// The status after an action of the route's owner.
    ///
    /// # Errors
    /// [`RouteRefused`] when the route is there already, and for everything once it is archived.
    pub fn after(self, action: RouteAction) -> Result<Self, RouteRefused> {
        match (self, action) {
            (Self::Active, RouteAction::Pause) => Ok(Self::Paused),
            (Self::Paused, RouteAction::Activate) => Ok(Self::Active),
            (Self::Active | Self::Paused, RouteAction::Archive) => Ok(Self::Archived),
            (Self::Active, RouteAction::Activate)
            | (Self::Paused, RouteAction::Pause)
            | (Self::Archived, _) => Err(RouteRefused { already: self }),
        }
    }
}

/// What the owner of a route may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RouteAction {
    /// Hold deposits back.
    Pause,
    /// Pass them on again.
    Activate,
    /// End it.
    Archive,
}

impl RouteAction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pause, Self::Activate, Self::Archive];
}

/// The route is in this status already, or ended in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payment route is already {}", already.as_str())]
pub struct RouteRefused {
    /// The status, which stays.
    pub already: RouteStatus,
}

#[cfg(test)]
mod tests {
    use super::*;
    use RouteAction::{Activate, Archive, Pause};
    use RouteStatus::{Active, Archived, Paused};

    const ALLOWED: [(RouteStatus, RouteAction, RouteStatus); 4] = [
        (Active, Pause, Paused),
        (Paused, Activate, Active),
        (Active, Archive, Archived),
        (Paused, Archive, Archived),
    ];

    #[test]
    fn the_whole_matrix_follows_the_table() {
        for status in RouteStatus::ALL {
            for action in RouteAction::ALL {
                let expected = ALLOWED
                    .iter()
                    .find(|(from, by, _)| (*from, *by) == (status, action))
                    .map(|(_, _, to)| *to)
                    .ok_or(RouteRefused { already: status });
                assert_eq!(status.after(action), expected, "{status:?} {action:?}");
            }
        }
    }

    #[test]
    fn only_a_paused_route_holds_back() {
        for (status, passes_on) in [(Active, true), (Paused, false), (Archived, true)] {
            assert_eq!(status.passes_on(), passes_on, "{status:?}");
        }
    }

    #[test]
    fn words_read_back() {
        for status in RouteStatus::ALL {
            assert_eq!(RouteStatus::parse(status.as_str()), Ok(status));
        }
        assert!(RouteStatus::parse("ACTIVE").is_err());
    }
}
