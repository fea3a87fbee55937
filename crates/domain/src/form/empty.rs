//! The form of an operation that is told nothing.

use super::{FieldProblem, ProblemKind, RawForm};

/// Reads a form that has no fields.
///
/// # Errors
/// Every field, as an unknown one, by name.
pub fn parse_empty(form: &RawForm) -> Result<(), Vec<FieldProblem>> {
    let unknown = form.keys().map(|name| FieldProblem {
        field: name.clone(),
        kind: ProblemKind::Unknown,
        message: "is not a field of this form",
    });
    let problems: Vec<_> = unknown.collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::RawField;

    #[test]
    fn whatever_is_told_is_unknown() {
        assert_eq!(parse_empty(&RawForm::new()), Ok(()));
        let form = RawForm::from([
            ("reason".to_owned(), RawField::Null),
            ("email".to_owned(), RawField::Bool(true)),
        ]);
        let problems = parse_empty(&form).err().unwrap_or_default();
        let fields: Vec<_> = problems.iter().map(|problem| &*problem.field).collect();
        assert_eq!(fields, ["email", "reason"]);
    }
}
