//! The form that creates a payment route.

use super::{
    FieldProblem, RawForm,
    fields::{Fields, flag, number, text},
};
use crate::{
    customer::HolderChoice,
    payment_route::{RouteOrder, RouteRequest},
    values::{ChainAddress, ChainId, Rejected, RouteName},
};

/// Reads the form of a new payment route. Whether its chains and tokens are served is the liquidity provider's to say,
/// afterwards.
///
/// # Errors
/// One problem for each field that is missing, of another type, or not acceptable.
pub fn parse_payment_route(form: &RawForm) -> Result<RouteRequest, Vec<FieldProblem>> {
    let mut fields = Fields::new(form);
    let request = read(&mut fields);
    fields.finish(request)
}

fn read(fields: &mut Fields<'_>) -> Option<RouteRequest> {
    let name = fields.required("name", text(RouteName::parse));
    let origin_chain = fields.required("originChainId", number(chain));
    let destination_chain = fields.required("destinationChainId", number(chain));
    let destination_currency =
        fields.required("destinationCurrency", text(ChainAddress::parse_token));
    let destination_address =
        fields.required("destinationAddress", text(ChainAddress::parse_account));
    let origin_currency = fields.optional("originCurrency", text(ChainAddress::parse_token));
    let refund_to = fields.optional("refundTo", text(ChainAddress::parse_account));
    let strict = fields.optional("strict", flag);
    let holder = fields.optional("customerId", text(|id| Ok(HolderChoice::parse(id))));
    Some(RouteRequest {
        order: RouteOrder {
            name: name?,
            origin_chain: origin_chain?,
            origin_currency,
            destination_chain: destination_chain?,
            destination_currency: destination_currency?,
            destination_address: destination_address?,
            refund_to,
            strict: strict.unwrap_or(false),
        },
        holder: holder.unwrap_or(HolderChoice::Primary),
    })
}

/// Whole numbers only, in their plain notation: `1.0` and `1e3` are refused.
fn chain(literal: &str) -> Result<ChainId, Rejected> {
    // Beyond 64 bits lies no chain either.
    ChainId::new(literal.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::form::RawField::{self, Bool, Null, Number, OtherType, Text};
    use crate::form::fields::tests::messages;

    const ADDRESS: &str = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F";

    fn with(changes: &[(&str, RawField)]) -> RawForm {
        let mut form = RawForm::from([
            ("name".to_owned(), Text("Rent".to_owned())),
            ("originChainId".to_owned(), Number("792703809".to_owned())),
            ("destinationChainId".to_owned(), Number("137".to_owned())),
            ("destinationCurrency".to_owned(), Text("USDC".to_owned())),
            ("destinationAddress".to_owned(), Text(ADDRESS.to_owned())),
        ]);
        for (field, raw) in changes {
            form.insert((*field).to_owned(), raw.clone());
        }
        form
    }

    #[test]
    fn a_route_is_read() {
        let RouteRequest { order, holder } = parse_payment_route(&with(&[])).unwrap();
        assert_eq!(order.name.as_str(), "Rent");
        assert_eq!(order.origin_chain.number(), 792_703_809);
        assert_eq!(order.destination_chain.number(), 137);
        assert_eq!(order.destination_currency.as_str(), "USDC");
        assert_eq!(order.destination_address.as_str(), ADDRESS);
        assert_eq!((order.origin_currency, order.refund_to), (None, None));
        assert!(!order.strict);
        assert_eq!(holder, HolderChoice::Primary);
    }

    #[test]
    fn optional_fields_are_read() {
        let form = with(&[
            ("originCurrency", Text("USDT".to_owned())),
            ("refundTo", Text(ADDRESS.to_owned())),
            ("strict", Bool(true)),
            ("customerId", Text("nobody".to_owned())),
        ]);
        let RouteRequest { order, holder } = parse_payment_route(&form).unwrap();
        assert_eq!(order.origin_currency.unwrap().as_str(), "USDT");
        assert_eq!(order.refund_to.unwrap().as_str(), ADDRESS);
        assert!(order.strict);
        assert_eq!(holder, HolderChoice::Nobody);
    }

    #[test]
    fn every_field_has_its_one_problem() {
        assert_eq!(parse_payment_route(&RawForm::new()).unwrap_err().len(), 5);
        let whole = "must be a whole number of at least 1";
        for (field, raw, message) in [
            ("name", Null, "is required"),
            (
                "name",
                Text("a".to_owned()),
                "must be 2 to 80 characters without control characters",
            ),
            ("originChainId", Text("1".to_owned()), "must be a number"),
            ("originChainId", Number("0".to_owned()), whole),
            ("originChainId", Number("-1".to_owned()), whole),
            ("originChainId", Number("1.5".to_owned()), whole),
            (
                "originChainId",
                Number("99999999999999999999".to_owned()),
                whole,
            ),
            ("destinationChainId", OtherType, "must be a number"),
            (
                "destinationCurrency",
                Text("USD".to_owned()),
                "must be 4 to 128 visible ASCII characters",
            ),
            (
                "destinationAddress",
                Text("0x71C76".to_owned()),
                "must be 8 to 128 visible ASCII characters",
            ),
            ("originCurrency", Number("1".to_owned()), "must be a string"),
            (
                "refundTo",
                Text(String::new()),
                "must be 8 to 128 visible ASCII characters",
            ),
            ("strict", Text("true".to_owned()), "must be true or false"),
            ("strict", Number("1".to_owned()), "must be true or false"),
            ("customerId", Bool(false), "must be a string"),
        ] {
            let parsed = parse_payment_route(&with(&[(field, raw)]));
            assert_eq!(messages(parsed), [(field.to_owned(), message)]);
        }
    }
}
