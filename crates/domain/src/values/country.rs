//! Where a customer lives or is incorporated.

use super::Rejected;

/// A country that Vouch serves: of residence or incorporation, not of nationality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Country {
    /// `NG`
    Nigeria,
    /// `CA`
    Canada,
    /// `GB`
    UnitedKingdom,
    /// `US`
    UnitedStates,
}

impl Country {
    /// All that are served.
    pub const ALL: [Self; 4] = [
        Self::Nigeria,
        Self::Canada,
        Self::UnitedKingdom,
        Self::UnitedStates,
    ];

    /// The ISO 3166-1 alpha-2 code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nigeria => "NG",
            Self::Canada => "CA",
            Self::UnitedKingdom => "GB",
            Self::UnitedStates => "US",
        }
    }

    /// Reads the code, byte for byte: neither `gb` nor `UK` is one.
    ///
    /// # Errors
    /// [`Rejected`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|country| country.as_str() == text)
            .ok_or(Rejected("must be one of NG, CA, GB, US"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_nothing_else_does() {
        for country in Country::ALL {
            assert_eq!(Country::parse(country.as_str()), Ok(country));
        }
        for text in ["", "UK", "gb", "GBR", "GB ", " GB", "GB\n", "ＧＢ", "FR"] {
            assert!(Country::parse(text).is_err(), "{text:?}");
        }
    }
}
