//! What the text values have in common: how they are declared, normalised and matched.

use super::Rejected;

/// Declares a value that is a text: its type, the word that reads it (`expose` where it is sealed at rest, else `as_str`),
/// a redacted `Debug`, and `restore` by the shape that every stored value has.
macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, read by $read:ident, stored as $is_stored:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text, normalised.
            #[must_use]
            pub fn $read(&self) -> &str {
                &self.0
            }

            /// Takes back what was accepted before and stored.
            ///
            /// # Errors
            /// [`Rejected`](crate::values::Rejected) if no value of this type was ever stored like that.
            pub fn restore(stored: String) -> Result<Self, crate::values::Rejected> {
                let is_stored: fn(&str) -> bool = $is_stored;
                if !is_stored(&stored) {
                    return Err(crate::values::Rejected("is not as it was stored"));
                }
                Ok(Self(stored))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
pub(super) use text_value;

/// The longest code or number in characters, before trimming.
const LONGEST_CODE: usize = 64;

/// Normalises a code or a number: printable ASCII, trimmed of spaces, upper case.
///
/// Nothing beyond ASCII is folded, so a digit of another script, `²` or a no-break space is refused, not mistaken for the
/// character it looks like.
pub(super) fn code(text: &str) -> Result<String, Rejected> {
    if is_longer(text, LONGEST_CODE) {
        return Err(Rejected("must be at most 64 characters"));
    }
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Rejected("must be printable ASCII characters"));
    }
    Ok(trimmed(text).to_ascii_uppercase())
}

/// Removes U+0020 from both ends, and no other white space.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(' ')
}

/// Whether the text has more than `most` characters; looks no further than that.
pub(super) fn is_longer(text: &str, most: usize) -> bool {
    text.chars().nth(most).is_some()
}

/// The text without those of its characters that only group it.
pub(super) fn without(text: &str, separators: &str) -> String {
    text.chars()
        .filter(|character| !separators.contains(*character))
        .collect()
}

/// Whether the text is free text as it is stored: 1 to `most` characters, trimmed, none of them a control character.
pub(super) fn is_free_text(text: &str, most: usize) -> bool {
    !text.is_empty()
        && !is_longer(text, most)
        && trimmed(text) == text
        && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::values::{Email, fake::TRAPS};

    #[test]
    fn codes_are_trimmed_of_spaces_and_made_upper_case() {
        for (text, expected) in [("", ""), ("   ", ""), (" ab-1 ", "AB-1"), ("a b~", "A B~")] {
            assert_eq!(code(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn codes_are_printable_ascii_and_nothing_is_mistaken_for_it() {
        for text in TRAPS
            .into_iter()
            .filter(|text| !text.trim_matches(' ').is_empty())
        {
            assert!(code(text).is_err(), "{text:?}");
        }
        assert!(code("a\u{7f}").is_err());
        // Upper case of `ß` would be two letters of ASCII, lower case of the Kelvin sign one.
        assert!(code("ß").is_err());
        assert!(code("\u{212a}").is_err());
    }

    #[test]
    fn codes_are_at_most_64_characters_before_trimming() {
        assert!(code(&"1".repeat(64)).is_ok());
        assert!(code(&"1".repeat(65)).is_err());
        assert!(code(&format!("1{}", " ".repeat(64))).is_err());
    }

    #[test]
    fn free_text_is_trimmed_of_spaces_only() {
        for (text, expected) in [
            ("a", true),
            ("a b", true),
            ("abc", true),
            ("\u{a0}a", true),
            ("", false),
            (" a", false),
            ("a ", false),
            ("abcd", false),
            ("a\0", false),
            ("a\n", false),
            ("\u{85}", false),
        ] {
            assert_eq!(is_free_text(text, 3), expected, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_the_type_alone() {
        let email = Email::parse("someone@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email(…)");
    }
}
