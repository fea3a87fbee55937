//! The currencies of virtual accounts and payouts.

use super::Rejected;

/// A currency that the rail holds for customers. All have two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FiatCurrency {
    /// Pounds sterling.
    Gbp,
    /// US dollars.
    Usd,
    /// Euros.
    Eur,
    /// Canadian dollars.
    Cad,
}

impl FiatCurrency {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Gbp, Self::Usd, Self::Eur, Self::Cad];
    /// Those that virtual accounts are opened in: the Remittance contract, section 9.
    pub const OF_ACCOUNTS: [Self; 3] = [Self::Gbp, Self::Usd, Self::Eur];
    /// Those that are paid out, likewise.
    pub const OF_PAYOUTS: [Self; 1] = [Self::Cad];

    /// The ISO 4217 code, as it stands on the wire, in the database and at the rail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gbp => "GBP",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Cad => "CAD",
        }
    }

    /// Reads the code, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|currency| currency.as_str() == text)
            .ok_or(Rejected("must be a known currency"))
    }

    /// Reads the currency of a virtual account.
    ///
    /// # Errors
    /// [`Rejected`] for every other currency.
    pub fn of_account(text: &str) -> Result<Self, Rejected> {
        let currency = Self::parse(text).ok();
        currency
            .filter(|currency| Self::OF_ACCOUNTS.contains(currency))
            .ok_or(Rejected("must be one of GBP, USD, EUR"))
    }

    /// Reads the currency of a payout.
    ///
    /// # Errors
    /// [`Rejected`] for every other currency.
    pub fn of_payout(text: &str) -> Result<Self, Rejected> {
        let currency = Self::parse(text).ok();
        currency
            .filter(|currency| Self::OF_PAYOUTS.contains(currency))
            .ok_or(Rejected("must be CAD"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_serve_their_purpose_alone() {
        for currency in FiatCurrency::ALL {
            let code = currency.as_str();
            assert_eq!(FiatCurrency::parse(code), Ok(currency));
            let is_of_account = FiatCurrency::OF_ACCOUNTS.contains(&currency);
            assert_eq!(FiatCurrency::of_account(code).is_ok(), is_of_account);
            assert_eq!(FiatCurrency::of_payout(code).is_ok(), !is_of_account);
        }
        for text in ["", "gbp", "NGN", "GBP ", "826"] {
            assert!(FiatCurrency::parse(text).is_err(), "{text}");
            assert!(FiatCurrency::of_account(text).is_err(), "{text}");
            assert!(FiatCurrency::of_payout(text).is_err(), "{text}");
        }
    }
}
