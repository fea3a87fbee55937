//! Names as they are shown beside what belongs to their bearers.

use super::{
    CustomerName, Rejected,
    text::{is_longer, text_value},
};

text_value! {
    /// The name of a customer as lists show it, whichever contract made it: 1 to 255 characters.
    DisplayName, read by as_str, stored as is_display_name
}

impl DisplayName {
    /// Takes a name.
    ///
    /// # Errors
    /// [`Rejected`] for an empty or longer text.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if !is_display_name(text) {
            return Err(Rejected("must be 1 to 255 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<&CustomerName> for DisplayName {
    fn from(name: &CustomerName) -> Self {
        Self(name.as_str().to_owned())
    }
}

fn is_display_name(text: &str) -> bool {
    !text.is_empty() && !is_longer(text, 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_1_to_255_characters() {
        for (text, expected) in [
            (String::new(), false),
            ("A".to_owned(), true),
            ("é".repeat(255), true),
            ("é".repeat(256), false),
        ] {
            assert_eq!(DisplayName::parse(&text).is_ok(), expected);
        }
    }
}
