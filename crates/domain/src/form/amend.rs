//! The form that changes a customer's contact data.

use super::{
    FieldProblem, ProblemKind, RawForm,
    reader::{FIELDS, Reader},
};
use crate::{
    customer::{Amendment, ContactField},
    values::{
        City, Country, CustomerType, DateOfBirth, Email, IdExpiryDate, Phone, Rejected, Rules,
        State, Street, ZipCode,
    },
};

/// Reads the form of a change to a customer of the given country and type.
///
/// The rules are those of creation. `null` clears what a customer need not have.
///
/// # Errors
/// All problems of the form in the order of the create form, unknown fields last by name.
pub fn parse_amendment(
    form: &RawForm,
    country: Country,
    customer_type: CustomerType,
    rules: &Rules<'_>,
) -> Result<Amendment, Vec<FieldProblem>> {
    let standards = rules.standards;
    let mut reader = Reader::new(form);
    note_immutable_fields(&mut reader);
    let amendment = Amendment {
        email: reader.amended("email", Email::parse),
        phone: reader.clearable("phone", |text| Phone::parse(text, standards)),
        street: reader.clearable("street", |text| Street::parse(text, standards)),
        city: reader.clearable("city", |text| City::parse(text, standards)),
        state: reader.clearable("state", |text| State::parse(text, country, standards)),
        zip_code: reader.amended("zip_code", |text| ZipCode::parse(text, country)),
        dob: reader.amended("dob", |text| match customer_type {
            CustomerType::Individual => DateOfBirth::parse(text, rules),
            CustomerType::Business => Err(Rejected("is not a field of a business")),
        }),
        id_expiry_date: reader.clearable("id_expiry_date", |text| IdExpiryDate::parse(text, rules)),
    };
    reader.finish(Some(amendment))
}

fn note_immutable_fields(reader: &mut Reader<'_>) {
    let is_mutable = |name: &str| ContactField::ALL.iter().any(|field| field.name() == name);
    for field in FIELDS {
        if reader.has(field) && !is_mutable(field) {
            reader.note(field, ProblemKind::Immutable, "cannot be changed");
        }
    }
}

#[cfg(test)]
mod tests;
