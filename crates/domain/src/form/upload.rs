//! The form that asks for the upload of a file.

use super::{FieldProblem, RawForm, reader::Reader};
use crate::{
    kyc::{ContentType, FileCategory, NewFile},
    values::{CustomerType, Rejected},
};

const FIELDS: [&str; 3] = ["file_category", "filename", "content_type"];
/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 255;

/// Reads the form of a file of a customer of this type.
///
/// # Errors
/// All problems of the form in its order, unknown fields last by name.
pub fn parse_upload(
    form: &RawForm,
    customer_type: CustomerType,
) -> Result<NewFile, Vec<FieldProblem>> {
    let mut reader = Reader::in_order(form, &FIELDS);
    let category = reader.required("file_category", |text| {
        FileCategory::parse(text)?.of(customer_type)
    });
    let name = reader.required("filename", judge_name);
    let content_type = reader.required("content_type", ContentType::parse);
    let file = category
        .zip(name)
        .zip(content_type)
        .map(|((category, ()), content_type)| NewFile {
            category,
            content_type,
        });
    reader.finish(file)
}

/// A name is judged and not kept: people's names are in it, and nobody asks for it again.
fn judge_name(text: &str) -> Result<(), Rejected> {
    let is_odd = |character: char| character.is_control() || matches!(character, '/' | '\\');
    if text.chars().nth(LONGEST_NAME).is_some() || text.contains(is_odd) {
        return Err(Rejected(
            "must be 1 to 255 characters without control characters, / and \\",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::form::{
        RawField::{self, Null, Number, Text},
        fields::tests::messages,
    };

    fn with(changes: &[(&str, RawField)]) -> RawForm {
        let mut form = RawForm::from([
            ("file_category".to_owned(), Text("id_document".to_owned())),
            ("filename".to_owned(), Text("Pass Ärzte.jpg".to_owned())),
            ("content_type".to_owned(), Text("image/jpeg".to_owned())),
        ]);
        for (field, raw) in changes {
            form.insert((*field).to_owned(), raw.clone());
        }
        form
    }

    #[test]
    fn a_file_is_read() {
        let file = parse_upload(&with(&[]), CustomerType::Individual).unwrap();
        assert_eq!(file.category, FileCategory::IdDocument);
        assert_eq!(file.content_type, ContentType::Jpeg);
    }

    #[test]
    fn every_field_has_its_one_problem() {
        let name = "must be 1 to 255 characters without control characters, / and \\";
        for (field, raw, message) in [
            ("file_category", Null, "is required"),
            (
                "file_category",
                Text("incorporation_document".to_owned()),
                "is for businesses only",
            ),
            ("filename", Text("  ".to_owned()), "is required"),
            ("filename", Text("a/b".to_owned()), name),
            ("filename", Text("a\\b".to_owned()), name),
            ("filename", Text("a\nb".to_owned()), name),
            ("filename", Text("x".repeat(256)), name),
            ("content_type", Number("1".to_owned()), "must be a string"),
            (
                "content_type",
                Text("image/gif".to_owned()),
                "must be one of image/jpeg, image/png, application/pdf",
            ),
            ("size", Null, "is not a field of this form"),
        ] {
            let parsed = parse_upload(&with(&[(field, raw)]), CustomerType::Individual);
            assert_eq!(messages(parsed), [(field.to_owned(), message)]);
        }
    }

    #[test]
    fn problems_come_in_the_order_of_the_form() {
        let form = RawForm::from([("a".to_owned(), Null)]);
        let problems = messages(parse_upload(&form, CustomerType::Business));
        let fields: Vec<_> = problems.into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["file_category", "filename", "content_type", "a"]);
    }
}
