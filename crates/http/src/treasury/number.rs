//! JSON numbers that never were binary floats.

use std::fmt::Display;

use serde::{Serialize, Serializer, ser::Error};
use serde_json::value::RawValue;

/// A number that is written as its decimal shows itself.
pub(super) struct Number(String);

impl Number {
    /// The number that this text is.
    pub(super) fn new(decimal: impl Display) -> Self {
        Self(decimal.to_string())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.0.clone()).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_to_the_last_digit() {
        for (decimal, expected) in [
            ("0.1", Some("0.1")),
            ("999999999.999999", Some("999999999.999999")),
            ("900000000.000001", Some("900000000.000001")),
            ("no number", None),
        ] {
            let written = serde_json::to_string(&Number::new(decimal)).ok();
            assert_eq!(written.as_deref(), expected);
        }
    }
}
