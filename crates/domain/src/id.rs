//! Typed, time-ordered identifiers.

use std::{cmp::Ordering, fmt, hash::Hash, hash::Hasher, marker::PhantomData};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A kind of thing that has ids of its own.
pub trait Kind: 'static {
    /// What stands before the underscore in the Remittance notation and in `Debug`, such as `ckcust`.
    const PREFIX: &'static str;
}

/// A UUIDv7 that names one `K`.
///
/// Ids are time-ordered, so lists page by id alone, and an id's own millisecond is its `created_at`.
/// There are two notations: the Remittance API's [`fmt::Display`] (`ckcust_` and 26 characters of Crockford base32, as
/// the [TypeID specification](https://github.com/jetify-com/typeid/tree/main/spec) has it), and the hyphenated UUID.
pub struct Id<K: Kind> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// The text is not an id of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in groups of five, the first group holding three.
const SUFFIX_LENGTH: usize = 26;

impl<K: Kind> Id<K> {
    /// Takes a UUID for an id of this kind. Only version 7 carries a time.
    ///
    /// # Errors
    /// [`NotAnId`] for any other version.
    pub fn from_uuid(uuid: Uuid) -> Result<Self, NotAnId> {
        if uuid.get_version_num() != 7 {
            return Err(NotAnId);
        }
        Ok(Self {
            uuid,
            kind: PhantomData,
        })
    }

    /// Takes a UUID that was made in order of time. Its version is set to 7, which such a UUID has anyway.
    #[must_use]
    pub fn of_time_ordered(uuid: Uuid) -> Self {
        let version = uuid::Version::SortRand;
        let uuid = uuid::Builder::from_bytes(uuid.into_bytes())
            .with_version(version)
            .into_uuid();
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// Reads the Remittance notation, lower case only.
    ///
    /// # Errors
    /// [`NotAnId`] for another prefix, length, alphabet or UUID version.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        let suffix = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(NotAnId)?;
        Self::from_uuid(Uuid::from_u128(decode(suffix)?))
    }

    /// Reads the Treasury notation, a hyphenated UUID in either case.
    ///
    /// # Errors
    /// [`NotAnId`] for another form and for another version.
    pub fn parse_hyphenated(text: &str) -> Result<Self, NotAnId> {
        // A UUID has other forms, which are longer or shorter.
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(NotAnId);
        }
        Self::from_uuid(Uuid::try_parse(text).map_err(|_| NotAnId)?)
    }

    /// Writes the Treasury notation.
    #[must_use]
    pub fn hyphenated(self) -> uuid::fmt::Hyphenated {
        self.uuid.hyphenated()
    }

    /// The bare UUID, for storage.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.uuid
    }

    /// The millisecond at which the id was made.
    #[must_use]
    pub fn created_at(self) -> DateTime<Utc> {
        let millis = self.uuid.as_u128() >> 80;
        i64::try_from(millis)
            .ok()
            .and_then(DateTime::from_timestamp_millis)
            .unwrap_or_default()
    }
}

fn decode(suffix: &str) -> Result<u128, NotAnId> {
    let bytes = suffix.as_bytes();
    // The first character holds three bits; more would not fit into 128.
    if bytes.len() != SUFFIX_LENGTH || bytes[0] > b'7' {
        return Err(NotAnId);
    }
    bytes.iter().try_fold(0_u128, |value, byte| {
        let digit = ALPHABET.iter().position(|known| known == byte);
        digit
            .map(|digit| (value << 5) | digit as u128)
            .ok_or(NotAnId)
    })
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.uuid.as_u128();
        let mut suffix = [0_u8; SUFFIX_LENGTH];
        for (position, byte) in suffix.iter_mut().enumerate() {
            let shift = 5 * (SUFFIX_LENGTH - 1 - position);
            *byte = ALPHABET[((value >> shift) & 31) as usize];
        }
        let suffix = std::str::from_utf8(&suffix).map_err(|_| fmt::Error)?;
        write!(out, "{}_{suffix}", K::PREFIX)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

// By hand, because derives would ask the same traits of `K`.
impl<K: Kind> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Kind> Copy for Id<K> {}
impl<K: Kind> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K: Kind> Eq for Id<K> {}
impl<K: Kind> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K: Kind> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K: Kind> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $prefix:literal, $alias:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        #[doc = concat!("The id of one `", stringify!($kind), "`.")]
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// A company that keeps customers.
    Organisation = "ckorg", OrganisationId;
    /// A person or business that an organisation moves money for.
    Customer = "ckcust", CustomerId;
    /// One entry of the append-only event log.
    Event = "ckevt", EventId;
    /// A change of a status that somebody asked for.
    StatusChange = "ckstc", StatusChangeId;
    /// Documents that were submitted for review.
    KycSubmission = "ckkyc", KycSubmissionId;
    /// A bank account that the rail keeps in a customer's name.
    VirtualAccount = "ckva", VirtualAccountId;
    /// Money sent to a recipient on a customer's behalf.
    Payout = "ckpo", PayoutId;
    /// A credential of an organisation.
    ApiKey = "ckkey", ApiKeyId;
    /// An exchange of one currency for another.
    Swap = "ckswap", SwapId;
    /// An address whose deposits are passed on to another chain.
    PaymentRoute = "ckroute", PaymentRouteId;
    /// What arrived at a payment route's address.
    Deposit = "ckdep", DepositId;
    /// A file that shows something of a customer.
    File = "ckfile", FileId;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use proptest::prelude::*;

    fn id_at(millis: u64, random: &[u8; 10]) -> CustomerId {
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid();
        CustomerId::from_uuid(uuid).unwrap()
    }

    #[test]
    fn the_notation_is_that_of_typeid() {
        // The valid example of the TypeID specification, with our prefix.
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let id = CustomerId::from_uuid(uuid).unwrap();
        assert_eq!(id.to_string(), "ckcust_01h455vb4pex5vsknk084sn02q");
        assert_eq!(id.created_at().timestamp_millis(), 0x0189_0a5d_ac96);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "ckcust_",
            "01h455vb4pex5vsknk084sn02q",
            "ckevt_01h455vb4pex5vsknk084sn02q",
            "ckcust_01H455VB4PEX5VSKNK084SN02Q",
            "ckcust_01h455vb4pex5vsknk084sn02",
            "ckcust_01h455vb4pex5vsknk084sn02qq",
            "ckcust_81h455vb4pex5vsknk084sn02q",
            "ckcust_01h455vb4pex5vsknk084sn02u",
            "ckcust_00000000000000000000000000",
            "ckcust_01h455vb4pex5vsknk084sn0é",
        ] {
            assert_eq!(CustomerId::parse(text), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn the_other_notation_is_a_hyphenated_uuid() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057";
        let id = CustomerId::parse_hyphenated(text).unwrap();
        assert_eq!(id.hyphenated().to_string(), text);
        assert_eq!(CustomerId::parse_hyphenated(&text.to_uppercase()), Ok(id));
        for text in [
            "",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-474b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a805g",
            "ckcust_01h455vb4pex5vsknk084sn02q",
        ] {
            assert_eq!(CustomerId::parse_hyphenated(text), Err(NotAnId), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_agree(millis in 0_u64..1 << 47, random: [u8; 10]) {
            let id = id_at(millis, &random);
            prop_assert_eq!(CustomerId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(id.created_at().timestamp_millis().cast_unsigned(), millis);
        }

        #[test]
        fn text_order_is_time_order(a in 0_u64..1 << 47, b in 0_u64..1 << 47, random: [u8; 10]) {
            let (first, second) = (id_at(a, &random), id_at(b, &random));
            prop_assert_eq!(a.cmp(&b), first.cmp(&second));
            prop_assert_eq!(a.cmp(&b), first.to_string().cmp(&second.to_string()));
        }
    }
}
