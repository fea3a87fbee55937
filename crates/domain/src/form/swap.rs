//! The form that creates a swap.

use super::{
    FieldProblem, RawForm,
    fields::{Fields, number, text},
};
use crate::{
    customer::HolderChoice,
    money::Amount,
    swap::{Pair, SwapOrder, SwapRequest},
    values::{Base58Address, CurrencyCode},
};

/// Reads the form of a new swap. Whether its pair is traded is the liquidity provider's to say, afterwards.
///
/// # Errors
/// One problem for each field that is missing, of another type, or not acceptable.
pub fn parse_swap(form: &RawForm) -> Result<SwapRequest, Vec<FieldProblem>> {
    let mut fields = Fields::new(form);
    let from = fields.required("from", text(CurrencyCode::parse));
    let to = fields.required("to", text(CurrencyCode::parse));
    let amount = fields.required("amount", number(Amount::parse));
    let destination = fields.required("destinationAddress", text(Base58Address::parse));
    let holder = fields.optional("customerId", text(|id| Ok(HolderChoice::parse(id))));
    fields.finish(from.zip(to).zip(amount.zip(destination)).map(
        |((from, to), (amount, destination))| SwapRequest {
            order: SwapOrder {
                pair: Pair { from, to },
                amount,
                destination,
            },
            holder: holder.unwrap_or(HolderChoice::Primary),
        },
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::form::RawField::{self, Bool, Null, Number, OtherType, Text};
    use crate::form::fields::tests::messages;

    const ADDRESS: &str = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";
    const CUSTOMER: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn with(changes: &[(&str, RawField)]) -> RawForm {
        let mut form = RawForm::from([
            ("from".to_owned(), Text("USDC".to_owned())),
            ("to".to_owned(), Text("EURC".to_owned())),
            ("amount".to_owned(), Number("100.50".to_owned())),
            ("destinationAddress".to_owned(), Text(ADDRESS.to_owned())),
        ]);
        for (field, raw) in changes {
            form.insert((*field).to_owned(), raw.clone());
        }
        form
    }

    #[test]
    fn a_swap_is_read() {
        let request = parse_swap(&with(&[])).unwrap();
        assert_eq!(request.order.pair.from.as_str(), "USDC");
        assert_eq!(request.order.pair.to.as_str(), "EURC");
        assert_eq!(request.order.amount, Amount::parse("100.5").unwrap());
        assert_eq!(request.order.destination.as_str(), ADDRESS);
        assert_eq!(request.holder, HolderChoice::Primary);
    }

    #[test]
    fn a_customer_is_named_or_left_out() {
        let holder = |raw| parse_swap(&with(&[("customerId", raw)])).unwrap().holder;
        assert_eq!(
            holder(Text(CUSTOMER.to_owned())),
            HolderChoice::parse(CUSTOMER)
        );
        assert_eq!(holder(Text("nobody".to_owned())), HolderChoice::Nobody);
    }

    #[test]
    fn every_field_has_its_one_problem() {
        let required = ["from", "to", "amount", "destinationAddress"];
        let expected = required.map(|field| (field.to_owned(), "is required"));
        assert_eq!(messages(parse_swap(&RawForm::new())), expected);
        for (field, raw, message) in [
            ("from", Null, "is required"),
            ("from", Text("U".to_owned()), "must be 2 to 10 characters"),
            ("to", Number("1".to_owned()), "must be a string"),
            (
                "to",
                Text("12345678901".to_owned()),
                "must be 2 to 10 characters",
            ),
            ("amount", Text("100".to_owned()), "must be a number"),
            ("amount", Bool(true), "must be a number"),
            (
                "amount",
                Number("0".to_owned()),
                "must be a number greater than 0 and at most 1000000000, with at most 6 decimal places",
            ),
            (
                "destinationAddress",
                Text("short".to_owned()),
                "must be 32 to 64 base58 characters",
            ),
            ("destinationAddress", OtherType, "must be a string"),
            ("customerId", Number("1".to_owned()), "must be a string"),
            ("customerId", Null, "must be a string"),
        ] {
            let parsed = parse_swap(&with(&[(field, raw)]));
            assert_eq!(messages(parsed), [(field.to_owned(), message)]);
        }
    }

    #[test]
    fn unknown_fields_are_ignored_and_unknown_pairs_are_not_judged() {
        let form = with(&[
            ("to", Text("XYZ".to_owned())),
            ("memo", OtherType),
            ("rate", Number("2".to_owned())),
        ]);
        assert!(parse_swap(&form).is_ok());
    }
}
