//! The form of a request that says all in its path.

use super::{FieldProblem, RawForm, reader::Reader};

/// Reads a form without fields.
///
/// # Errors
/// A problem for every field.
pub fn parse_nothing(form: &RawForm) -> Result<(), Vec<FieldProblem>> {
    Reader::over(form, &[]).finish(Some(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{RawField::Null, fields::tests::messages};

    #[test]
    fn every_field_is_unknown() {
        assert_eq!(parse_nothing(&RawForm::new()), Ok(()));
        let form = RawForm::from([("status".to_owned(), Null)]);
        let expected = [("status".to_owned(), "is not a field of this form")];
        assert_eq!(messages(parse_nothing(&form)), expected);
    }
}
