//! The published standards that the domain's rules ask about.

use phonenumber::{Type, metadata::DATABASE};
use unicode_normalization::UnicodeNormalization;
use vouch_domain::values::Standards;

/// Unicode and the world's numbering plans, as the libraries `unicode-normalization` and `phonenumber` (a port of
/// Google's libphonenumber) carry them.
#[derive(Debug, Clone, Copy, Default)]
pub struct PublishedStandards;

impl Standards for PublishedStandards {
    fn nfc(&self, text: &str) -> String {
        text.nfc().collect()
    }

    fn is_possible_phone(&self, e164: &str) -> bool {
        let digits = e164.strip_prefix('+').unwrap_or_default();
        // No country code is the beginning of another, so the first that is known is the one.
        (1..=3)
            .find_map(|length| has_possible_length(digits.get(..length)?, digits.get(length..)?))
            .unwrap_or(false)
    }
}

/// Loads the numbering plans, which takes a noticeable part of a second, before the first request needs them.
pub(crate) fn load_in_background() {
    std::thread::spawn(|| PublishedStandards.is_possible_phone("+1"));
}

/// The kinds of number that can be dialled from abroad. A plan gives lengths for each kind that it has.
const KINDS: [Type; 10] = [
    Type::FixedLine,
    Type::Mobile,
    Type::TollFree,
    Type::PremiumRate,
    Type::SharedCost,
    Type::PersonalNumber,
    Type::Voip,
    Type::Pager,
    Type::Uan,
    Type::Voicemail,
];

/// Whether a national number of this length exists under the country code; nothing when the code is not assigned.
fn has_possible_length(country_code: &str, national: &str) -> Option<bool> {
    let regions = DATABASE.by_code(&country_code.parse().ok()?)?;
    let mut kinds = regions.iter().flat_map(|region| {
        let descriptors = region.descriptors();
        KINDS.into_iter().filter_map(|kind| descriptors.get(kind))
    });
    Some(kinds.any(|kind| {
        let mut lengths = kind.possible_length().iter();
        lengths.any(|length| usize::from(*length) == national.len())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_composed() {
        assert_eq!(PublishedStandards.nfc("e\u{301}"), "é");
    }

    #[test]
    fn numbering_plans_decide_what_is_possible() {
        for (number, expected) in [
            ("+14165550123", true),
            ("+2348031234567", true),
            ("+442079460000", true),
            ("+4930123456", true),
            ("+861065529988", true),
            ("+390612345678", true),
            ("+80012345678", true),
            ("+1416555012", false),
            ("+141655501234", false),
            ("+44207946000012", false),
            ("+99912345678", false),
            ("+2101234567", false),
            ("+", false),
            ("", false),
            ("14165550123", false),
        ] {
            assert_eq!(
                PublishedStandards.is_possible_phone(number),
                expected,
                "{number}"
            );
        }
    }
}
