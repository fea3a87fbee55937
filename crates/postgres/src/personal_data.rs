//! The sealed part of a customer's row.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vouch_domain::{
    customer::{ContactData, Identity, LegalName},
    ports::StoreError,
    tenant::Tenant,
    values::{
        City, Country, CustomerType, DateOfBirth, Email, IdExpiryDate, IdIssueDate, IdNumber,
        IdType, Name, Phone, Rejected, State, Street, Tin, TreasuryEmail, ZipCode,
    },
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::sealing::{MasterKeys, SealError, Sealed};

/// Everything personal, as stored: one JSON object, sealed as a whole.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct PersonalData {
    first_name: Option<String>,
    last_name: Option<String>,
    business_name: Option<String>,
    id_number: String,
    id_issue_date: Option<String>,
    tin: String,
    email: String,
    phone: Option<String>,
    street: Option<String>,
    city: Option<String>,
    state: Option<String>,
    zip_code: String,
    dob: Option<String>,
    id_expiry_date: Option<String>,
}

/// All that is known of a customer which the Treasury API made, and what both contracts know of every customer.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Reachable {
    email: String,
}

/// The plain columns that belong to the identity.
pub(crate) struct PlainIdentity {
    pub(crate) customer_type: String,
    pub(crate) country: String,
    pub(crate) id_type: String,
}

/// A customer's personal data could not be sealed, opened or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PersonalDataError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("stored personal data has another shape")]
    Shape,
    #[error("stored personal data breaks a rule: {0}")]
    Value(#[from] Rejected),
}

impl From<PersonalDataError> for StoreError {
    fn from(error: PersonalDataError) -> Self {
        Self::Defect(error.to_string())
    }
}

/// Seals for one row.
pub(crate) fn seal(
    keys: &MasterKeys,
    tenant: Tenant,
    customer: Uuid,
    identity: &Identity,
    contact: &ContactData,
) -> Result<Sealed, PersonalDataError> {
    let data = PersonalData::of(identity, contact);
    let json = serde_json::to_vec(&data).map_err(|_| PersonalDataError::Shape)?;
    let json = zeroize::Zeroizing::new(json);
    Ok(keys.seal_with_data_key(&place(tenant, customer), &json)?)
}

/// Opens what was sealed for one row.
pub(crate) fn open(
    keys: &MasterKeys,
    tenant: Tenant,
    customer: Uuid,
    plain: &PlainIdentity,
    sealed: &Sealed,
) -> Result<(Identity, ContactData), PersonalDataError> {
    let json =
        keys.open_with_data_key(&place(tenant, customer), &sealed.data_key, &sealed.value)?;
    let data: PersonalData = serde_json::from_slice(&json).map_err(|_| PersonalDataError::Shape)?;
    Ok((data.identity(plain)?, data.contact()?))
}

/// Seals for one row of a customer without an identity.
pub(crate) fn seal_email(
    keys: &MasterKeys,
    tenant: Tenant,
    customer: Uuid,
    email: &TreasuryEmail,
) -> Result<Sealed, PersonalDataError> {
    let data = Reachable {
        email: email.expose().to_owned(),
    };
    let json = serde_json::to_vec(&data).map_err(|_| PersonalDataError::Shape)?;
    let json = zeroize::Zeroizing::new(json);
    Ok(keys.seal_with_data_key(&place(tenant, customer), &json)?)
}

/// Opens no more than the e-mail of what was sealed for one row, with or without an identity.
pub(crate) fn open_email(
    keys: &MasterKeys,
    tenant: Tenant,
    customer: Uuid,
    sealed: &Sealed,
) -> Result<TreasuryEmail, PersonalDataError> {
    let json =
        keys.open_with_data_key(&place(tenant, customer), &sealed.data_key, &sealed.value)?;
    let data: Reachable = serde_json::from_slice(&json).map_err(|_| PersonalDataError::Shape)?;
    Ok(TreasuryEmail::restore(data.email.clone())?)
}

fn place(tenant: Tenant, customer: Uuid) -> String {
    let organisation = tenant.organisation.uuid();
    format!(
        "customers.personal_data {organisation} {} {customer}",
        tenant.env.as_str()
    )
}

impl PersonalData {
    fn of(identity: &Identity, contact: &ContactData) -> Self {
        let (first_name, last_name, business_name) = match &identity.name {
            LegalName::Individual { first, last } => {
                (Some(first.as_str()), Some(last.as_str()), None)
            }
            LegalName::Business { name } => (None, None, Some(name.as_str())),
        };
        let text = |value: Option<&str>| value.map(str::to_owned);
        Self {
            first_name: text(first_name),
            last_name: text(last_name),
            business_name: text(business_name),
            id_number: identity.id_number.expose().to_owned(),
            id_issue_date: identity
                .id_issue_date
                .as_ref()
                .map(|date| date.date().to_string()),
            tin: identity.tin.expose().to_owned(),
            email: contact.email.expose().to_owned(),
            phone: text(contact.phone.as_ref().map(Phone::expose)),
            street: text(contact.street.as_ref().map(Street::expose)),
            city: text(contact.city.as_ref().map(City::expose)),
            state: text(contact.state.as_ref().map(State::expose)),
            zip_code: contact.zip_code.expose().to_owned(),
            dob: contact.dob.as_ref().map(|date| date.date().to_string()),
            id_expiry_date: contact
                .id_expiry_date
                .as_ref()
                .map(|date| date.date().to_string()),
        }
    }

    fn identity(&self, plain: &PlainIdentity) -> Result<Identity, PersonalDataError> {
        Ok(Identity {
            name: self.name(&plain.customer_type)?,
            country: Country::parse(&plain.country)?,
            id_type: IdType::parse(&plain.id_type)?,
            id_number: IdNumber::restore(self.id_number.clone())?,
            id_issue_date: self
                .id_issue_date
                .as_deref()
                .map(IdIssueDate::restore)
                .transpose()?,
            tin: Tin::restore(self.tin.clone())?,
        })
    }

    fn name(&self, customer_type: &str) -> Result<LegalName, PersonalDataError> {
        let part = |part: &Option<String>| {
            let part = part.clone().ok_or(PersonalDataError::Shape)?;
            Ok::<_, PersonalDataError>(Name::restore(part)?)
        };
        Ok(match CustomerType::parse(customer_type)? {
            CustomerType::Individual => LegalName::Individual {
                first: part(&self.first_name)?,
                last: part(&self.last_name)?,
            },
            CustomerType::Business => LegalName::Business {
                name: part(&self.business_name)?,
            },
        })
    }

    fn contact(&self) -> Result<ContactData, PersonalDataError> {
        Ok(ContactData {
            email: Email::restore(self.email.clone())?,
            phone: self.phone.clone().map(Phone::restore).transpose()?,
            street: self.street.clone().map(Street::restore).transpose()?,
            city: self.city.clone().map(City::restore).transpose()?,
            state: self.state.clone().map(State::restore).transpose()?,
            zip_code: ZipCode::restore(self.zip_code.clone())?,
            dob: self.dob.as_deref().map(DateOfBirth::restore).transpose()?,
            id_expiry_date: self
                .id_expiry_date
                .as_deref()
                .map(IdExpiryDate::restore)
                .transpose()?,
        })
    }
}
