//! The form that puts files into slots.

use super::{FieldProblem, ProblemKind, RawField, RawForm, reader::Reader};
use crate::{
    id::FileId,
    kyc::{FileCategory, Slot},
    values::{CustomerType, Rejected},
};

const FIELDS: [&str; 1] = ["files"];
const ENTRY: [&str; 2] = ["slot", "file_id"];

/// Reads the form that attaches files of a customer of this type: 1 to 5, each to a slot of its own.
///
/// # Errors
/// All problems of the form: those of an entry as `files[0].slot`, unknown fields last by name.
pub fn parse_attachments(
    form: &RawForm,
    customer_type: CustomerType,
) -> Result<Vec<Slot>, Vec<FieldProblem>> {
    let mut reader = Reader::in_order(form, &FIELDS);
    let Some(entries) = entries(&mut reader, form) else {
        return reader.finish(None);
    };
    let mut problems = reader.finish(Some(())).err().unwrap_or_default();
    let mut slots: Vec<Slot> = Vec::with_capacity(entries.len());
    let mut found = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        match parse_entry(entry, customer_type) {
            Ok(slot) if slots.iter().any(|known| known.category == slot.category) => {
                found.push(problem_of(position, "slot", "is filled twice"));
            }
            Ok(slot) => slots.push(slot),
            Err(problems) => found.extend(problems.into_iter().map(|problem| FieldProblem {
                field: format!("files[{position}].{}", problem.field),
                ..problem
            })),
        }
    }
    found.append(&mut problems);
    match found.is_empty() {
        true => Ok(slots),
        false => Err(found),
    }
}

fn entries<'a>(reader: &mut Reader<'_>, form: &'a RawForm) -> Option<&'a [RawForm]> {
    let most = FileCategory::ALL.len();
    match form.get("files") {
        None | Some(RawField::Null) => {
            reader.note("files", ProblemKind::Missing, "is required");
            None
        }
        Some(RawField::Objects(entries)) if (1..=most).contains(&entries.len()) => Some(entries),
        Some(_) => {
            reader.note(
                "files",
                ProblemKind::Invalid,
                "must be a list of 1 to 5 objects",
            );
            None
        }
    }
}

fn parse_entry(form: &RawForm, customer_type: CustomerType) -> Result<Slot, Vec<FieldProblem>> {
    let mut reader = Reader::in_order(form, &ENTRY);
    let category = reader.required("slot", |text| FileCategory::parse(text)?.of(customer_type));
    let file = reader.required("file_id", |text| {
        FileId::parse(text).map_err(|_| Rejected("must be the id of a file"))
    });
    let slot = category
        .zip(file)
        .map(|(category, file)| Slot { category, file });
    reader.finish(slot)
}

fn problem_of(position: usize, field: &str, message: &'static str) -> FieldProblem {
    FieldProblem {
        field: format!("files[{position}].{field}"),
        kind: ProblemKind::Invalid,
        message,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::form::{
        RawField::{Null, Objects, OtherType, Text},
        fields::tests::messages,
    };

    const FILE: &str = "ckfile_01h455vb4pex5vsknk084sn02q";

    fn entry(slot: &str, file: &str) -> RawForm {
        RawForm::from([
            ("slot".to_owned(), Text(slot.to_owned())),
            ("file_id".to_owned(), Text(file.to_owned())),
        ])
    }

    fn parse(files: RawField) -> Result<Vec<Slot>, Vec<FieldProblem>> {
        let form = RawForm::from([("files".to_owned(), files)]);
        parse_attachments(&form, CustomerType::Individual)
    }

    #[test]
    fn files_are_read_in_their_order() {
        let slots = parse(Objects(vec![
            entry("proof_of_address", FILE),
            entry("id_document", FILE),
        ]));
        let categories: Vec<_> = slots.unwrap().iter().map(|slot| slot.category).collect();
        assert_eq!(
            categories,
            [FileCategory::ProofOfAddress, FileCategory::IdDocument]
        );
    }

    #[test]
    fn a_list_of_one_to_five_objects_it_must_be() {
        let wrong = "must be a list of 1 to 5 objects";
        for (files, message) in [
            (Null, "is required"),
            (OtherType, wrong),
            (Text("id_document".to_owned()), wrong),
            (Objects(Vec::new()), wrong),
            (Objects(vec![entry("id_document", FILE); 6]), wrong),
        ] {
            assert_eq!(messages(parse(files)), [("files".to_owned(), message)]);
        }
    }

    #[test]
    fn problems_say_which_entry_has_them() {
        let mut odd = entry("id_document", "ckcust_01h455vb4pex5vsknk084sn02q");
        odd.insert("more".to_owned(), Null);
        let problems = messages(parse(Objects(vec![
            entry("liveness_check", FILE),
            entry("liveness_check", FILE),
            entry("incorporation_document", FILE),
            odd,
            RawForm::new(),
        ])));
        let expected = [
            ("files[1].slot", "is filled twice"),
            ("files[2].slot", "is for businesses only"),
            ("files[3].file_id", "must be the id of a file"),
            ("files[3].more", "is not a field of this form"),
            ("files[4].slot", "is required"),
            ("files[4].file_id", "is required"),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(field, message)| (field.to_owned(), message))
            .collect();
        assert_eq!(problems, expected);
    }
}
