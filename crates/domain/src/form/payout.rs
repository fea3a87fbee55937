//! The form that makes a payout.

use super::{
    FieldProblem, ProblemKind, RawField, RawForm, reader::Reader, virtual_account::read_currency,
};
use crate::{
    customer::CustomerHandle,
    money::MinorUnits,
    payout::{PayoutRequest, RecipientRequest},
    values::{FiatCurrency, InteracEmail, MerchantReference, Name, Standards},
};

const FIELDS: [&str; 5] = [
    "customer_id",
    "currency",
    "amount_minor",
    "merchant_reference",
    RECIPIENT,
];
const RECIPIENT: &str = "recipient";
const RECIPIENT_FIELDS: [&str; 3] = [INTERAC_EMAIL, "first_name", "last_name"];
const INTERAC_EMAIL: &str = "interac_email";

/// What is wrong with the form of a payout, as far as the form alone tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPayout {
    /// All problems of the form in its order, unknown fields last by name.
    pub problems: Vec<FieldProblem>,
    /// The customer to whose own address the money would go.
    pub relies_on: Option<CustomerHandle>,
}

impl InvalidPayout {
    /// All problems, where that customer holds no address.
    #[must_use]
    pub fn without_address(mut self) -> Vec<FieldProblem> {
        let comes_after = |problem: &FieldProblem| {
            problem.kind == ProblemKind::Unknown || problem.field.starts_with(&nested(""))
        };
        let place = self.problems.iter().position(comes_after);
        let place = place.unwrap_or(self.problems.len());
        self.problems.insert(place, recipient_email_missing());
        self.problems
    }
}

/// Reads the form of a new payout. Whether an address for it is needed depends on the customer, and is judged
/// afterwards; see [`recipient_email_missing`].
///
/// # Errors
/// [`InvalidPayout`].
pub fn parse_payout(
    form: &RawForm,
    standards: &dyn Standards,
) -> Result<PayoutRequest, InvalidPayout> {
    let mut reader = Reader::in_order(form, &FIELDS);
    let customer = reader.required("customer_id", |text| Ok(CustomerHandle::parse(text)));
    let currency = read_currency(&mut reader, FiatCurrency::of_payout);
    let amount = reader.required("amount_minor", MinorUnits::parse);
    let merchant_reference = reader.required("merchant_reference", MerchantReference::parse);
    let recipient = reader.required_object(RECIPIENT);
    let relies_on = customer.clone().flatten();
    let relies_on = relies_on.filter(|_| recipient.is_some_and(names_no_address));
    let order = customer.zip(currency).zip(amount.zip(merchant_reference));
    let outer = reader.finish(order);
    let recipient = recipient.map(|form| parse_recipient(form, standards));
    match (outer, recipient) {
        (Ok(((customer, currency), (amount, merchant_reference))), Some(Ok(recipient))) => {
            Ok(PayoutRequest {
                customer,
                currency,
                amount,
                merchant_reference,
                recipient,
            })
        }
        (outer, recipient) => Err(InvalidPayout {
            problems: joined(
                outer.err().unwrap_or_default(),
                recipient.and_then(Result::err).unwrap_or_default(),
            ),
            relies_on,
        }),
    }
}

fn names_no_address(recipient: &RawForm) -> bool {
    matches!(recipient.get(INTERAC_EMAIL), None | Some(RawField::Null))
}

/// What is wrong with a form that names no address for a customer that holds none.
#[must_use]
pub fn recipient_email_missing() -> FieldProblem {
    FieldProblem {
        field: nested(INTERAC_EMAIL),
        kind: ProblemKind::Missing,
        message: "is required, because the customer holds no interac_email",
    }
}

fn parse_recipient(
    form: &RawForm,
    standards: &dyn Standards,
) -> Result<RecipientRequest, Vec<FieldProblem>> {
    let mut reader = Reader::in_order(form, &RECIPIENT_FIELDS);
    let name = |text: &str| Name::parse(text, standards);
    let interac_email = reader.optional(INTERAC_EMAIL, InteracEmail::parse);
    let first_name = reader.required("first_name", name);
    let last_name = reader.required("last_name", name);
    let names = first_name.zip(last_name);
    reader.finish(names.map(|(first_name, last_name)| RecipientRequest {
        interac_email,
        first_name,
        last_name,
    }))
}

/// The recipient is the last field of the form; unknown fields of the form itself come after it.
fn joined(outer: Vec<FieldProblem>, recipient: Vec<FieldProblem>) -> Vec<FieldProblem> {
    let is_unknown = |problem: &FieldProblem| problem.kind == ProblemKind::Unknown;
    let (unknown, known): (Vec<_>, Vec<_>) = outer.into_iter().partition(is_unknown);
    let inner = recipient.into_iter().map(|problem| FieldProblem {
        field: nested(&problem.field),
        ..problem
    });
    known.into_iter().chain(inner).chain(unknown).collect()
}

fn nested(field: &str) -> String {
    format!("{RECIPIENT}.{field}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::form::RawField::{self, Null, Number, Object, OtherType, Text};
    use crate::values::fake::FakeStandards;

    fn text(text: &str) -> RawField {
        Text(text.to_owned())
    }

    fn form(fields: &[(&str, RawField)]) -> RawForm {
        let fields = fields.iter().cloned();
        fields.map(|(name, raw)| (name.to_owned(), raw)).collect()
    }

    fn recipient(changes: &[(&str, RawField)]) -> RawForm {
        let mut fields = form(&[("first_name", text("Ada")), ("last_name", text("Obi"))]);
        fields.extend(form(changes));
        fields
    }

    fn with(changes: &[(&str, RawField)]) -> RawForm {
        let mut fields = form(&[
            ("customer_id", text("user-1")),
            ("currency", text("CAD")),
            ("amount_minor", text("1250")),
            ("merchant_reference", text("invoice-1")),
            ("recipient", Object(recipient(&[]))),
        ]);
        fields.extend(form(changes));
        fields
    }

    fn parse(form: &RawForm) -> Result<PayoutRequest, InvalidPayout> {
        parse_payout(form, &FakeStandards)
    }

    fn facts(problems: Vec<FieldProblem>) -> Vec<(String, ProblemKind)> {
        let problems = problems.into_iter();
        problems.map(|one| (one.field, one.kind)).collect()
    }

    fn problems(form: &RawForm) -> Vec<(String, ProblemKind)> {
        facts(parse(form).unwrap_err().problems)
    }

    #[test]
    fn a_payout_is_read() {
        let request = parse(&with(&[])).unwrap();
        assert_eq!(request.customer, CustomerHandle::parse("user-1"));
        assert_eq!(request.currency, FiatCurrency::Cad);
        assert_eq!(request.amount.count(), 1250);
        assert_eq!(request.merchant_reference.as_str(), "invoice-1");
        assert_eq!(request.recipient.interac_email, None);
        assert_eq!(request.recipient.first_name.as_str(), "Ada");
        assert_eq!(request.recipient.last_name.as_str(), "Obi");
    }

    #[test]
    fn the_recipient_is_the_one_named_or_else_the_customer_while_it_holds_an_address() {
        let named = recipient(&[("interac_email", text("Ada@Example.com"))]);
        let named = parse(&with(&[("recipient", Object(named))])).unwrap();
        let unnamed = parse(&with(&[])).unwrap();
        let held = InteracEmail::parse("held@example.com").unwrap();
        let address = |request: &PayoutRequest, held| {
            let resolved = request.recipient.resolved(held)?;
            Some(resolved.interac_email.as_str().to_owned())
        };
        assert_eq!(
            address(&named, Some(&held)).as_deref(),
            Some("ada@example.com")
        );
        assert_eq!(address(&named, None).as_deref(), Some("ada@example.com"));
        assert_eq!(
            address(&unnamed, Some(&held)).as_deref(),
            Some("held@example.com")
        );
        assert_eq!(address(&unnamed, None), None);
    }

    #[test]
    fn a_text_that_can_name_no_customer_is_nobody() {
        for name in ["ckcust_1", "..", "a\nb"] {
            let request = parse(&with(&[("customer_id", text(name))])).unwrap();
            assert_eq!(request.customer, None, "{name:?}");
        }
    }

    #[test]
    fn every_field_has_its_one_problem() {
        use ProblemKind::{CurrencyNotSupported, Invalid, Missing, Unknown};
        for (field, raw, kind) in [
            ("customer_id", Null, Missing),
            ("customer_id", Number("1".to_owned()), Invalid),
            ("currency", text("USD"), CurrencyNotSupported),
            ("currency", text(""), Missing),
            ("currency", OtherType, Invalid),
            ("amount_minor", Number("1250".to_owned()), Invalid),
            ("amount_minor", text("12.50"), Invalid),
            ("amount_minor", text("0"), Invalid),
            ("amount_minor", Null, Missing),
            ("merchant_reference", text(" "), Missing),
            ("merchant_reference", text(" a"), Invalid),
            ("recipient", Null, Missing),
            ("recipient", text("Ada"), Invalid),
            ("recipient", OtherType, Invalid),
            ("note", text("x"), Unknown),
            ("recipient.first_name", text("x"), Unknown),
        ] {
            let expected = [(field.to_owned(), kind)];
            assert_eq!(problems(&with(&[(field, raw)])), expected, "{field}");
        }
        for (field, raw, kind) in [
            ("first_name", Null, Missing),
            ("last_name", text("1"), Invalid),
            ("interac_email", text("nobody"), Invalid),
            ("interac_email", text(" "), Invalid),
            ("email", text("a@example.com"), Unknown),
        ] {
            let inner = recipient(&[(field, raw)]);
            let expected = [(format!("recipient.{field}"), kind)];
            assert_eq!(
                problems(&with(&[("recipient", Object(inner))])),
                expected,
                "{field}"
            );
        }
    }

    #[test]
    fn an_address_that_the_customer_lacks_is_missing_in_its_place() {
        let named = form(&[("interac_email", text("x"))]);
        let cases = [
            (vec![], true),
            (
                vec![("recipient", Object(recipient(&[("interac_email", Null)])))],
                true,
            ),
            (vec![("customer_id", text("ckcust_1"))], false),
            (vec![("customer_id", Null)], false),
            (vec![("recipient", Object(named))], false),
            (vec![("recipient", Null)], false),
        ];
        for (place, (changes, relies)) in cases.into_iter().enumerate() {
            let changes = [&changes[..], &[("currency", Null), ("note", Null)]].concat();
            let invalid = parse(&with(&changes)).unwrap_err();
            let expected = CustomerHandle::parse("user-1").filter(|_| relies);
            assert_eq!(invalid.relies_on, expected, "{place}");
        }
        let inner = recipient(&[("first_name", Null)]);
        for (changes, expected) in [
            (
                vec![("currency", Null)],
                vec!["currency", "recipient.interac_email"],
            ),
            (
                vec![("note", Null), ("recipient", Object(inner))],
                vec!["recipient.interac_email", "recipient.first_name", "note"],
            ),
        ] {
            let invalid = parse(&with(&changes)).unwrap_err();
            let told = facts(invalid.without_address()).into_iter();
            assert_eq!(told.map(|(field, _)| field).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn problems_come_in_the_order_of_the_form() {
        let inner = form(&[("zzz", Null), ("first_name", text("1"))]);
        let fields = form(&[
            ("aaa", Null),
            ("recipient", Object(inner)),
            ("amount_minor", text("x")),
        ]);
        let names: Vec<_> = problems(&fields)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let expected = [
            "customer_id",
            "currency",
            "amount_minor",
            "merchant_reference",
            "recipient.first_name",
            "recipient.last_name",
            "recipient.zzz",
            "aaa",
        ];
        assert_eq!(names, expected);
    }
}
