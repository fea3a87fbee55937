//! Addresses and transactions that look like Solana's and Ethereum's.

use sha2::{Digest, Sha256};
use uuid::Uuid;
use vouch_domain::{
    ports::LiquidityFailure,
    values::{ChainAddress, TransactionHash},
};

use crate::SandboxLiquidity;

/// As [Bitcoin's](https://datatracker.ietf.org/doc/html/draft-msporny-base58-03).
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

impl SandboxLiquidity {
    /// The address of this purpose for this object: 32 bytes in base58.
    pub(crate) fn address(
        &self,
        purpose: &str,
        object: Uuid,
    ) -> Result<ChainAddress, LiquidityFailure> {
        let text = encode(&self.hash(purpose, object));
        ChainAddress::parse_account(&text).map_err(|_| impossible())
    }

    /// The signature of this purpose for this object: 64 bytes in base58.
    pub(crate) fn signature(
        &self,
        purpose: &str,
        object: Uuid,
    ) -> Result<TransactionHash, LiquidityFailure> {
        let halves = [
            self.hash(purpose, object),
            self.hash(&format!("{purpose}, second half"), object),
        ];
        TransactionHash::parse(&encode(&halves.concat())).map_err(|_| impossible())
    }

    /// The address of this purpose for this object on a chain of Ethereum's kind: 20 bytes in hexadecimal.
    pub(crate) fn evm_address(
        &self,
        purpose: &str,
        object: Uuid,
    ) -> Result<ChainAddress, LiquidityFailure> {
        let text = hexadecimal(&self.hash(purpose, object)[..20]);
        ChainAddress::parse_account(&text).map_err(|_| impossible())
    }

    /// The transaction of this purpose for this object on a chain of Ethereum's kind: 32 bytes in hexadecimal.
    pub(crate) fn evm_transaction(
        &self,
        purpose: &str,
        object: Uuid,
    ) -> Result<TransactionHash, LiquidityFailure> {
        let text = hexadecimal(&self.hash(purpose, object));
        TransactionHash::parse(&text).map_err(|_| impossible())
    }

    fn hash(&self, purpose: &str, object: Uuid) -> [u8; 32] {
        let mut hash = Sha256::new();
        // Each part has an end of its own, so that no two of them run together.
        for part in [self.seed.as_bytes(), purpose.as_bytes(), object.as_bytes()] {
            hash.update([u8::try_from(part.len()).unwrap_or(u8::MAX)]);
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// Two digits for each byte, in lower case, which needs no checksum
/// ([ERC-55](https://eips.ethereum.org/EIPS/eip-55)).
fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("0x{}", digits.collect::<String>())
}

/// Digits of a long division by 58, and a `1` for each zero at the beginning.
fn encode(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| 0);
    let digits = zeros.chain(digits.into_iter().rev());
    digits
        .map(|digit| char::from(ALPHABET[usize::from(digit)]))
        .collect()
}

fn impossible() -> LiquidityFailure {
    LiquidityFailure::Unavailable {
        cause: "a simulated address has no form".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use std::time::Duration;

    use super::*;

    #[test]
    fn bytes_are_written_as_the_specification_has_it() {
        for (bytes, expected) in [
            (&b""[..], ""),
            (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
            (b"\x00\x00\x28\x7f\xb4\xcd", "11233QC4"),
            (
                b"The quick brown fox jumps over the lazy dog.",
                "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
            ),
        ] {
            assert_eq!(encode(bytes), expected);
        }
    }

    #[test]
    fn addresses_follow_from_seed_purpose_and_object() {
        let one = SandboxLiquidity::new("one", Duration::ZERO);
        let two = SandboxLiquidity::new("two", Duration::ZERO);
        let object = Uuid::from_u128(7);
        let address = one.address("deposit", object).unwrap();
        assert_eq!(one.address("deposit", object).unwrap(), address);
        assert!((32..=44).contains(&address.as_str().len()));
        assert!((64..=88).contains(&one.signature("payout", object).unwrap().as_str().len()));
        for (text, digits) in [
            (one.evm_address("deposit", object).unwrap().as_str(), 40),
            (one.evm_transaction("deposit", object).unwrap().as_str(), 64),
        ] {
            let hexadecimal = text.strip_prefix("0x").unwrap();
            assert_eq!(hexadecimal.len(), digits);
            assert!(hexadecimal.bytes().all(|digit| digit.is_ascii_hexdigit()));
        }
        for other in [
            one.address("wallet", object),
            one.address("deposit", Uuid::from_u128(8)),
            two.address("deposit", object),
        ] {
            assert_ne!(other.unwrap(), address);
        }
    }
}
