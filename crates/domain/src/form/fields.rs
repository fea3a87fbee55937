//! Reads the forms of the Treasury contract: one problem for each field, unknown fields ignored.

use super::{FieldProblem, ProblemKind, RawField, RawForm};
use crate::values::Rejected;

/// A form and the problems found in it so far.
///
/// Every reading answers nothing where it has noted a problem, so a caller reads all fields first and assembles them
/// afterwards.
pub(super) struct Fields<'a> {
    form: &'a RawForm,
    problems: Vec<FieldProblem>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(form: &'a RawForm) -> Self {
        Self {
            form,
            problems: Vec::new(),
        }
    }

    /// Reads a field that must be there; `null` is as good as absent.
    pub(super) fn required<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&RawField) -> Result<T, Rejected>,
    ) -> Option<T> {
        if matches!(self.form.get(field), None | Some(RawField::Null)) {
            self.note(field, ProblemKind::Missing, "is required");
            return None;
        }
        self.optional(field, read)
    }

    /// Reads a field that may be absent; `null` is of the wrong type.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&RawField) -> Result<T, Rejected>,
    ) -> Option<T> {
        match read(self.form.get(field)?) {
            Ok(value) => Some(value),
            Err(Rejected(message)) => {
                self.note(field, ProblemKind::Invalid, message);
                None
            }
        }
    }

    /// Answers with `value`, or else with all problems in the order of reading.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FieldProblem>> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }

    fn note(&mut self, field: &'static str, kind: ProblemKind, message: &'static str) {
        self.problems.push(FieldProblem {
            field: field.to_owned(),
            kind,
            message,
        });
    }
}

/// Reads a string.
pub(super) fn text<T>(
    parse: impl FnOnce(&str) -> Result<T, Rejected>,
) -> impl FnOnce(&RawField) -> Result<T, Rejected> {
    |raw| match raw {
        RawField::Text(text) => parse(text),
        _ => Err(Rejected("must be a string")),
    }
}

/// Reads a number from its literal.
pub(super) fn number<T>(
    parse: impl FnOnce(&str) -> Result<T, Rejected>,
) -> impl FnOnce(&RawField) -> Result<T, Rejected> {
    |raw| match raw {
        RawField::Number(literal) => parse(literal),
        _ => Err(Rejected("must be a number")),
    }
}

/// Reads `true` or `false`.
pub(super) fn flag(raw: &RawField) -> Result<bool, Rejected> {
    match raw {
        RawField::Bool(flag) => Ok(*flag),
        _ => Err(Rejected("must be true or false")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Fields and messages of what was refused.
    pub(in crate::form) fn messages<T>(
        parsed: Result<T, Vec<FieldProblem>>,
    ) -> Vec<(String, &'static str)> {
        let problems = parsed.err().unwrap_or_default();
        problems
            .into_iter()
            .map(|problem| (problem.field, problem.message))
            .collect()
    }
}
