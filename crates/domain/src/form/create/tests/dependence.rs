//! Fields whose rules depend on the country, the type or the kind of document.

use super::*;

#[test]
fn without_a_country_its_fields_need_only_be_there() {
    let wrong = [
        "id_type",
        "id_number",
        "tin",
        "zip_code",
        "state",
        "interac_email",
    ]
    .into_iter()
    .fold(individual(), |form, field| with(form, field, text("\0")));
    for (country, kind) in [(Null, Missing), (text(" "), Missing), (OtherType, Invalid)] {
        let form = with(wrong.clone(), "country", country);
        expect(&form, &[("country", kind)]);
        expect(
            &without(form.clone(), "tin"),
            &[("country", kind), ("tin", Missing)],
        );
        expect(
            &with(form.clone(), "state", text("")),
            &[("country", kind), ("state", Invalid)],
        );
        expect(
            &with(form, "zip_code", OtherType),
            &[("country", kind), ("zip_code", Invalid)],
        );
    }
}

#[test]
fn without_a_type_a_customer_may_be_of_either() {
    for (value, kind) in [
        (Null, Missing),
        (text("person"), Invalid),
        (OtherType, Invalid),
    ] {
        let form = with(individual(), "type", value);
        expect(&form, &[("type", kind)]);
        // Both kinds of name at once, and a document and numbers of a business.
        let business = with(form.clone(), "business_name", text("Obi Ltd"));
        let business = with(business, "id_type", text("certificate_of_incorporation"));
        let business = with(business, "tin", text("12345 6789 RC0001"));
        expect(&business, &[("type", kind)]);
        expect(
            &with(form.clone(), "first_name", text("1")),
            &[("type", kind), ("first_name", Invalid)],
        );
        expect(
            &with(form.clone(), "dob", text("soon")),
            &[("type", kind), ("dob", Invalid)],
        );
        expect(
            &with(form.clone(), "id_type", text("national_id")),
            &[("type", kind), ("id_type", Invalid)],
        );
        expect(
            &with(form, "tin", text("1")),
            &[("type", kind), ("tin", Invalid)],
        );
    }
}

#[test]
fn without_a_kind_of_document_its_number_need_only_be_there() {
    for id_type in [text("national_id"), text("Passport"), OtherType] {
        let form = with(
            with(individual(), "id_type", id_type),
            "id_number",
            text("?"),
        );
        expect(&form, &[("id_type", Invalid)]);
        expect(
            &without(form, "id_number"),
            &[("id_type", Invalid), ("id_number", Missing)],
        );
    }
}

#[test]
fn each_type_has_its_own_fields() {
    for value in [text("Obi Ltd"), text(""), OtherType] {
        expect(
            &with(individual(), "business_name", value),
            &[("business_name", Invalid)],
        );
    }
    for field in ["first_name", "last_name", "dob"] {
        expect(
            &with(business(), field, text("1990-01-01")),
            &[(field, Invalid)],
        );
        assert!(parse(&with(business(), field, Null)).is_ok(), "{field}");
    }
    expect(
        &with(
            individual(),
            "id_type",
            text("certificate_of_incorporation"),
        ),
        &[("id_type", Invalid)],
    );
    expect(
        &with(business(), "id_type", text("passport")),
        &[("id_type", Invalid)],
    );
}

#[test]
fn interac_addresses_are_for_canada() {
    for country in ["NG", "GB", "US"] {
        let form = with(business(), "country", text(country));
        let form = with(form, "interac_email", text("user@pouch.app"));
        let found = problems(&form);
        assert!(
            found.contains(&("interac_email".to_owned(), Invalid)),
            "{country}"
        );
    }
}
