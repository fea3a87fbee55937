//! Reading query parameters: all problems at once.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use vouch_domain::{
    form::{FieldProblem, ProblemKind},
    values::Rejected,
};

use crate::error::ApiError;

/// The parameters of a request, read one by one in the order in which problems are to be reported.
pub(crate) struct Query {
    /// Every value of each name; nothing stands for a value that is not UTF-8.
    values: BTreeMap<String, Vec<Option<String>>>,
    problems: Vec<FieldProblem>,
}

impl Query {
    /// Splits a query string as `application/x-www-form-urlencoded`
    /// ([URL Standard](https://url.spec.whatwg.org/#urlencoded-parsing), section 5.1), but refusing what is not UTF-8.
    pub(crate) fn new(raw: &str) -> Self {
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = String::from_utf8_lossy(&decode(name)).into_owned();
            let value = String::from_utf8(decode(value)).ok();
            values.entry(name).or_default().push(value);
        }
        Self {
            values,
            problems: Vec::new(),
        }
    }

    /// Reads a parameter that must be there.
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Rejected>,
    ) -> Option<T> {
        let is_missing = self
            .values
            .get(name)
            .is_none_or(|values| values.iter().all(|value| value.as_deref() == Some("")));
        if is_missing {
            self.values.remove(name);
            self.refuse(name, ProblemKind::Missing, "is required");
            return None;
        }
        self.optional(name, parse)
    }

    /// Reads a parameter that may be absent, but not empty.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Rejected>,
    ) -> Option<T> {
        let values = self.values.remove(name)?;
        let parsed = match values.as_slice() {
            [Some(text)] if text.is_empty() => Err(Rejected("must not be empty")),
            [Some(text)] => parse(text),
            [None] => Err(Rejected("must be UTF-8")),
            _ => Err(Rejected("must be given once")),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(Rejected(predicate)) => {
                self.refuse(name, ProblemKind::Invalid, predicate);
                None
            }
        }
    }

    /// Refuses whatever was not read. Answers with what was made of the rest, or else with all problems.
    pub(crate) fn finish<T>(mut self, read: Option<T>) -> Result<T, ApiError> {
        for name in std::mem::take(&mut self.values).into_keys() {
            let predicate = "is not a parameter of this route";
            self.refuse(&name, ProblemKind::Unknown, predicate);
        }
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(ApiError::form(self.problems)),
        }
    }

    /// Answers with all problems of what was read, if there are any.
    pub(crate) fn finish_ignoring_unknown(self) -> Result<(), Vec<FieldProblem>> {
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(self.problems),
        }
    }

    fn refuse(&mut self, name: &str, kind: ProblemKind, message: &'static str) {
        self.problems.push(FieldProblem {
            field: name.to_owned(),
            kind,
            message,
        });
    }
}

fn decode(text: &str) -> Vec<u8> {
    percent_decode(text.replace('+', " ").as_bytes()).collect()
}
