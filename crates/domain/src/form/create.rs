//! The form that creates a customer.

use super::{
    FieldProblem, ProblemKind, RawField, RawForm,
    reader::{self, Reader},
};
use crate::{
    customer::{ContactData, Identity, LegalName, NewCustomer},
    values::{
        City, Country, CustomerReference, CustomerType, DateOfBirth, Email, IdExpiryDate,
        IdIssueDate, IdNumber, IdType, InteracEmail, Name, Phone, Rejected, Rules, State, Street,
        Tin, ZipCode,
    },
};

/// Reads the form of a new customer.
///
/// Fields that depend on one that is itself wrong are judged as far as that goes: without a country, its codes and numbers
/// only for being there; without a type, as if the customer might be of either.
///
/// # Errors
/// All problems of the form in its order, unknown fields last by name; an unsupported country alone.
pub fn parse_new_customer(
    form: &RawForm,
    rules: &Rules<'_>,
) -> Result<NewCustomer, Vec<FieldProblem>> {
    if let Some(problem) = unsupported_country(form) {
        return Err(vec![problem]);
    }
    let mut reader = Reader::new(form);
    let customer = read(&mut reader, rules);
    reader.finish(customer)
}

fn unsupported_country(form: &RawForm) -> Option<FieldProblem> {
    let Some(RawField::Text(text)) = form.get("country") else {
        return None;
    };
    let Rejected(message) = Country::parse(text).err()?;
    (!reader::is_blank(text)).then(|| FieldProblem {
        field: "country".to_owned(),
        kind: ProblemKind::CountryNotSupported,
        message,
    })
}

fn read(reader: &mut Reader<'_>, rules: &Rules<'_>) -> Option<NewCustomer> {
    let customer_type = reader.required("type", CustomerType::parse);
    let country = reader.required("country", Country::parse);
    let reference = reader.required("customer_reference", CustomerReference::parse);
    let interac_email = read_interac_email(reader, country);
    let dob = read_dob(reader, customer_type, rules);
    let identity = read_identity(reader, customer_type, country, rules);
    let contact = read_contact(reader, country, dob, rules);
    Some(NewCustomer {
        reference: reference?,
        interac_email,
        identity: identity?,
        contact: contact?,
    })
}

fn read_identity(
    reader: &mut Reader<'_>,
    customer_type: Option<CustomerType>,
    country: Option<Country>,
    rules: &Rules<'_>,
) -> Option<Identity> {
    let name = read_name(reader, customer_type, rules);
    let id_type = read_id_type(reader, customer_type, country);
    let id_number = read_dependent(
        reader,
        "id_number",
        country.zip(id_type),
        |text, (country, id_type)| IdNumber::parse(text, country, id_type),
    );
    let id_issue_date = read_id_issue_date(reader, rules);
    // A business may hold every kind of tax number that a person may.
    let holder = customer_type.unwrap_or(CustomerType::Business);
    let tin = read_dependent(reader, "tin", country, |text, country| {
        Tin::parse(text, country, holder, rules)
    });
    Some(Identity {
        name: name?,
        country: country?,
        id_type: id_type?,
        id_number: id_number?,
        id_issue_date,
        tin: tin?,
    })
}

fn read_name(
    reader: &mut Reader<'_>,
    customer_type: Option<CustomerType>,
    rules: &Rules<'_>,
) -> Option<LegalName> {
    let parse = |text: &str| Name::parse(text, rules.standards);
    match customer_type {
        Some(CustomerType::Individual) => {
            let first = reader.required("first_name", parse);
            let last = reader.required("last_name", parse);
            refuse(reader, "business_name", "is not a field of an individual");
            Some(LegalName::Individual {
                first: first?,
                last: last?,
            })
        }
        Some(CustomerType::Business) => {
            let name = reader.required("business_name", parse);
            refuse(reader, "first_name", "is not a field of a business");
            refuse(reader, "last_name", "is not a field of a business");
            Some(LegalName::Business { name: name? })
        }
        None => {
            for field in ["first_name", "last_name", "business_name"] {
                reader.optional(field, parse);
            }
            None
        }
    }
}

fn read_dob(
    reader: &mut Reader<'_>,
    customer_type: Option<CustomerType>,
    rules: &Rules<'_>,
) -> Option<DateOfBirth> {
    let parse = |text: &str| DateOfBirth::parse(text, rules);
    match customer_type {
        Some(CustomerType::Individual) => reader.required("dob", parse),
        Some(CustomerType::Business) => {
            refuse(reader, "dob", "is not a field of a business");
            None
        }
        None => reader.optional("dob", parse),
    }
}

fn read_id_type(
    reader: &mut Reader<'_>,
    customer_type: Option<CustomerType>,
    country: Option<Country>,
) -> Option<IdType> {
    read_dependent(reader, "id_type", country, |text, country| {
        let id_type = IdType::parse(text)?;
        let is_accepted = CustomerType::ALL
            .into_iter()
            .filter(|candidate| customer_type.is_none_or(|known| known == *candidate))
            .any(|candidate| id_type.is_accepted(country, candidate));
        is_accepted.then_some(id_type).ok_or(Rejected(
            "must be a document accepted in the country for this type of customer",
        ))
    })
}

/// An issue after the expiry is a contradiction whether or not the document is still valid, so the expiry date counts here
/// even where it is refused for being past.
fn read_id_issue_date(reader: &mut Reader<'_>, rules: &Rules<'_>) -> Option<IdIssueDate> {
    let expires = reader
        .text("id_expiry_date")
        .and_then(|text| IdExpiryDate::restore(text).ok());
    reader.optional("id_issue_date", |text| {
        let issued = IdIssueDate::parse(text, rules)?;
        if expires.is_some_and(|expires| issued.date() > expires.date()) {
            return Err(Rejected("must not be after id_expiry_date"));
        }
        Ok(issued)
    })
}

fn read_interac_email(reader: &mut Reader<'_>, country: Option<Country>) -> Option<InteracEmail> {
    match country {
        Some(Country::Canada) => reader.optional("interac_email", InteracEmail::parse),
        Some(_) => {
            refuse(reader, "interac_email", "is for customers in CA only");
            None
        }
        None => reader.optional("interac_email", |_| Ok(None)).flatten(),
    }
}

fn read_contact(
    reader: &mut Reader<'_>,
    country: Option<Country>,
    dob: Option<DateOfBirth>,
    rules: &Rules<'_>,
) -> Option<ContactData> {
    let standards = rules.standards;
    let email = reader.required("email", Email::parse);
    let zip_code = read_dependent(reader, "zip_code", country, ZipCode::parse);
    let phone = reader.optional("phone", |text| Phone::parse(text, standards));
    let street = reader.optional("street", |text| Street::parse(text, standards));
    let city = reader.optional("city", |text| City::parse(text, standards));
    let state = reader
        .optional("state", |text| {
            country
                .map(|country| State::parse(text, country, standards))
                .transpose()
        })
        .flatten();
    let id_expiry_date = reader.optional("id_expiry_date", |text| IdExpiryDate::parse(text, rules));
    Some(ContactData {
        email: email?,
        phone,
        street,
        city,
        state,
        zip_code: zip_code?,
        dob,
        id_expiry_date,
    })
}

/// Reads a required field whose rule depends on another; where that is unknown, the field need only be there.
fn read_dependent<T, On>(
    reader: &mut Reader<'_>,
    field: &'static str,
    on: Option<On>,
    parse: impl FnOnce(&str, On) -> Result<T, Rejected>,
) -> Option<T> {
    reader
        .required(field, |text| on.map(|on| parse(text, on)).transpose())
        .flatten()
}

/// Notes a field that customers of this kind do not have, unless it is absent.
fn refuse(reader: &mut Reader<'_>, field: &'static str, message: &'static str) {
    reader.optional(field, |_| Err::<(), _>(Rejected(message)));
}

#[cfg(test)]
mod tests;
