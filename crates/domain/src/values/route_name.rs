//! What an organisation calls a payment route.

use super::{
    Rejected,
    text::{is_free_text, is_longer, text_value, trimmed},
};

/// The longest name in characters.
const LONGEST: usize = 80;

text_value! {
    /// An organisation's name for a payment route: 2 to 80 characters, spaces around it removed.
    RouteName, read by as_str, stored as is_route_name
}

impl RouteName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Rejected`] for another length, counted without the spaces around it, and for control characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let text = trimmed(text);
        if !is_route_name(text) {
            return Err(Rejected(
                "must be 2 to 80 characters without control characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_route_name(text: &str) -> bool {
    is_free_text(text, LONGEST) && is_longer(text, 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn names_have_2_to_80_characters_without_the_spaces_around_them() {
        assert_eq!(RouteName::parse("  Rent ").unwrap().as_str(), "Rent");
        assert!(RouteName::parse(&"é".repeat(80)).is_ok());
        assert!(RouteName::parse(&format!("{}  ", "é".repeat(80))).is_ok());
        for text in ["", " ", "a", " a ", "a\nb", &"é".repeat(81)] {
            assert!(RouteName::parse(text).is_err(), "{text:?}");
        }
    }
}
