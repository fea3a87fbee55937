//! The Treasury API's form of a new customer.

use super::{FieldProblem, RawForm, reader::Reader};
use crate::{
    customer::NewTreasuryCustomer,
    values::{CustomerName, CustomerType, TreasuryEmail},
};

/// Reads the form of a new customer of the Treasury API: `name`, `email` and, unless it is an individual, `type`. Unknown
/// fields are ignored.
///
/// # Errors
/// All problems of the form, one for each field, in the order above.
pub fn parse_treasury_customer(form: &RawForm) -> Result<NewTreasuryCustomer, Vec<FieldProblem>> {
    let mut reader = Reader::new(form);
    let name = reader.required("name", CustomerName::parse);
    let email = reader.required("email", TreasuryEmail::parse);
    let customer_type = reader.amended("type", CustomerType::parse);
    let customer = name.zip(email).map(|(name, email)| NewTreasuryCustomer {
        name,
        email,
        customer_type: customer_type.unwrap_or(CustomerType::Individual),
    });
    reader.finish_ignoring_unknown(customer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::form::RawField;

    fn form(fields: &[(&str, RawField)]) -> RawForm {
        let fields = fields.iter().cloned();
        fields
            .map(|(name, field)| (name.to_owned(), field))
            .collect()
    }

    fn text(text: &str) -> RawField {
        RawField::Text(text.to_owned())
    }

    #[test]
    fn the_type_is_individual_unless_said_otherwise() {
        for (given, expected) in [
            (None, CustomerType::Individual),
            (Some("individual"), CustomerType::Individual),
            (Some("business"), CustomerType::Business),
        ] {
            let mut form = form(&[
                ("name", text(" Al ")),
                ("email", text("al@example.com")),
                ("nickname", RawField::OtherType),
            ]);
            if let Some(given) = given {
                form.insert("type".to_owned(), text(given));
            }
            let customer = parse_treasury_customer(&form).unwrap();
            assert_eq!(customer.name.as_str(), "Al");
            assert_eq!(customer.email.expose(), "al@example.com");
            assert_eq!(customer.customer_type, expected);
        }
    }

    #[test]
    fn every_field_has_its_problem() {
        let good = [
            ("name", text("Al")),
            ("email", text("al@example.com")),
            ("type", text("business")),
        ];
        for (field, wrong) in [
            ("name", text("A")),
            ("name", text("  ")),
            ("name", RawField::Null),
            ("name", RawField::OtherType),
            ("email", text("al")),
            ("email", text("")),
            ("email", RawField::Null),
            ("email", RawField::OtherType),
            ("type", text("company")),
            ("type", text("Business")),
            ("type", text("")),
            ("type", RawField::Null),
            ("type", RawField::OtherType),
        ] {
            let mut form = form(&good);
            form.insert(field.to_owned(), wrong);
            let problems = parse_treasury_customer(&form).unwrap_err();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].field, field);
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let form = form(&[("type", text("x"))]);
        let problems = parse_treasury_customer(&form).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|problem| &*problem.field).collect();
        assert_eq!(fields, ["name", "email", "type"]);
    }
}
