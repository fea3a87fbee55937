//! Currencies and amounts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A currency that the platform has a wallet in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Currency {
    Ngn,
    Gbp,
    Eur,
    Usd,
    Cad,
}

impl Currency {
    /// All of them, by their ids, which begin with 1.
    pub(crate) const ALL: [Self; 5] = [Self::Ngn, Self::Gbp, Self::Eur, Self::Usd, Self::Cad];

    /// The ISO 4217 code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ngn => "NGN",
            Self::Gbp => "GBP",
            Self::Eur => "EUR",
            Self::Usd => "USD",
            Self::Cad => "CAD",
        }
    }

    /// The rail's number for it.
    pub(crate) fn id(self) -> u8 {
        match self {
            Self::Ngn => 1,
            Self::Gbp => 2,
            Self::Eur => 3,
            Self::Usd => 4,
            Self::Cad => 5,
        }
    }

    /// The currency that a field names by code or by id, as a number or a text.
    pub(crate) fn named(value: &Value) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| match value {
            Value::String(text) => *text == currency.code() || *text == currency.id().to_string(),
            other => other.as_u64() == Some(u64::from(currency.id())),
        })
    }
}

/// An amount of money in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Amount(pub(crate) i64);

/// More than any wallet holds, and small enough for a float to hold it with its cents.
const MAX_UNITS: f64 = 1e12;

impl Amount {
    /// From a JSON number above 0 with at most two decimals.
    pub(crate) fn parse(value: &Value) -> Option<Self> {
        let units = value
            .as_f64()
            .filter(|units| (0.0..=MAX_UNITS).contains(units))?;
        let minor = (units * 100.0).round();
        // A number of two decimals is the one nearest to its minor units.
        if minor / 100.0 != units || minor < 1.0 {
            return None;
        }
        Some(Self(minor as i64))
    }

    /// As the rail writes it: a number, not a text.
    pub(crate) fn json(self) -> Value {
        json!(self.0 as f64 / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_decimals_at_most() {
        for (number, minor) in [
            (json!(1), Some(100)),
            (json!(0.01), Some(1)),
            (json!(10.25), Some(1025)),
            (json!(0.29), Some(29)),
            (json!(9_999_999_999.99), Some(999_999_999_999)),
            (json!(1.005), None),
            (json!(0), None),
            (json!(0.001), None),
            (json!(-1), None),
            (json!(2e12), None),
            (json!("1.00"), None),
            (json!(null), None),
        ] {
            assert_eq!(Amount::parse(&number), minor.map(Amount), "{number}");
        }
    }

    #[test]
    fn amounts_are_written_as_they_were_read() {
        for text in ["0.01", "10.25", "0.29", "9999999999.99"] {
            let number: Value = serde_json::from_str(text).unwrap_or_default();
            let amount = Amount::parse(&number).map(Amount::json);
            assert_eq!(
                amount.map(|amount| amount.to_string()).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn currencies_go_by_code_and_by_id() {
        for name in [json!("CAD"), json!("5"), json!(5)] {
            assert_eq!(Currency::named(&name), Some(Currency::Cad), "{name}");
        }
        for name in [json!("cad"), json!(6), json!(0), json!(null), json!(5.5)] {
            assert_eq!(Currency::named(&name), None, "{name}");
        }
    }
}
