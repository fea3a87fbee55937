//! Reads a form field by field and collects what is wrong with it.

use super::{FieldProblem, ProblemKind, RawField, RawForm};
use crate::values::Rejected;

/// The fields of the create form, in the order in which their problems are reported.
pub(super) const FIELDS: [&str; 19] = [
    "type",
    "first_name",
    "last_name",
    "dob",
    "business_name",
    "email",
    "country",
    "id_type",
    "id_number",
    "tin",
    "customer_reference",
    "zip_code",
    "phone",
    "street",
    "city",
    "state",
    "interac_email",
    "id_expiry_date",
    "id_issue_date",
];

/// A form and the problems found in it so far.
///
/// Every reading answers nothing where it has noted a problem, so a caller reads all fields first and assembles them
/// afterwards.
pub(super) struct Reader<'a> {
    form: &'a RawForm,
    /// The fields that there are, in the order in which their problems are reported.
    order: &'static [&'static str],
    problems: Vec<FieldProblem>,
}

impl<'a> Reader<'a> {
    /// A reader of the create form, or of a part of it.
    pub(super) fn new(form: &'a RawForm) -> Self {
        Self::in_order(form, &FIELDS)
    }

    /// A reader of a form with these fields.
    pub(super) fn in_order(form: &'a RawForm, order: &'static [&'static str]) -> Self {
        Self {
            form,
            order,
            problems: Vec::new(),
        }
    }

    /// Reads a field that must be there; `null` and blank text are as good as absent.
    pub(super) fn required<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rejected>,
    ) -> Option<T> {
        match self.form.get(field) {
            None | Some(RawField::Null) => self.missing(field),
            Some(RawField::Text(text)) if is_blank(text) => self.missing(field),
            Some(raw) => self.value(field, raw, parse),
        }
    }

    /// Reads a field that may be absent; `null` is as good as absent.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rejected>,
    ) -> Option<T> {
        match self.form.get(field) {
            None | Some(RawField::Null) => None,
            Some(raw) => self.value(field, raw, parse),
        }
    }

    /// Reads the new value of a field that cannot be cleared.
    pub(super) fn amended<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rejected>,
    ) -> Option<T> {
        let raw = self.form.get(field)?;
        self.value(field, raw, parse)
    }

    /// Reads the new value of a field that `null` clears: then the answer is `Some(None)`.
    pub(super) fn clearable<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Rejected>,
    ) -> Option<Option<T>> {
        match self.form.get(field)? {
            RawField::Null => Some(None),
            raw => self.value(field, raw, parse).map(Some),
        }
    }

    /// The text of a field, if it is one, unjudged.
    pub(super) fn text(&self, field: &'static str) -> Option<&'a str> {
        match self.form.get(field)? {
            RawField::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Reads an object that must be there; `null` is as good as absent.
    pub(super) fn required_object(&mut self, field: &'static str) -> Option<&'a RawForm> {
        match self.form.get(field) {
            None | Some(RawField::Null) => self.missing(field),
            Some(RawField::Object(object)) => Some(object),
            Some(_) => {
                self.note(field, ProblemKind::Invalid, "must be an object");
                None
            }
        }
    }

    /// Whether the field is there at all, be it as `null`.
    pub(super) fn has(&self, field: &'static str) -> bool {
        self.form.contains_key(field)
    }

    /// Notes a problem.
    pub(super) fn note(&mut self, field: &'static str, kind: ProblemKind, message: &'static str) {
        self.problems.push(FieldProblem {
            field: field.to_owned(),
            kind,
            message,
        });
    }

    /// Adds the unknown fields. Answers with `value`, or else with all problems: in the form's order, unknown fields last
    /// by name.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<FieldProblem>> {
        let order = self.order;
        let unknown = self
            .form
            .keys()
            .filter(|name| position(order, name).is_none());
        self.problems.extend(unknown.map(|name| FieldProblem {
            field: name.clone(),
            kind: ProblemKind::Unknown,
            message: "is not a field of this form",
        }));
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(in_order(order, self.problems)),
        }
    }

    /// Answers with `value`, or else with all problems in the order in which they were noted. Unknown fields are ignored.
    pub(super) fn finish_ignoring_unknown<T>(
        self,
        value: Option<T>,
    ) -> Result<T, Vec<FieldProblem>> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }

    fn value<T>(
        &mut self,
        field: &'static str,
        raw: &RawField,
        parse: impl FnOnce(&str) -> Result<T, Rejected>,
    ) -> Option<T> {
        let parsed = match raw {
            RawField::Text(text) if is_blank(text) => Err(Rejected("must not be blank")),
            RawField::Text(text) => parse(text),
            RawField::Null => Err(Rejected("must not be null")),
            RawField::Number(_)
            | RawField::Bool(_)
            | RawField::Object(_)
            | RawField::Objects(_)
            | RawField::OtherType => Err(Rejected("must be a string")),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(Rejected(message)) => {
                self.note(field, ProblemKind::Invalid, message);
                None
            }
        }
    }

    fn missing<T>(&mut self, field: &'static str) -> Option<T> {
        self.note(field, ProblemKind::Missing, "is required");
        None
    }
}

/// Whether a text is empty or nothing but U+0020.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ')
}

fn in_order(order: &[&str], mut problems: Vec<FieldProblem>) -> Vec<FieldProblem> {
    // Stable, and the form gave the unknown fields by name.
    problems.sort_by_key(|problem| position(order, &problem.field).unwrap_or(order.len()));
    problems
}

fn position(order: &[&str], name: &str) -> Option<usize> {
    order.iter().position(|field| *field == name)
}
