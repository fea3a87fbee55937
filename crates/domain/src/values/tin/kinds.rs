//! The kinds of tax number, country by country.
//!
//! Those marked as of the page are named by the public Remittance page and are always taken; the others are taken because
//! the rail asks for them.

use super::certainty;
use crate::values::Country;

/// One kind of tax number.
pub(super) struct Kind {
    /// How it may be written, after normalising, each a pattern for the whole text.
    pub(super) shapes: &'static [&'static str],
    /// What it never starts with, as part of its shape.
    pub(super) excluded_prefixes: &'static [&'static str],
    /// Characters that group or mark it and are not kept.
    pub(super) separators: &'static str,
    /// Whether persons have none.
    pub(super) for_businesses_only: bool,
    /// Whether the public page names it.
    pub(super) is_on_page: bool,
    /// Whether a number of this shape, separators removed, may have been issued.
    pub(super) may_exist: fn(&str) -> bool,
}

impl Kind {
    /// What holds unless a kind says otherwise.
    const PLAIN: Self = Self {
        shapes: &[],
        excluded_prefixes: &[],
        separators: " -/:",
        for_businesses_only: false,
        is_on_page: false,
        may_exist: |_| true,
    };
}

/// Every kind that the country issues.
pub(super) fn of(country: Country) -> &'static [Kind] {
    match country {
        Country::Nigeria => NIGERIA,
        Country::Canada => CANADA,
        Country::UnitedKingdom => UNITED_KINGDOM,
        Country::UnitedStates => UNITED_STATES,
    }
}

const NIGERIA: &[Kind] = &[
    // Taxpayer Identification Number of the Joint Tax Board.
    Kind {
        shapes: &["[0-9]{10}"],
        is_on_page: true,
        ..Kind::PLAIN
    },
    // The same behind a regulator's prefix, which the page does not define: kept wide.
    Kind {
        shapes: &["[A-Z]{2,6}[-/ ]?[0-9]{10}"],
        is_on_page: true,
        ..Kind::PLAIN
    },
    // Taxpayer Identification Number of the Federal Inland Revenue Service.
    Kind {
        shapes: &["[0-9]{8}-?[0-9]{4}"],
        ..Kind::PLAIN
    },
    // Bank Verification Number, or National Identification Number.
    Kind {
        shapes: &["[0-9]{11}"],
        ..Kind::PLAIN
    },
    // Tax ID of 2026.
    Kind {
        shapes: &["[0-9]{13}"],
        ..Kind::PLAIN
    },
    // Registration with the Corporate Affairs Commission.
    Kind {
        shapes: &[
            "RC[-/ :]?[0-9]{1,8}",
            "BN[-/ :]?[0-9]{1,8}",
            "IT[-/ :]?[0-9]{1,8}",
            "LP[-/ :]?[0-9]{1,8}",
            "LLP[-/ :]?[0-9]{1,8}",
        ],
        for_businesses_only: true,
        ..Kind::PLAIN
    },
];

const CANADA: &[Kind] = &[
    // Social Insurance Number.
    Kind {
        shapes: &[
            "[0-9]{9}",
            "[0-9]{3} [0-9]{3} [0-9]{3}",
            "[0-9]{3}-[0-9]{3}-[0-9]{3}",
        ],
        is_on_page: true,
        may_exist: certainty::canadian,
        ..Kind::PLAIN
    },
    // Business Number, alone or with a program account (Canada Revenue Agency, *Business number and program accounts*).
    Kind {
        shapes: &[
            "[0-9]{5} ?[0-9]{4}",
            "[0-9]{5} ?[0-9]{4}[- ]?[A-Z]{2}[0-9]{4}",
        ],
        for_businesses_only: true,
        may_exist: certainty::canadian,
        ..Kind::PLAIN
    },
    // Trust account number.
    Kind {
        shapes: &["T[0-9]{8}"],
        ..Kind::PLAIN
    },
];

const UNITED_KINGDOM: &[Kind] = &[
    // Unique Taxpayer Reference. People write a K before or after it, which is not part of it and goes before it is judged:
    // HMRC's own pattern for asking for one (`hmrc/assets-frontend`).
    Kind {
        shapes: &[
            "[0-9]{5} ?[0-9]{5}",
            "K ?[0-9]{5} ?[0-9]{5}",
            "[0-9]{5} ?[0-9]{5} ?K",
        ],
        separators: " K",
        is_on_page: true,
        may_exist: certainty::unique_taxpayer_reference,
        ..Kind::PLAIN
    },
    // National Insurance number: HMRC, *National Insurance Manual* NIM39110.
    Kind {
        shapes: &["[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]"],
        excluded_prefixes: &["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"],
        ..Kind::PLAIN
    },
];

const UNITED_STATES: &[Kind] = &[
    // Social Security number.
    Kind {
        shapes: &[
            "[0-9]{9}",
            "[0-9]{3}-[0-9]{2}-[0-9]{4}",
            "[0-9]{3} [0-9]{2} [0-9]{4}",
        ],
        is_on_page: true,
        may_exist: certainty::social_security,
        ..Kind::PLAIN
    },
    // Individual Taxpayer Identification Number.
    Kind {
        shapes: &[
            "9[0-9]{8}",
            "9[0-9]{2}-[0-9]{2}-[0-9]{4}",
            "9[0-9]{2} [0-9]{2} [0-9]{4}",
        ],
        may_exist: certainty::individual_taxpayer,
        ..Kind::PLAIN
    },
    // Employer Identification Number.
    Kind {
        shapes: &["[0-9]{9}", "[0-9]{2}-[0-9]{7}"],
        for_businesses_only: true,
        is_on_page: true,
        ..Kind::PLAIN
    },
];
