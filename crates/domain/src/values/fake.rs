//! Rules for the tests of this crate.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use chrono::NaiveDate;

use super::{Policy, Rules, Standards};
use crate::tenant::Env;

/// Composes `é` and no other letter; has phone numbers of 9 to 15 digits, and none of the unassigned country code 999.
pub(crate) struct FakeStandards;

impl Standards for FakeStandards {
    fn nfc(&self, text: &str) -> String {
        text.replace("e\u{301}", "é")
    }

    fn is_possible_phone(&self, e164: &str) -> bool {
        e164.len() > 9 && !e164.starts_with("+999")
    }
}

/// The day of every test that does not choose its own.
pub(crate) const TODAY: &str = "2026-01-15";

/// The default rules of an env on [`TODAY`].
pub(crate) fn rules(env: Env) -> Rules<'static> {
    Rules {
        env,
        ..rules_on(TODAY)
    }
}

/// The default rules of the test env on a day.
pub(crate) fn rules_on(today: &str) -> Rules<'static> {
    Rules {
        today: today.parse::<NaiveDate>().unwrap(),
        env: Env::Test,
        policy: Policy::default(),
        standards: &FakeStandards,
    }
}

/// What no code, number or date is, whatever its type: each looks like something that is.
pub(crate) const TRAPS: [&str; 12] = [
    "",
    " ",
    "１２３４５６７８９０",
    "١٢٣٤٥٦٧٨٩٠",
    "12345678²",
    "\u{a0}1234567890",
    "1234567890\u{a0}",
    "1234567890\n",
    "\t1234567890",
    "1234567890\0",
    "1234567890\u{200b}",
    "ＡＢ１２３４５６Ｃ",
];
