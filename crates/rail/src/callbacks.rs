//! Who signed a callback, and what it is about.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vouch_domain::ports::{PresentedCallback, RailCallbacks, RailNotice};

use crate::notice::notice;

/// How far from now a callback may have been signed: the vendor's own advice.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Callbacks under the secret that the rail gave when they were registered.
pub struct SignedCallbacks {
    keyed: Hmac<Sha256>,
}

/// The secret cannot sign anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the rail's callbacks must not be empty")]
pub struct NoSecret;

impl SignedCallbacks {
    /// Takes the secret, as the rail gave it.
    ///
    /// # Errors
    /// [`NoSecret`] for an empty one: anybody could sign.
    pub fn new(secret: &str) -> Result<Self, NoSecret> {
        if secret.is_empty() {
            return Err(NoSecret);
        }
        let keyed = Hmac::new_from_slice(secret.as_bytes()).map_err(|_| NoSecret)?;
        Ok(Self { keyed })
    }
}

impl fmt::Debug for SignedCallbacks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SignedCallbacks(…)")
    }
}

impl RailCallbacks for SignedCallbacks {
    fn is_genuine(&self, callback: &PresentedCallback<'_>, now: DateTime<Utc>) -> bool {
        let signed_at = callback.timestamp.parse().ok();
        let signed_at = signed_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let is_recent = signed_at.is_some_and(|time| (now - time).abs() <= TOLERANCE);
        let Some(signature) = from_hex(callback.signature) else {
            return false;
        };
        let mut mac = self.keyed.clone();
        mac.update(callback.timestamp.as_bytes());
        mac.update(b".");
        mac.update(callback.body);
        // In constant time.
        mac.verify(&signature.into()).is_ok() && is_recent
    }

    fn notice(&self, body: &[u8]) -> RailNotice {
        notice(body)
    }
}

/// The 32 bytes of a signature, whose digits may be of either case.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    /// What both of the vendor's SDKs make of this secret, time and body.
    const BODY: &str = r#"{"event_type":"customer.status_changed"}"#;
    const SIGNATURE: &str = "0b2fe5b33514f2f017ef7373d27b6c00f730c7d495b60f0aa048f4b830f85757";
    const SIGNED_AT: i64 = 1_700_000_000;

    fn is_genuine(secret: &str, timestamp: &str, signature: &str, body: &str, now: i64) -> bool {
        let presented = PresentedCallback {
            timestamp,
            signature,
            body: body.as_bytes(),
        };
        let now = DateTime::from_timestamp(now, 0).unwrap();
        SignedCallbacks::new(secret)
            .unwrap()
            .is_genuine(&presented, now)
    }

    #[test]
    fn the_vendors_signature_is_good_for_five_minutes() {
        for (shift, expected) in [
            (0, true),
            (300, true),
            (-300, true),
            (301, false),
            (-301, false),
        ] {
            let now = SIGNED_AT + shift;
            let found = is_genuine("sec", "1700000000", SIGNATURE, BODY, now);
            assert_eq!(found, expected, "{shift}");
        }
        let upper = SIGNATURE.to_uppercase();
        assert!(is_genuine("sec", "1700000000", &upper, BODY, SIGNED_AT));
    }

    #[test]
    fn anything_else_is_forged() {
        let (odd, other) = (SIGNATURE.replace('f', "g"), SIGNATURE.replacen('0', "1", 1));
        for (secret, timestamp, signature, body) in [
            ("other", "1700000000", SIGNATURE, BODY),
            ("sec", "1700000001", SIGNATURE, BODY),
            ("sec", "", SIGNATURE, BODY),
            ("sec", "99999999999999999999", SIGNATURE, BODY),
            ("sec", "9223372036854775807", SIGNATURE, BODY),
            ("sec", "1700000000", SIGNATURE, "{}"),
            ("sec", "1700000000", "", BODY),
            ("sec", "1700000000", &SIGNATURE[2..], BODY),
            ("sec", "1700000000", &odd, BODY),
            ("sec", "1700000000", &other, BODY),
        ] {
            let found = is_genuine(secret, timestamp, signature, body, SIGNED_AT);
            assert!(!found, "{secret} {timestamp} {signature} {body}");
        }
        assert!(SignedCallbacks::new("").is_err());
    }
}
