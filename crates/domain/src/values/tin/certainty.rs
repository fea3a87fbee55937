//! What is certain about a tax number from its digits alone. Every function takes the bare number, in its shape.

/// A Canadian number starts with nine digits that pass the Luhn check (ISO/IEC 7812-1, annex B). Nine zeros pass it too,
/// but are never issued.
pub(super) fn canadian(number: &str) -> bool {
    let nine = number.get(..9).unwrap_or(number);
    nine != "000000000" && passes_luhn(nine)
}

/// The sum of all digits, every second from the right doubled and its own digits added, is a multiple of ten.
fn passes_luhn(number: &str) -> bool {
    let sum: u32 = digits(number)
        .rev()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

/// The first digit checks the nine after it: HMRC's own code, `hmrc/reference-checker`.
pub(super) fn unique_taxpayer_reference(number: &str) -> bool {
    const WEIGHTS: [u32; 9] = [6, 7, 8, 9, 10, 5, 4, 3, 2];
    const CHECK_DIGITS: [u32; 11] = [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    let sum: u32 = digits(number)
        .skip(1)
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    digits(number).next() == Some(CHECK_DIGITS[sum as usize % 11])
}

/// Areas, groups and serials never assigned (Social Security Administration, *Social Security Number Randomization*), and
/// two numbers made void by being printed (its *Social Security Cards Issued by Woolworth*).
pub(super) fn social_security(number: &str) -> bool {
    let (area, rest) = number.split_at(3);
    let (group, serial) = rest.split_at(2);
    !matches!(area, "000" | "666")
        && !area.starts_with('9')
        && group != "00"
        && serial != "0000"
        && !matches!(number, "078051120" | "219099999")
}

/// The fourth and fifth digits are of the ranges in use (TaxSlayer Pro, *Valid Range for ITINs*); the others are the
/// Internal Revenue Service's own and those of children being adopted.
pub(super) fn individual_taxpayer(number: &str) -> bool {
    let group = number.get(3..5).and_then(|group| group.parse().ok());
    matches!(group, Some(50..=65 | 70..=88 | 90..=92 | 94..=99))
}

fn digits(number: &str) -> impl DoubleEndedIterator<Item = u32> + '_ {
    number.chars().filter_map(|digit| digit.to_digit(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canadian_numbers_pass_the_luhn_check() {
        for (number, expected) in [
            ("046454286", true),
            ("130692544", true),
            ("130692544RC0001", true),
            ("123456782", true),
            ("123456789", false),
            ("123456789RC0001", false),
            ("130692545", false),
            ("000000000", false),
            ("000000000RC0001", false),
        ] {
            assert_eq!(canadian(number), expected, "{number}");
        }
    }

    #[test]
    fn every_wrong_digit_fails_the_luhn_check() {
        for position in 0..9 {
            for digit in '0'..='9' {
                let mut number: Vec<char> = "046454286".chars().collect();
                let is_right = number[position] == digit;
                number[position] = digit;
                let number: String = number.into_iter().collect();
                assert_eq!(canadian(&number), is_right, "{number}");
            }
        }
    }

    #[test]
    fn one_first_digit_at_most_fits_a_taxpayer_reference() {
        // One reference for each remainder, 0 to 10, of the weighted sum of its last nine digits.
        for (rest, check) in [
            ("234567890", '2'),
            ("000000006", '1'),
            ("000000001", '9'),
            ("000000007", '8'),
            ("000000002", '7'),
            ("000000008", '6'),
            ("000000003", '5'),
            ("000000009", '4'),
            ("000000004", '3'),
            ("000100000", '2'),
            ("000000005", '1'),
        ] {
            for first in '0'..='9' {
                let number = format!("{first}{rest}");
                assert_eq!(
                    unique_taxpayer_reference(&number),
                    first == check,
                    "{number}"
                );
            }
        }
    }

    #[test]
    fn social_security_numbers_never_issued_are_known() {
        for (number, expected) in [
            ("001010001", true),
            ("665010001", true),
            ("667010001", true),
            ("899999999", true),
            ("000010001", false),
            ("666010001", false),
            ("900010001", false),
            ("999999999", false),
            ("123006789", false),
            ("123450000", false),
            ("078051120", false),
            ("219099999", false),
            ("078051121", true),
            ("219099998", true),
        ] {
            assert_eq!(social_security(number), expected, "{number}");
        }
    }

    #[test]
    fn individual_taxpayers_have_groups_of_their_own() {
        let issued: Vec<u32> = (0..100)
            .filter(|group| individual_taxpayer(&format!("900{group:02}0001")))
            .collect();
        let ranges = [50..=65, 70..=88, 90..=92, 94..=99];
        assert_eq!(issued, ranges.into_iter().flatten().collect::<Vec<_>>());
    }
}
