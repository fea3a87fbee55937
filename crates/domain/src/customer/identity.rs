//! Who a customer is: the data that never changes after its creation.

use crate::values::{Country, CustomerType, Email, IdIssueDate, IdNumber, IdType, Name, Tin};

/// The name under which the customer is known to the law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegalName {
    /// A person's.
    Individual {
        /// Given names.
        first: Name,
        /// Family names.
        last: Name,
    },
    /// A business's registered name.
    Business {
        /// As registered.
        name: Name,
    },
}

impl LegalName {
    /// Whose name it is.
    #[must_use]
    pub fn customer_type(&self) -> CustomerType {
        match self {
            Self::Individual { .. } => CustomerType::Individual,
            Self::Business { .. } => CustomerType::Business,
        }
    }

    /// First and last name, or the business's name: what lists search and other contracts show.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Self::Individual { first, last } => format!("{} {}", first.as_str(), last.as_str()),
            Self::Business { name } => name.as_str().to_owned(),
        }
    }
}

/// The immutable data of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The legal name, and with it the type.
    pub name: LegalName,
    /// Country of residence or incorporation.
    pub country: Country,
    /// What kind of document proves the identity.
    pub id_type: IdType,
    /// That document's number; for a business its registration number.
    pub id_number: IdNumber,
    /// The day the document was issued. Immutable, though not part of the comparison of identities.
    pub id_issue_date: Option<IdIssueDate>,
    /// Tax number.
    pub tin: Tin,
}

/// A field by which two requests are told to mean the same customer, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentityField {
    /// `type`
    Type,
    /// `first_name`
    FirstName,
    /// `last_name`
    LastName,
    /// `business_name`
    BusinessName,
    /// `email`: the current one, compared lower-cased.
    Email,
    /// `country`
    Country,
    /// `id_type`
    IdType,
    /// `id_number`
    IdNumber,
    /// `tin`
    Tin,
}

impl IdentityField {
    /// All, in the order of the create form.
    pub const ALL: [Self; 9] = [
        Self::Type,
        Self::FirstName,
        Self::LastName,
        Self::BusinessName,
        Self::Email,
        Self::Country,
        Self::IdType,
        Self::IdNumber,
        Self::Tin,
    ];

    /// The field's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::BusinessName => "business_name",
            Self::Email => "email",
            Self::Country => "country",
            Self::IdType => "id_type",
            Self::IdNumber => "id_number",
            Self::Tin => "tin",
        }
    }
}

impl Identity {
    /// The text of each compared field in the order of [`IdentityField::ALL`]; absent fields are empty.
    ///
    /// A store that may not compare plain values hashes each text and compares the hashes.
    #[must_use]
    pub fn compared_with_email(&self, email: &Email) -> [String; 9] {
        let (first, last, business) = match &self.name {
            LegalName::Individual { first, last } => (first.as_str(), last.as_str(), ""),
            LegalName::Business { name } => ("", "", name.as_str()),
        };
        [
            self.name.customer_type().as_str().to_owned(),
            first.to_owned(),
            last.to_owned(),
            business.to_owned(),
            email.folded(),
            self.country.as_str().to_owned(),
            self.id_type.as_str().to_owned(),
            self.id_number.expose().to_owned(),
            self.tin.expose().to_owned(),
        ]
    }
}

/// Names the fields in which two customers differ, given something comparable (the text or its hash) for each field in
/// the order of [`IdentityField::ALL`]. Values are never part of the answer.
#[must_use]
pub fn differing_fields<T: PartialEq>(ours: &[T; 9], theirs: &[T; 9]) -> Vec<IdentityField> {
    IdentityField::ALL
        .into_iter()
        .zip(ours.iter().zip(theirs))
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(field, _)| field)
        .collect()
}
