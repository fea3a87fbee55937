//! Why the rail refused a customer, and what can be done about it.

use std::fmt;

use chrono::{DateTime, Utc};

use super::comment::{
    Comment,
    Sign::{self, Named, Wrong},
};
use crate::values::{CustomerType, Rejected};

/// Why a customer was rejected, in our words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// The document cannot be read.
    DocumentUnreadable,
    /// The document is no longer valid.
    DocumentExpired,
    /// The document is of a kind that the rail does not take, or not whole.
    DocumentNotAccepted,
    /// The name is not that of the document.
    NameMismatch,
    /// The date of birth is not that of the document.
    DateOfBirthMismatch,
    /// The address could not be confirmed.
    AddressNotConfirmed,
    /// It could not be confirmed that the person was there.
    LivenessFailed,
    /// The person is too young.
    Underage,
    /// The rail suspects fraud. For operators alone.
    FraudSuspected,
    /// The rail may not serve this customer.
    NotPermitted,
    /// The rail gave no reason, or one that nobody has sorted yet.
    Unexplained,
}

/// What can be done about a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectionClass {
    /// Mend what is named, and submit again.
    Fixable,
    /// Nothing: another submission is refused.
    Final,
    /// People have to look at it; another submission is allowed.
    Review,
}

impl RejectionClass {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixable => "fixable",
            Self::Final => "final",
            Self::Review => "review",
        }
    }
}

/// Signs that all have to be in a comment, and what it then means. The first row that fits decides: what is final comes
/// before what could be mended.
const MEANINGS: [(&[Sign], Rejection); 32] = [
    (&[Wrong("fraud")], Rejection::FraudSuspected),
    (&[Wrong("forged")], Rejection::FraudSuspected),
    (&[Wrong("forgery")], Rejection::FraudSuspected),
    (&[Wrong("counterfeit")], Rejection::FraudSuspected),
    (&[Wrong("tamper")], Rejection::FraudSuspected),
    (&[Wrong("sanction")], Rejection::NotPermitted),
    (&[Wrong("watchlist")], Rejection::NotPermitted),
    (&[Wrong("prohibited")], Rejection::NotPermitted),
    (&[Wrong("restricted")], Rejection::NotPermitted),
    (&[Wrong("underage")], Rejection::Underage),
    (&[Wrong("under age")], Rejection::Underage),
    (&[Wrong("under 18")], Rejection::Underage),
    (&[Wrong("expired")], Rejection::DocumentExpired),
    (&[Named("no longer valid")], Rejection::DocumentExpired),
    (&[Wrong("unreadable")], Rejection::DocumentUnreadable),
    (&[Wrong("illegible")], Rejection::DocumentUnreadable),
    (&[Wrong("blur")], Rejection::DocumentUnreadable),
    (&[Wrong("glare")], Rejection::DocumentUnreadable),
    (&[Named("not clear")], Rejection::DocumentUnreadable),
    (&[Named("date of birth")], Rejection::DateOfBirthMismatch),
    (&[Named("name"), Wrong("mismatch")], Rejection::NameMismatch),
    (
        &[Named("name"), Named("not match")],
        Rejection::NameMismatch,
    ),
    (
        &[Named("name"), Named("n't match")],
        Rejection::NameMismatch,
    ),
    (&[Named("name"), Wrong("differ")], Rejection::NameMismatch),
    (&[Named("liveness")], Rejection::LivenessFailed),
    (&[Named("selfie")], Rejection::LivenessFailed),
    (&[Named("address")], Rejection::AddressNotConfirmed),
    (&[Named("utility bill")], Rejection::AddressNotConfirmed),
    (
        &[Named("document"), Named("not accepted")],
        Rejection::DocumentNotAccepted,
    ),
    (
        &[Named("document"), Wrong("unsupported")],
        Rejection::DocumentNotAccepted,
    ),
    (
        &[Named("document"), Wrong("incomplete")],
        Rejection::DocumentNotAccepted,
    ),
    (
        &[Named("document"), Wrong("wrong")],
        Rejection::DocumentNotAccepted,
    ),
];

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::DocumentUnreadable,
        Self::DocumentExpired,
        Self::DocumentNotAccepted,
        Self::NameMismatch,
        Self::DateOfBirthMismatch,
        Self::AddressNotConfirmed,
        Self::LivenessFailed,
        Self::Underage,
        Self::FraudSuspected,
        Self::NotPermitted,
        Self::Unexplained,
    ];

    /// What the rail's own words mean.
    #[must_use]
    pub fn of(reason: &RailReason) -> Self {
        let comment = Comment::new(reason.expose());
        MEANINGS
            .iter()
            .find(|(signs, _)| signs.iter().all(|sign| comment.says(*sign)))
            .map_or(Self::Unexplained, |(_, meaning)| *meaning)
    }

    /// The same as the organisation may know it. That somebody is suspected of fraud it is not told: whoever is suspected
    /// must not be warned (tipping off: in Britain the Proceeds of Crime Act 2002, section 333A).
    #[must_use]
    pub fn told(self) -> Self {
        match self {
            Self::FraudSuspected => Self::NotPermitted,
            other => other,
        }
    }

    /// The code for operators and in the database, and, of what [may be told](Self::told), on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DocumentUnreadable => "document_unreadable",
            Self::DocumentExpired => "document_expired",
            Self::DocumentNotAccepted => "document_not_accepted",
            Self::NameMismatch => "name_mismatch",
            Self::DateOfBirthMismatch => "date_of_birth_mismatch",
            Self::AddressNotConfirmed => "address_not_confirmed",
            Self::LivenessFailed => "liveness_failed",
            Self::Underage => "underage",
            Self::FraudSuspected => "fraud_suspected",
            Self::NotPermitted => "not_permitted",
            Self::Unexplained => "unexplained",
        }
    }

    /// Reads a code, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other text.
    pub fn parse(code: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|known| known.code() == code)
            .ok_or(Rejected("must be the code of a rejection"))
    }

    /// What can be done about it.
    #[must_use]
    pub fn class(self) -> RejectionClass {
        match self {
            Self::DocumentUnreadable
            | Self::DocumentExpired
            | Self::DocumentNotAccepted
            | Self::NameMismatch
            | Self::DateOfBirthMismatch
            | Self::AddressNotConfirmed
            | Self::LivenessFailed => RejectionClass::Fixable,
            Self::Underage | Self::FraudSuspected | Self::NotPermitted => RejectionClass::Final,
            Self::Unexplained => RejectionClass::Review,
        }
    }

    /// Whether the customer may be submitted again.
    #[must_use]
    pub fn allows_resubmission(self) -> bool {
        self.class() != RejectionClass::Final
    }

    /// What has to be mended: a slot of the documents, or a field of the customer.
    #[must_use]
    pub fn field(self, customer_type: CustomerType) -> Option<&'static str> {
        match self {
            Self::DocumentUnreadable
            | Self::DocumentExpired
            | Self::DocumentNotAccepted
            | Self::NameMismatch => Some(match customer_type {
                CustomerType::Individual => "id_document",
                CustomerType::Business => "incorporation_document",
            }),
            Self::DateOfBirthMismatch => Some("dob"),
            Self::AddressNotConfirmed => Some("proof_of_address"),
            Self::LivenessFailed => Some("liveness_check"),
            Self::Underage | Self::FraudSuspected | Self::NotPermitted | Self::Unexplained => None,
        }
    }

    /// A sentence for the organisation. Nothing of what the rail itself said is in it.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::DocumentUnreadable => {
                "The document could not be read. Submit a clear image of it."
            }
            Self::DocumentExpired => "The document has expired. Submit one that is valid.",
            Self::DocumentNotAccepted => {
                "The document was not accepted. Submit another one, whole."
            }
            Self::NameMismatch => {
                "The name on the document is not the customer's. Submit a document in that name."
            }
            Self::DateOfBirthMismatch => {
                "The date of birth is not that of the document. Correct it and submit again."
            }
            Self::AddressNotConfirmed => {
                "The address could not be confirmed. Correct it, or submit a proof of address."
            }
            Self::LivenessFailed => "The liveness check failed. Submit a new one.",
            Self::Underage => "The customer is too young to be served.",
            Self::FraudSuspected | Self::NotPermitted => "The customer cannot be served.",
            Self::Unexplained => "The customer was rejected. Ask our support what can be done.",
        }
    }
}

/// What the rail itself says of a rejection, at most 2,000 characters. It may be about the person, and it may say
/// anything: it is sealed at rest, and shown to operators alone.
#[derive(Clone, PartialEq, Eq)]
pub struct RailReason(String);

impl RailReason {
    /// Most characters that are kept.
    const MAX_LENGTH: usize = 2_000;

    /// Takes what the rail says, cut to what is kept. Nothing for a blank text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let kept: String = text.chars().take(Self::MAX_LENGTH).collect();
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// The text, for the store and for operators.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RailReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RailReason(…)")
    }
}

/// A reason that a callback gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldReason {
    /// What the rail says.
    pub reason: RailReason,
    /// When it says it was so; of two reasons the later one counts.
    pub at: Option<DateTime<Utc>>,
}

/// A rejection as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What it means.
    pub rejection: Rejection,
    /// What the rail itself said, if it did.
    pub reason: Option<RailReason>,
    /// When the rail says that it was so.
    pub told_at: Option<DateTime<Utc>>,
}

impl Explanation {
    /// What a callback told and the comments that the rail keeps beside the documents, taken together.
    #[must_use]
    pub fn of(told: Option<&ToldReason>, comments: &[RailReason]) -> Self {
        let mut texts: Vec<&str> = told.iter().map(|told| told.reason.expose()).collect();
        for comment in comments {
            if !texts.contains(&comment.expose()) {
                texts.push(comment.expose());
            }
        }
        let reason = RailReason::new(&texts.join("\n"));
        Self {
            rejection: reason
                .as_ref()
                .map_or(Rejection::Unexplained, Rejection::of),
            reason,
            told_at: told.and_then(|told| told.at),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use Rejection::*;

    fn reason(text: &str) -> RailReason {
        RailReason::new(text).unwrap()
    }

    #[test]
    fn comments_are_sorted_by_their_words() {
        for (comment, rejection) in [
            (
                "The document is unreadable. Upload a clear image.",
                DocumentUnreadable,
            ),
            ("BLURRY photo", DocumentUnreadable),
            ("Document has EXPIRED", DocumentExpired),
            (
                "The name on the document does not match the customer.",
                NameMismatch,
            ),
            ("Name mismatch", NameMismatch),
            ("The date of birth does not match", DateOfBirthMismatch),
            (
                "Proof of address is older than three months",
                AddressNotConfirmed,
            ),
            ("Liveness check failed", LivenessFailed),
            ("Customer is under 18", Underage),
            ("Document type not accepted", DocumentNotAccepted),
            ("Fraud suspected. This decision is final.", FraudSuspected),
            ("The name matches a sanctions list", NotPermitted),
            ("The expired document was tampered with", FraudSuspected),
            ("See ticket 4711", Unexplained),
            ("The document is not expired", Unexplained),
            ("No fraud found", Unexplained),
            ("Tampered document not accepted", FraudSuspected),
            ("Application not approved - fraud suspected", FraudSuspected),
            ("No fraud found. The document has expired.", DocumentExpired),
            ("It is not blurry but expired", DocumentExpired),
            ("Names don’t match", NameMismatch),
            ("The name matches", Unexplained),
        ] {
            assert_eq!(Rejection::of(&reason(comment)), rejection, "{comment}");
        }
    }

    #[test]
    fn codes_read_back_and_only_final_rejections_end_it() {
        for rejection in Rejection::ALL {
            assert_eq!(Rejection::parse(rejection.code()), Ok(rejection));
            let is_final = rejection.class() == RejectionClass::Final;
            assert_eq!(rejection.allows_resubmission(), !is_final);
            let is_fixable = rejection.class() == RejectionClass::Fixable;
            let field = rejection.field(CustomerType::Individual);
            assert_eq!(field.is_some(), is_fixable, "{rejection:?}");
        }
        assert!(Rejection::parse("other").is_err());
    }

    #[test]
    fn what_was_told_comes_before_what_is_kept_beside_the_documents() {
        let told = ToldReason {
            reason: reason("Expired"),
            at: DateTime::from_timestamp(1, 0),
        };
        let comments = [reason("Expired"), reason("Page two is missing")];
        let explanation = Explanation::of(Some(&told), &comments);
        assert_eq!(explanation.rejection, DocumentExpired);
        assert_eq!(explanation.told_at, told.at);
        let text = explanation.reason.unwrap();
        assert_eq!(text.expose(), "Expired\nPage two is missing");

        let nothing = Explanation::of(None, &[]);
        assert_eq!((nothing.rejection, nothing.reason), (Unexplained, None));
    }

    #[test]
    fn nobody_is_told_of_a_suspicion() {
        for rejection in Rejection::ALL {
            let told = rejection.told();
            assert_eq!(told.class(), rejection.class());
            assert!(!told.code().contains("fraud") && !told.message().contains("fraud"));
            assert_eq!(told == rejection, rejection != FraudSuspected);
        }
    }

    #[test]
    fn a_reason_is_bounded_and_never_shown() {
        assert_eq!(RailReason::new(" \n"), None);
        let long = reason(&"é".repeat(3_000));
        assert_eq!(long.expose().chars().count(), RailReason::MAX_LENGTH);
        assert_eq!(format!("{long:?}"), "RailReason(…)");
    }
}
