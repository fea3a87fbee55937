//! What the judgement of a value depends on besides the value.

use chrono::NaiveDate;

use crate::tenant::Env;

/// Facts from published standards whose tables are too large for the domain to carry.
pub trait Standards: Send + Sync {
    /// Unicode normalisation form C (Unicode Standard Annex 15).
    fn nfc(&self, text: &str) -> String;

    /// Whether a number in E.164 notation (`+` and digits) is possible by its country's numbering plan: a known country
    /// code and a length that exists there.
    fn is_possible_phone(&self, e164: &str) -> bool;
}

/// The rules of one judgement.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The day of the request, in UTC.
    pub today: NaiveDate,
    /// Certainty checks depend on it.
    pub env: Env,
    /// The operator's choices.
    pub policy: Policy,
    /// Facts from outside.
    pub standards: &'a dyn Standards,
}

impl Rules<'_> {
    /// Whether check digits and never-issued numbers are refused in this request.
    #[must_use]
    pub fn tin_certainty(&self) -> bool {
        match self.policy.tin_checks {
            TinChecks::Live => self.env == Env::Live,
            TinChecks::Always => true,
            TinChecks::Never => false,
        }
    }
}

/// What an operator may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// When to judge check digits.
    pub tin_checks: TinChecks,
    /// Which kinds of tax number to take.
    pub tin_kinds: TinKinds,
    /// The least age of an individual, in years. 18 by default.
    pub minimum_age: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tin_checks: TinChecks::Live,
            tin_kinds: TinKinds::All,
            minimum_age: 18,
        }
    }
}

/// In which env a tax number's check digits, and numbers never issued, are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TinChecks {
    /// In `live` only: test data is rarely valid.
    Live,
    /// In both.
    Always,
    /// In neither.
    Never,
}

/// Which kinds of tax number are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TinKinds {
    /// Every kind that a country issues.
    All,
    /// Only the formats that the public Remittance page names.
    Page,
}
