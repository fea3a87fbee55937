//! The form that opens a virtual account.

use super::{
    FieldProblem, ProblemKind, RawForm,
    reader::{Reader, is_blank},
};
use crate::values::{FiatCurrency, Rejected};

const FIELDS: [&str; 1] = ["currency"];

/// Reads the form of a new virtual account: nothing but its currency.
///
/// # Errors
/// All problems of the form, unknown fields last by name.
pub fn parse_virtual_account(form: &RawForm) -> Result<FiatCurrency, Vec<FieldProblem>> {
    let mut reader = Reader::in_order(form, &FIELDS);
    let currency = read_currency(&mut reader, FiatCurrency::of_account);
    reader.finish(currency)
}

/// Reads `currency`. Every text that names none of the currencies served is a problem of its own kind.
pub(super) fn read_currency(
    reader: &mut Reader<'_>,
    parse: fn(&str) -> Result<FiatCurrency, Rejected>,
) -> Option<FiatCurrency> {
    const FIELD: &str = "currency";
    let text = reader.text(FIELD).filter(|text| !is_blank(text));
    match text.map(parse) {
        Some(Err(Rejected(message))) => {
            reader.note(FIELD, ProblemKind::CurrencyNotSupported, message);
            None
        }
        Some(Ok(currency)) => Some(currency),
        None => reader.required(FIELD, parse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::RawField;

    fn parse(field: &str, raw: RawField) -> Result<FiatCurrency, Vec<(String, ProblemKind)>> {
        let form = RawForm::from([(field.to_owned(), raw)]);
        parse_virtual_account(&form).map_err(|problems| {
            let facts = |problem: FieldProblem| (problem.field, problem.kind);
            problems.into_iter().map(facts).collect()
        })
    }

    #[test]
    fn currencies_are_served_missing_wrong_or_not_supported() {
        let text = |text: &str| RawField::Text(text.to_owned());
        for currency in FiatCurrency::OF_ACCOUNTS {
            assert_eq!(parse("currency", text(currency.as_str())), Ok(currency));
        }
        for (raw, kind) in [
            (text("CAD"), ProblemKind::CurrencyNotSupported),
            (text("gbp"), ProblemKind::CurrencyNotSupported),
            (text("XYZ"), ProblemKind::CurrencyNotSupported),
            (text(" "), ProblemKind::Missing),
            (RawField::Null, ProblemKind::Missing),
            (RawField::Number("826".to_owned()), ProblemKind::Invalid),
            (RawField::OtherType, ProblemKind::Invalid),
        ] {
            assert_eq!(
                parse("currency", raw),
                Err(vec![("currency".to_owned(), kind)])
            );
        }
        let unknown = vec![
            ("currency".to_owned(), ProblemKind::Missing),
            ("wallet".to_owned(), ProblemKind::Unknown),
        ];
        assert_eq!(parse("wallet", text("x")), Err(unknown));
    }
}
