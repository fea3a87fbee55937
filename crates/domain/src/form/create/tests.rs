#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
mod dependence;

use proptest::prelude::*;

use super::*;
use crate::form::reader::FIELDS;
use crate::{
    tenant::Env,
    values::fake::{TODAY, rules},
};
use ProblemKind::{CountryNotSupported, Invalid, Missing, Unknown};
use RawField::{Null, OtherType};

fn text(value: &str) -> RawField {
    RawField::Text(value.to_owned())
}

fn form(fields: &[(&str, &str)]) -> RawForm {
    fields
        .iter()
        .map(|(field, value)| ((*field).to_owned(), text(value)))
        .collect()
}

/// The requirement's example, with every optional field.
fn individual() -> RawForm {
    form(&[
        ("type", "individual"),
        ("first_name", "Ada"),
        ("last_name", "Obi"),
        ("dob", "1990-02-28"),
        ("email", "Ada@Example.com"),
        ("country", "CA"),
        ("id_type", "passport"),
        ("id_number", "ab123456"),
        ("tin", "123456789"),
        ("customer_reference", "pouch-user-12345"),
        ("zip_code", "k1a0b1"),
        ("phone", "+1 416 555 0123"),
        ("street", "1 Main St"),
        ("city", "Ottawa"),
        ("state", "CA-ON"),
        ("interac_email", "User@Pouch.app"),
        ("id_expiry_date", "2030-01-01"),
        ("id_issue_date", "2020-01-01"),
    ])
}

fn business() -> RawForm {
    form(&[
        ("type", "business"),
        ("business_name", "Obi & Sons Ltd"),
        ("email", "office@example.com"),
        ("country", "GB"),
        ("id_type", "certificate_of_incorporation"),
        ("id_number", "1234567"),
        ("tin", "12345 67890 K"),
        ("customer_reference", "b-1"),
        ("zip_code", "m11ae"),
    ])
}

fn with(mut form: RawForm, field: &str, value: RawField) -> RawForm {
    form.insert(field.to_owned(), value);
    form
}

fn without(mut form: RawForm, field: &str) -> RawForm {
    form.remove(field);
    form
}

fn parse(form: &RawForm) -> Result<NewCustomer, Vec<FieldProblem>> {
    parse_new_customer(form, &rules(Env::Test))
}

/// The problems of a form: each field and its kind.
fn problems(form: &RawForm) -> Vec<(String, ProblemKind)> {
    let problems = parse(form).err().unwrap_or_default();
    problems
        .into_iter()
        .map(|problem| (problem.field, problem.kind))
        .collect()
}

fn expect(form: &RawForm, expected: &[(&str, ProblemKind)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(field, kind)| ((*field).to_owned(), *kind))
        .collect();
    assert_eq!(problems(form), expected);
}

#[test]
fn an_individual_is_read_and_normalised() {
    let customer = parse(&individual()).unwrap();
    assert_eq!(customer.reference.as_str(), "pouch-user-12345");
    assert_eq!(customer.interac_email.unwrap().as_str(), "user@pouch.app");

    let identity = customer.identity;
    assert_eq!(identity.name.customer_type(), CustomerType::Individual);
    assert_eq!(identity.name.display(), "Ada Obi");
    assert_eq!(identity.country, Country::Canada);
    assert_eq!(identity.id_type, IdType::Passport);
    assert_eq!(identity.id_number.expose(), "AB123456");
    assert_eq!(identity.tin.expose(), "123456789");
    assert_eq!(
        identity.id_issue_date.unwrap().date().to_string(),
        "2020-01-01"
    );

    let contact = customer.contact;
    assert_eq!(contact.email.expose(), "Ada@Example.com");
    assert_eq!(contact.zip_code.expose(), "K1A 0B1");
    assert_eq!(contact.phone.unwrap().expose(), "+14165550123");
    assert_eq!(contact.street.unwrap().expose(), "1 Main St");
    assert_eq!(contact.city.unwrap().expose(), "Ottawa");
    assert_eq!(contact.state.unwrap().expose(), "ON");
    assert_eq!(contact.dob.unwrap().date().to_string(), "1990-02-28");
    assert_eq!(
        contact.id_expiry_date.unwrap().date().to_string(),
        "2030-01-01"
    );
}

#[test]
fn a_business_is_read_and_normalised() {
    let customer = parse(&business()).unwrap();
    assert_eq!(
        customer.identity.name.customer_type(),
        CustomerType::Business
    );
    assert_eq!(customer.identity.name.display(), "Obi & Sons Ltd");
    assert_eq!(customer.identity.id_number.expose(), "01234567");
    assert_eq!(customer.identity.tin.expose(), "1234567890");
    assert_eq!(customer.contact.zip_code.expose(), "M1 1AE");
    assert_eq!(customer.contact.dob, None);
    assert_eq!(customer.interac_email, None);
}

#[test]
fn the_example_of_the_requirement_fails_its_check_digit_in_live() {
    let problems = parse_new_customer(&individual(), &rules(Env::Live)).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].field.as_str(), problems[0].kind),
        ("tin", Invalid)
    );
}

#[test]
fn required_fields_are_missing_when_absent_null_or_blank() {
    let of_individuals: [&str; 11] = [
        "type",
        "first_name",
        "last_name",
        "dob",
        "email",
        "country",
        "id_type",
        "id_number",
        "tin",
        "customer_reference",
        "zip_code",
    ];
    for field in of_individuals {
        let absent = without(individual(), field);
        for form in [
            absent.clone(),
            with(absent.clone(), field, Null),
            with(absent.clone(), field, text("")),
            with(absent.clone(), field, text("   ")),
        ] {
            expect(&form, &[(field, Missing)]);
        }
        expect(&with(absent, field, OtherType), &[(field, Invalid)]);
    }
    expect(
        &without(business(), "business_name"),
        &[("business_name", Missing)],
    );
}

#[test]
fn optional_fields_are_absent_when_null_and_invalid_when_blank() {
    for field in [
        "phone",
        "street",
        "city",
        "state",
        "interac_email",
        "id_expiry_date",
        "id_issue_date",
    ] {
        assert!(parse(&without(individual(), field)).is_ok(), "{field}");
        assert!(parse(&with(individual(), field, Null)).is_ok(), "{field}");
        for value in [text(""), text("  "), OtherType, text("\0")] {
            expect(&with(individual(), field, value), &[(field, Invalid)]);
        }
    }
    let cleared = parse(&with(individual(), "phone", Null)).unwrap();
    assert_eq!(cleared.contact.phone, None);
}

#[test]
fn every_problem_is_reported_in_the_order_of_the_form() {
    let mut everything_wrong: RawForm = FIELDS
        .iter()
        .map(|field| ((*field).to_owned(), OtherType))
        .collect();
    everything_wrong.insert("zzz".to_owned(), Null);
    everything_wrong.insert("Email".to_owned(), OtherType);
    everything_wrong.insert("aaa".to_owned(), text("x"));
    let fields: Vec<_> = problems(&everything_wrong)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    let expected: Vec<&str> = FIELDS.into_iter().chain(["Email", "aaa", "zzz"]).collect();
    assert_eq!(fields, expected);
}

#[test]
fn an_empty_form_misses_what_every_customer_needs() {
    let missing = [
        "type",
        "email",
        "country",
        "id_type",
        "id_number",
        "tin",
        "customer_reference",
        "zip_code",
    ]
    .map(|field| (field, Missing));
    expect(&RawForm::new(), &missing);
}

#[test]
fn unknown_fields_are_named_as_spelt_whatever_their_value() {
    for value in [Null, OtherType, text("x")] {
        let form = with(with(individual(), "Zip_Code", value.clone()), "a\nb", value);
        expect(&form, &[("Zip_Code", Unknown), ("a\nb", Unknown)]);
    }
}

#[test]
fn an_unsupported_country_stands_alone() {
    for country in ["UK", "gb", "GBR", "GB ", "FR", "ＧＢ", "\u{a0}", "\0"] {
        let form = with(
            form(&[("unknown", "x"), ("type", "x")]),
            "country",
            text(country),
        );
        expect(&form, &[("country", CountryNotSupported)]);
    }
}

#[test]
fn documents_are_not_issued_after_they_expire() {
    for (issued, expires, expected) in [
        ("2020-01-01", "2030-01-01", &[][..]),
        (TODAY, "2026-01-16", &[]),
        ("2026-01-16", "2030-01-01", &[("id_issue_date", Invalid)]),
        ("2019-01-01", "2020-01-01", &[("id_expiry_date", Invalid)]),
        ("2020-01-01", "2020-01-01", &[("id_expiry_date", Invalid)]),
        (
            "2020-01-02",
            "2020-01-01",
            &[("id_expiry_date", Invalid), ("id_issue_date", Invalid)],
        ),
        ("2020-01-02", "2020-02-30", &[("id_expiry_date", Invalid)]),
    ] {
        let form = with(individual(), "id_issue_date", text(issued));
        expect(&with(form, "id_expiry_date", text(expires)), expected);
    }
    let undated = with(individual(), "id_expiry_date", Null);
    assert!(parse(&undated).is_ok());
}

#[test]
fn values_with_nul_are_refused_in_every_field() {
    for (field, value) in individual() {
        let RawField::Text(value) = value else {
            continue;
        };
        for value in [format!("{value}\0"), format!("\0{value}")] {
            assert!(
                parse(&with(individual(), &field, text(&value))).is_err(),
                "{field}"
            );
        }
    }
}

/// A value of any type, told apart from `null` and from text. (A [`RawField`] itself cannot be printed.)
fn raw(value: Option<Option<String>>) -> RawField {
    value.map_or(OtherType, |text| text.map_or(Null, RawField::Text))
}

proptest! {
    #[test]
    fn a_refused_form_has_problems_in_order(
        changes in proptest::collection::btree_map(proptest::sample::select(&FIELDS[..]), any::<Option<Option<String>>>(), 0..6),
        is_business in any::<bool>(),
    ) {
        let form = changes
            .into_iter()
            .fold(if is_business { business() } else { individual() }, |form, (field, value)| with(form, field, raw(value)));
        if let Err(problems) = parse(&form) {
            let places: Vec<_> = problems
                .iter()
                .map(|problem| FIELDS.iter().position(|field| *field == problem.field))
                .collect();
            prop_assert!(!problems.is_empty());
            prop_assert!(places.iter().all(Option::is_some));
            prop_assert!(places.is_sorted_by(|a, b| a < b), "one problem a field, in order");
        }
    }

    #[test]
    fn problems_never_hold_the_value(marker in "[a-z0-9]{12}", field in proptest::sample::select(&FIELDS[..])) {
        let value = text(&format!("\u{1}{marker}"));
        let problems = parse(&with(individual(), field, value)).unwrap_err();
        prop_assert!(!problems.is_empty());
        let told = format!("{problems:?}");
        prop_assert!(!told.contains(&marker), "{}", told);
    }
}
