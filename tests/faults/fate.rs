//! What the rail decides about a person who is submitted to it: the end of the document's number chooses.

use fastrand::Rng;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Verified, and we are called back.
    Verified,
    /// Verified, and nobody calls.
    VerifiedSilently,
    /// Rejected for a document that cannot be read.
    Unreadable,
    /// Rejected for another name on the document.
    Mismatched,
    /// Rejected for good.
    Fraudulent,
    /// In review for ever.
    Undecided,
}

impl Fate {
    /// Mostly verified, and now and then any other.
    pub(crate) fn drawn(rng: &mut Rng) -> Self {
        match rng.u8(..100) {
            0..12 => Self::VerifiedSilently,
            12..18 => Self::Unreadable,
            18..24 => Self::Mismatched,
            24..30 => Self::Fraudulent,
            30..36 => Self::Undecided,
            _ => Self::Verified,
        }
    }

    /// The last four characters of a document's number, as the sandbox rail reads them.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Verified => "7777",
            Self::VerifiedSilently => "0005",
            Self::Unreadable => "0001",
            Self::Mismatched => "0002",
            Self::Fraudulent => "0004",
            Self::Undecided => "0003",
        }
    }

    /// Our status once the rail has decided; nothing where it never does.
    pub(crate) fn decided(self) -> Option<&'static str> {
        match self {
            Self::Verified | Self::VerifiedSilently => Some("verified"),
            Self::Unreadable | Self::Mismatched | Self::Fraudulent => Some("rejected"),
            Self::Undecided => None,
        }
    }

    /// Whether a customer may ever be in this status.
    pub(crate) fn allows(self, status: &str) -> bool {
        status == "pending" || self.decided() == Some(status)
    }

    pub(crate) fn is_verified(self) -> bool {
        self.decided() == Some("verified")
    }
}
