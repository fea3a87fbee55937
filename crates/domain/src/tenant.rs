//! Whose data it is.

use crate::{id::OrganisationId, values::Rejected};

/// Test data and live data never meet: the env of the API key chooses the data, the rail account and the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Env {
    /// Play money, the sandbox rail.
    Test,
    /// Real people, the regulated rail.
    Live,
}

impl Env {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Test, Self::Live];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        match text {
            "test" => Ok(Self::Test),
            "live" => Ok(Self::Live),
            _ => Err(Rejected("must be test or live")),
        }
    }
}

/// One organisation in one env: the first argument of everything that touches data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenant {
    /// The organisation that owns the data.
    pub organisation: OrganisationId,
    /// Which of its two worlds.
    pub env: Env,
}
