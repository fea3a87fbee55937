//! The document that proves an identity.

use super::{
    Country, CustomerType, Rejected,
    pattern::matches,
    text::{code, text_value, without},
};

/// A kind of identity document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdType {
    /// A passport, of any country.
    Passport,
    /// A driving licence.
    DriversLicense,
    /// A national identity card.
    NationalId,
    /// A residence permit.
    ResidentPermit,
    /// A business's registration.
    CertificateOfIncorporation,
}

impl IdType {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Passport,
        Self::DriversLicense,
        Self::NationalId,
        Self::ResidentPermit,
        Self::CertificateOfIncorporation,
    ];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::DriversLicense => "drivers_license",
            Self::NationalId => "national_id",
            Self::ResidentPermit => "resident_permit",
            Self::CertificateOfIncorporation => "certificate_of_incorporation",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|id_type| id_type.as_str() == text)
            .ok_or(Rejected(
                "must be one of passport, drivers_license, national_id, resident_permit, certificate_of_incorporation",
            ))
    }

    /// Whether customers of this type in this country may prove who they are with it.
    #[must_use]
    pub fn is_accepted(self, country: Country, customer_type: CustomerType) -> bool {
        match (self, customer_type) {
            (Self::CertificateOfIncorporation, CustomerType::Business)
            | (Self::Passport | Self::DriversLicense, CustomerType::Individual) => true,
            (Self::NationalId, CustomerType::Individual) => country == Country::Nigeria,
            (Self::ResidentPermit, CustomerType::Individual) => country != Country::Nigeria,
            (Self::CertificateOfIncorporation, CustomerType::Individual)
            | (_, CustomerType::Business) => false,
        }
    }
}

text_value! {
    /// The number of an identity document, upper case, without separators; for a business its registration number.
    IdNumber, read by expose, stored as |text| matches("[A-Z0-9]{2,24}", text)
}

impl IdNumber {
    /// Reads the number of a document of the given kind.
    ///
    /// The country counts for registrations in the United Kingdom only: Companies House writes their numbers with eight
    /// characters, so digits alone are padded with zeros on the left.
    ///
    /// # Errors
    /// [`Rejected`] for what cannot be the number of such a document. A passport's shape is that of ICAO Doc 9303, part 4:
    /// at most nine letters and digits.
    pub fn parse(text: &str, country: Country, id_type: IdType) -> Result<Self, Rejected> {
        let text = code(text)?;
        match id_type {
            IdType::Passport => passport(text),
            IdType::DriversLicense | IdType::NationalId | IdType::ResidentPermit => card(&text),
            IdType::CertificateOfIncorporation => registration(&text, country),
        }
        .map(Self)
    }
}

fn passport(text: String) -> Result<String, Rejected> {
    let has_digit = text.contains(|character: char| character.is_ascii_digit());
    if !has_digit || !matches("[A-Z0-9]{6,9}", &text) {
        return Err(Rejected(
            "must be 6 to 9 letters and digits, at least one of them a digit",
        ));
    }
    Ok(text)
}

fn card(text: &str) -> Result<String, Rejected> {
    let number = without(text, " -");
    if !matches("[A-Z0-9]{4,24}", &number) {
        return Err(Rejected("must be 4 to 24 letters and digits"));
    }
    Ok(number)
}

fn registration(text: &str, country: Country) -> Result<String, Rejected> {
    let number = without(text, " -/");
    if !matches("[A-Z0-9]{2,20}", &number) {
        return Err(Rejected("must be 2 to 20 letters and digits"));
    }
    let is_bare = number.bytes().all(|byte| byte.is_ascii_digit());
    if country == Country::UnitedKingdom && is_bare {
        return Ok(format!("{number:0>8}"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::values::fake::TRAPS;
    use Country::{Canada, Nigeria, UnitedKingdom, UnitedStates};
    use IdType::{
        CertificateOfIncorporation, DriversLicense, NationalId, Passport, ResidentPermit,
    };

    #[test]
    fn words_read_back_and_nothing_else_does() {
        for id_type in IdType::ALL {
            assert_eq!(IdType::parse(id_type.as_str()), Ok(id_type));
        }
        for text in ["", "Passport", "passport ", "id_card", "drivers_licence"] {
            assert!(IdType::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn each_country_takes_its_own_documents() {
        for country in Country::ALL {
            let for_persons = match country {
                Nigeria => [Passport, DriversLicense, NationalId],
                Canada | UnitedKingdom | UnitedStates => [Passport, DriversLicense, ResidentPermit],
            };
            for id_type in IdType::ALL {
                let is_accepted = |holder| id_type.is_accepted(country, holder);
                assert_eq!(
                    is_accepted(CustomerType::Individual),
                    for_persons.contains(&id_type),
                    "{country:?} {id_type:?}"
                );
                assert_eq!(
                    is_accepted(CustomerType::Business),
                    id_type == CertificateOfIncorporation,
                    "{country:?} {id_type:?}"
                );
            }
        }
    }

    #[test]
    fn numbers_are_kept_upper_case_without_separators() {
        for (id_type, country, text, expected) in [
            (Passport, Nigeria, " a01234567 ", "A01234567"),
            (Passport, Canada, "AB1234", "AB1234"),
            (Passport, UnitedStates, "123456789", "123456789"),
            (
                DriversLicense,
                Canada,
                "a1234-56789-01234",
                "A12345678901234",
            ),
            (
                DriversLicense,
                UnitedKingdom,
                "morga 657054 sm9ij",
                "MORGA657054SM9IJ",
            ),
            (NationalId, Nigeria, "1234", "1234"),
            (
                ResidentPermit,
                UnitedStates,
                "SRC-12-345-67890",
                "SRC1234567890",
            ),
            (CertificateOfIncorporation, Nigeria, "rc/12-3 4", "RC1234"),
            (CertificateOfIncorporation, UnitedStates, "12", "12"),
            (
                CertificateOfIncorporation,
                UnitedKingdom,
                "sc123456",
                "SC123456",
            ),
            (
                CertificateOfIncorporation,
                UnitedKingdom,
                "1234567",
                "01234567",
            ),
            (CertificateOfIncorporation, UnitedKingdom, "12", "00000012"),
            (
                CertificateOfIncorporation,
                UnitedKingdom,
                "123456789",
                "123456789",
            ),
            (
                CertificateOfIncorporation,
                UnitedKingdom,
                "R12345",
                "R12345",
            ),
            (CertificateOfIncorporation, Canada, "1234567", "1234567"),
        ] {
            let number = IdNumber::parse(text, country, id_type);
            assert_eq!(number.unwrap().expose(), expected, "{id_type:?} {text}");
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for (id_type, text) in [
            (Passport, "ABCDEF"),
            (Passport, "A1234"),
            (Passport, "A123456789"),
            (Passport, "A12-34567"),
            (Passport, "A12 34567"),
            (DriversLicense, "123"),
            (DriversLicense, "1-2-3"),
            (DriversLicense, "1234567890123456789012345"),
            (DriversLicense, "12/34"),
            (NationalId, "12.34"),
            (ResidentPermit, "----"),
            (CertificateOfIncorporation, "1"),
            (CertificateOfIncorporation, "-/ 1"),
            (CertificateOfIncorporation, "123456789012345678901"),
            (CertificateOfIncorporation, "12.34"),
        ] {
            assert!(
                IdNumber::parse(text, UnitedKingdom, id_type).is_err(),
                "{id_type:?} {text}"
            );
        }
    }

    #[test]
    fn traps_are_refused_as_every_document() {
        for id_type in IdType::ALL {
            for text in TRAPS {
                assert!(
                    IdNumber::parse(text, Nigeria, id_type).is_err(),
                    "{id_type:?} {text:?}"
                );
            }
            assert!(IdNumber::parse(&"1".repeat(100_000), Nigeria, id_type).is_err());
        }
    }

    #[test]
    fn nothing_else_is_restored() {
        for text in ["", "1", "a1", "A-1", "1234567890123456789012345", "12\0"] {
            assert!(IdNumber::restore(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
