//! Blockchains as the Treasury contract names them: by number, with addresses and transactions that are text.

use super::{
    Rejected,
    text::{is_free_text, text_value},
};

/// The number of a blockchain at the liquidity provider: from 1 to 2⁵³ − 1, the greatest that every JSON reader keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(i64);

impl ChainId {
    /// The greatest number.
    const MOST: i64 = (1 << 53) - 1;

    /// Takes a number.
    ///
    /// # Errors
    /// [`Rejected`] below 1 and above 2⁵³ − 1.
    pub fn new(number: i64) -> Result<Self, Rejected> {
        if !(1..=Self::MOST).contains(&number) {
            return Err(Rejected("must be a whole number of at least 1"));
        }
        Ok(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// The longest name of a blockchain in characters.
const LONGEST_NAME: usize = 64;

text_value! {
    /// What people call a blockchain, such as `Polygon`: 1 to 64 characters.
    ChainName, read by as_str, stored as |text| is_free_text(text, LONGEST_NAME)
}

impl ChainName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Rejected`] for another length, spaces around it, and control characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if !is_free_text(text, LONGEST_NAME) {
            return Err(Rejected(
                "must be 1 to 64 characters without control characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

text_value! {
    /// An address that is paid out to: 32 to 64 characters of
    /// [base58](https://datatracker.ietf.org/doc/html/draft-msporny-base58-03), as Solana has them.
    Base58Address, read by as_str, stored as is_base58_address
}

impl Base58Address {
    /// Reads an address, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for another length and for characters that base58 leaves out.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if !is_base58_address(text) {
            return Err(Rejected("must be 32 to 64 base58 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

text_value! {
    /// An address or the contract of a token on any chain: 4 to 128 visible ASCII characters. A token may also go by its
    /// symbol.
    ChainAddress, read by as_str, stored as is_chain_address
}

impl ChainAddress {
    /// Reads the address of an account, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] unless it is 8 to 128 visible ASCII characters.
    pub fn parse_account(text: &str) -> Result<Self, Rejected> {
        if !is_chain_address(text) || text.len() < 8 {
            return Err(Rejected("must be 8 to 128 visible ASCII characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads the address or the symbol of a token, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] unless it is 4 to 128 visible ASCII characters.
    pub fn parse_token(text: &str) -> Result<Self, Rejected> {
        if !is_chain_address(text) {
            return Err(Rejected("must be 4 to 128 visible ASCII characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

text_value! {
    /// The hash or signature of a transaction, or another id of the liquidity provider's: 1 to 128 visible ASCII
    /// characters.
    TransactionHash, read by as_str, stored as is_transaction_hash
}

impl TransactionHash {
    /// Reads a hash, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] unless it is 1 to 128 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if !is_transaction_hash(text) {
            return Err(Rejected("must be 1 to 128 visible ASCII characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_base58_address(text: &str) -> bool {
    let is_base58 =
        |byte: u8| byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l');
    (32..=64).contains(&text.len()) && text.bytes().all(is_base58)
}

fn is_chain_address(text: &str) -> bool {
    (4..=128).contains(&text.len()) && is_visible(text)
}

fn is_transaction_hash(text: &str) -> bool {
    (1..=128).contains(&text.len()) && is_visible(text)
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    /// A token account of Solana.
    const ADDRESS: &str = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";

    #[test]
    fn base58_addresses_have_their_alphabet_and_length() {
        for (text, expected) in [
            (ADDRESS.to_owned(), true),
            ("1".repeat(32), true),
            ("z".repeat(64), true),
            ("1".repeat(31), false),
            ("1".repeat(65), false),
            (format!("{ADDRESS}0"), false),
            (format!("{ADDRESS}O"), false),
            (format!("{ADDRESS}I"), false),
            (format!("{ADDRESS}l"), false),
            (format!("{ADDRESS} "), false),
            (format!("{ADDRESS}é"), false),
            (String::new(), false),
        ] {
            assert_eq!(Base58Address::parse(&text).is_ok(), expected, "{text}");
            assert_eq!(Base58Address::restore(text.clone()).is_ok(), expected);
        }
    }

    #[test]
    fn other_texts_of_chains_are_visible_and_of_their_length() {
        let accepts = |text: &str| {
            (
                ChainAddress::parse_account(text).is_ok(),
                ChainAddress::parse_token(text).is_ok(),
                TransactionHash::parse(text).is_ok(),
            )
        };
        for (text, expected) in [
            (
                "0x71C7656EC7ab88b098defB751B7401B5f6d8976F",
                (true, true, true),
            ),
            ("12345678", (true, true, true)),
            ("1234567", (false, true, true)),
            ("USDC", (false, true, true)),
            ("USD", (false, false, true)),
            ("", (false, false, false)),
            ("two words", (false, false, false)),
            ("tab\tbed in", (false, false, false)),
            ("éééééééé", (false, false, false)),
        ] {
            assert_eq!(accepts(text), expected, "{text:?}");
        }
        assert_eq!(accepts(&"a".repeat(128)), (true, true, true));
        assert_eq!(accepts(&"a".repeat(129)), (false, false, false));
    }

    #[test]
    fn names_of_chains_are_short_texts() {
        for (text, expected) in [
            ("Polygon", true),
            ("Arbitrum One", true),
            (&"é".repeat(64), true),
            (&"é".repeat(65), false),
            ("", false),
            (" Base", false),
            ("Ba\tse", false),
        ] {
            assert_eq!(ChainName::parse(text).is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn chains_are_numbers_that_every_json_reader_keeps() {
        for (number, expected) in [
            (1, true),
            (792_703_809, true),
            (9_007_199_254_740_991, true),
            (9_007_199_254_740_992, false),
            (0, false),
            (-1, false),
            (i64::MAX, false),
        ] {
            assert_eq!(ChainId::new(number).is_ok(), expected, "{number}");
        }
    }
}
