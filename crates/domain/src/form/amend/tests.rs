#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
use super::*;
use crate::{
    form::RawField::{self, Null, OtherType},
    tenant::Env,
    values::fake::rules,
};
use CustomerType::{Business, Individual};
use ProblemKind::{Immutable, Invalid, Unknown};

fn text(value: &str) -> RawField {
    RawField::Text(value.to_owned())
}

fn form(fields: impl IntoIterator<Item = (&'static str, RawField)>) -> RawForm {
    fields
        .into_iter()
        .map(|(field, value)| (field.to_owned(), value))
        .collect()
}

fn parse(form: &RawForm, customer_type: CustomerType) -> Result<Amendment, Vec<FieldProblem>> {
    parse_amendment(form, Country::Canada, customer_type, &rules(Env::Test))
}

fn expect(form: &RawForm, customer_type: CustomerType, expected: &[(&str, ProblemKind)]) {
    let found: Vec<_> = parse(form, customer_type)
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|problem| (problem.field, problem.kind))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(field, kind)| ((*field).to_owned(), *kind))
        .collect();
    assert_eq!(found, expected);
}

fn everything() -> RawForm {
    form([
        ("email", text(" New@Example.com")),
        ("phone", text("+1 (416) 555-0123")),
        ("street", text("2 Main St ")),
        ("city", text("Toronto")),
        ("state", text("ca-on")),
        ("zip_code", text("m5v3l9")),
        ("dob", text("1990-01-01")),
        ("id_expiry_date", text("2031-01-01")),
    ])
}

#[test]
fn an_empty_form_changes_nothing() {
    assert_eq!(parse(&RawForm::new(), Individual), Ok(Amendment::default()));
}

#[test]
fn every_contact_field_is_read_by_the_rules_of_creation() {
    let amendment = parse(&everything(), Individual).unwrap();
    assert_eq!(amendment.email.unwrap().expose(), "New@Example.com");
    assert_eq!(amendment.phone.unwrap().unwrap().expose(), "+14165550123");
    assert_eq!(amendment.street.unwrap().unwrap().expose(), "2 Main St");
    assert_eq!(amendment.city.unwrap().unwrap().expose(), "Toronto");
    assert_eq!(amendment.state.unwrap().unwrap().expose(), "ON");
    assert_eq!(amendment.zip_code.unwrap().expose(), "M5V 3L9");
    assert_eq!(amendment.dob.unwrap().date().to_string(), "1990-01-01");
    let expires = amendment.id_expiry_date.unwrap().unwrap();
    assert_eq!(expires.date().to_string(), "2031-01-01");
}

#[test]
fn null_clears_what_a_customer_need_not_have() {
    let clearable = ["phone", "street", "city", "state", "id_expiry_date"];
    let amendment = parse(&form(clearable.map(|field| (field, Null))), Individual);
    let cleared = Amendment {
        phone: Some(None),
        street: Some(None),
        city: Some(None),
        state: Some(None),
        id_expiry_date: Some(None),
        ..Amendment::default()
    };
    assert_eq!(amendment, Ok(cleared));
    for field in ["email", "zip_code", "dob"] {
        expect(&form([(field, Null)]), Individual, &[(field, Invalid)]);
    }
}

#[test]
fn every_contact_field_refuses_what_is_wrong() {
    for field in ContactField::ALL.map(ContactField::name) {
        for value in [text(""), text("  "), text("\0"), OtherType] {
            expect(&form([(field, value)]), Individual, &[(field, Invalid)]);
        }
    }
    for (field, value) in [
        ("state", "NY"),
        ("zip_code", "12345"),
        ("dob", "2020-01-01"),
        ("id_expiry_date", "2026-01-15"),
        ("phone", "4165550123"),
        ("email", "user@localhost"),
    ] {
        expect(
            &form([(field, text(value))]),
            Individual,
            &[(field, Invalid)],
        );
    }
}

#[test]
fn a_business_has_no_day_of_birth() {
    for value in [text("1990-01-01"), Null, OtherType] {
        expect(&form([("dob", value)]), Business, &[("dob", Invalid)]);
    }
    let mut form = everything();
    form.remove("dob");
    assert!(parse(&form, Business).is_ok());
}

#[test]
fn the_country_stored_chooses_the_rules() {
    for (country, zip_code) in [
        (Country::Nigeria, "100001"),
        (Country::Canada, "K1A 0B1"),
        (Country::UnitedKingdom, "M1 1AE"),
        (Country::UnitedStates, "12345"),
    ] {
        let form = form([("zip_code", text(zip_code))]);
        for stored in Country::ALL {
            let amendment = parse_amendment(&form, stored, Individual, &rules(Env::Test));
            assert_eq!(
                amendment.is_ok(),
                stored == country,
                "{stored:?} {zip_code}"
            );
        }
    }
}

#[test]
fn identity_is_immutable_whatever_the_value() {
    let immutable = [
        "type",
        "first_name",
        "last_name",
        "business_name",
        "country",
        "id_type",
        "id_number",
        "tin",
        "customer_reference",
        "interac_email",
        "id_issue_date",
    ];
    assert_eq!(immutable.len() + ContactField::ALL.len(), FIELDS.len());
    for value in [text("x"), text(""), Null, OtherType] {
        expect(
            &form(immutable.map(|field| (field, value.clone()))),
            Individual,
            &immutable.map(|field| (field, Immutable)),
        );
    }
}

#[test]
fn problems_are_in_the_order_of_the_create_form() {
    let mut fields = FIELDS.map(|field| (field, OtherType)).to_vec();
    fields.extend([("status", Null), ("Email", text("x"))]);
    let found = parse(&form(fields), Individual).unwrap_err();
    let found: Vec<_> = found.iter().map(|problem| problem.field.as_str()).collect();
    let expected: Vec<&str> = FIELDS.into_iter().chain(["Email", "status"]).collect();
    assert_eq!(found, expected);
    expect(
        &form([("status", Null)]),
        Individual,
        &[("status", Unknown)],
    );
}
