//! How to reach a customer: the data that may be amended.

use crate::values::{City, DateOfBirth, Email, IdExpiryDate, Phone, State, Street, ZipCode};

/// The mutable data of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactData {
    /// E-mail address; not unique.
    pub email: Email,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Street and number.
    pub street: Option<Street>,
    /// City.
    pub city: Option<City>,
    /// State or province.
    pub state: Option<State>,
    /// Postal code.
    pub zip_code: ZipCode,
    /// Date of birth: of every individual, of no business.
    pub dob: Option<DateOfBirth>,
    /// The last day on which the identity document is valid.
    pub id_expiry_date: Option<IdExpiryDate>,
}

/// A field that may be amended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContactField {
    /// `email`
    Email,
    /// `phone`
    Phone,
    /// `street`
    Street,
    /// `city`
    City,
    /// `state`
    State,
    /// `zip_code`
    ZipCode,
    /// `dob`
    Dob,
    /// `id_expiry_date`
    IdExpiryDate,
}

impl ContactField {
    /// All, in the order of the contract.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Phone,
        Self::Street,
        Self::City,
        Self::State,
        Self::ZipCode,
        Self::Dob,
        Self::IdExpiryDate,
    ];

    /// The field's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Street => "street",
            Self::City => "city",
            Self::State => "state",
            Self::ZipCode => "zip_code",
            Self::Dob => "dob",
            Self::IdExpiryDate => "id_expiry_date",
        }
    }
}

/// A change of contact data. In each field nothing means "as it was"; where a field can be cleared, `Some(None)` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amendment {
    /// A new e-mail address.
    pub email: Option<Email>,
    /// A new phone number, or none.
    pub phone: Option<Option<Phone>>,
    /// A new street, or none.
    pub street: Option<Option<Street>>,
    /// A new city, or none.
    pub city: Option<Option<City>>,
    /// A new state, or none.
    pub state: Option<Option<State>>,
    /// A new postal code.
    pub zip_code: Option<ZipCode>,
    /// A new date of birth.
    pub dob: Option<DateOfBirth>,
    /// A new expiry date, or none.
    pub id_expiry_date: Option<Option<IdExpiryDate>>,
}

impl ContactData {
    /// One field as a text, for the rail and the comparison with it; dates as `YYYY-MM-DD`.
    #[must_use]
    pub fn expose(&self, field: ContactField) -> Option<String> {
        let text = |text: &str| text.to_owned();
        match field {
            ContactField::Email => Some(text(self.email.expose())),
            ContactField::Phone => self.phone.as_ref().map(|phone| text(phone.expose())),
            ContactField::Street => self.street.as_ref().map(|street| text(street.expose())),
            ContactField::City => self.city.as_ref().map(|city| text(city.expose())),
            ContactField::State => self.state.as_ref().map(|state| text(state.expose())),
            ContactField::ZipCode => Some(text(self.zip_code.expose())),
            ContactField::Dob => self.dob.as_ref().map(|dob| dob.date().to_string()),
            ContactField::IdExpiryDate => self
                .id_expiry_date
                .as_ref()
                .map(|day| day.date().to_string()),
        }
    }

    /// What the amendment makes of this data, and which fields it really changes.
    #[must_use]
    pub fn amended(&self, amendment: Amendment) -> (Self, Vec<ContactField>) {
        let new = Self {
            email: amendment.email.unwrap_or_else(|| self.email.clone()),
            phone: amendment.phone.unwrap_or_else(|| self.phone.clone()),
            street: amendment.street.unwrap_or_else(|| self.street.clone()),
            city: amendment.city.unwrap_or_else(|| self.city.clone()),
            state: amendment.state.unwrap_or_else(|| self.state.clone()),
            zip_code: amendment.zip_code.unwrap_or_else(|| self.zip_code.clone()),
            dob: amendment.dob.or_else(|| self.dob.clone()),
            id_expiry_date: amendment
                .id_expiry_date
                .unwrap_or_else(|| self.id_expiry_date.clone()),
        };
        let changed = ContactField::ALL
            .into_iter()
            .filter(|field| self.differs_in(*field, &new))
            .collect();
        (new, changed)
    }

    fn differs_in(&self, field: ContactField, other: &Self) -> bool {
        match field {
            ContactField::Email => self.email != other.email,
            ContactField::Phone => self.phone != other.phone,
            ContactField::Street => self.street != other.street,
            ContactField::City => self.city != other.city,
            ContactField::State => self.state != other.state,
            ContactField::ZipCode => self.zip_code != other.zip_code,
            ContactField::Dob => self.dob != other.dob,
            ContactField::IdExpiryDate => self.id_expiry_date != other.id_expiry_date,
        }
    }
}
