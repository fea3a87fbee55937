//! Files and submissions.

use serde_json::{Value, json};
use vouch_domain::{
    customer::Rejection,
    kyc::{ContentType, FileCategory, Gap, SubmissionStatus},
    tenant::Env,
};

use super::{
    examples::{CREATED_AT, CUSTOMER_ID},
    operations::{BODY_ERRORS, COMMON_ERRORS, body},
    parameters::parameter,
    responses::{self, Success},
    schemas::{list, words},
};
use crate::error::Code;

const FILE_ID: &str = "ckfile_01kf0hj080f0xt0r8x3p7vqk2m";
const SUBMISSION_ID: &str = "ckkyc_01kf0hj080f5d8b6vfh5n7w3ye";

pub(super) fn add_file() -> Value {
    json!({
        "tags": ["KYC"],
        "operationId": "add_file",
        "summary": "Ask for the upload of a file",
        "description": "Send the bytes with `PUT` to `upload_url`, within 15 minutes and once: at most 25 MiB, which must be \
            what `content_type` says. The answer has an `ETag`. The URL is all the credential that takes. It is refused as \
            `invalid_state` once the file is uploaded (`detail.reason` `already_uploaded`), while four uploads of it are \
            under way (`too_many_uploads`) and when the customer is closed (`closed`), whose files go; and as `unavailable` \
            with `Retry-After` while too many uploads of all callers are, or of your organisation. A customer made by the \
            Treasury API is `invalid_state` with `detail.reason` `no_kyc_identity`.",
        "parameters": [parameter("CustomerHandle"), parameter("OptionalIdempotencyKey"), parameter("RequestId")],
        "requestBody": body("AddFile", &json!({
            "passport": {
                "summary": "A photograph of a passport",
                "value": { "file_category": "id_document", "filename": "passport.jpg", "content_type": "image/jpeg" },
            },
        })),
        "responses": responses::all(
            &[
                Success::object(201, "The file waits for its upload.", "File", &file()),
                Success::object(200, "An earlier request with this key asked for it.", "File", &file())
                    .with_headers(&["Idempotent-Replayed"]),
            ],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors(&[Code::MissingField])],
        ),
    })
}

pub(super) fn attach_files() -> Value {
    json!({
        "tags": ["KYC"],
        "operationId": "attach_files",
        "summary": "Attach uploaded files",
        "description": "Puts each file into the slot of its category, in the place of what was there. The next submission \
            takes what is in the slots.",
        "parameters": [parameter("CustomerHandle"), parameter("OptionalIdempotencyKey"), parameter("RequestId")],
        "requestBody": body("AttachFiles", &json!({
            "passport": {
                "summary": "The passport",
                "value": { "files": [{ "slot": "id_document", "file_id": FILE_ID }] },
            },
        })),
        "responses": responses::all(
            &[Success::object(200, "All slots of the customer.", "KycSlots", &slots())
                .with_headers(&["Idempotent-Replayed"])],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors(&[Code::MissingField, Code::FileNotFound])],
        ),
    })
}

pub(super) fn submit_kyc() -> Value {
    let submission_errors = [Code::ValidationFailed, Code::InteracEmailTaken];
    json!({
        "tags": ["KYC"],
        "operationId": "submit_kyc",
        "summary": "Submit a customer for review",
        "description": "Takes the files in the slots, whether or not they were submitted before. Individuals need an `id_document`, businesses an \
            `incorporation_document`: else `validation_failed` names what is missing. The decision shows in the customer's \
            `status` and in its events. `invalid_state` has the `detail.reason` `verified`, `closed`, `in_review` or \
            `rejected_finally`. No body is needed.",
        "parameters": [parameter("CustomerHandle"), parameter("OptionalIdempotencyKey"), parameter("RequestId")],
        "responses": responses::all(
            &[
                Success::object(202, "The submission is on its way.", "KycSubmission", &accepted()),
                Success::object(200, "An earlier request with this key made it; as it is now.", "KycSubmission", &accepted())
                    .with_headers(&["Idempotent-Replayed"]),
            ],
            &[&COMMON_ERRORS, &BODY_ERRORS, &errors(&submission_errors)],
        ),
    })
}

pub(super) fn list_submissions() -> Value {
    json!({
        "tags": ["KYC"],
        "operationId": "list_kyc_submissions",
        "summary": "List the submissions of a customer",
        "description": "The newest 100, newest first. The status of the newest follows the customer's: `approved` while it is \
            `verified`, `rejected` while it is `rejected`, also where the provider changes its decision later. One that ends \
            without a decision that stands is `incomplete`: with `missing` where the provider lacks something; with nothing \
            `missing` where the customer was closed, or the provider took its decision back and the customer is `pending`.",
        "parameters": [parameter("CustomerHandle"), parameter("RequestId")],
        "responses": responses::all(
            &[Success::object(200, "The submissions.", "KycSubmissionList", &submissions())],
            &[&COMMON_ERRORS, &[Code::InvalidField, Code::CustomerNotFound]],
        ),
    })
}

fn errors(more: &[Code]) -> Vec<Code> {
    let common = [
        Code::CustomerNotFound,
        Code::IdempotencyConflict,
        Code::InvalidState,
    ];
    [&common, more].concat()
}

/// Schemas by name.
pub(super) fn schemas() -> [(&'static str, Value); 7] {
    [
        ("AddFile", add_file_schema()),
        ("AttachFiles", attach_files_schema()),
        ("File", file_schema()),
        ("KycSlots", slots_schema()),
        ("KycSubmission", submission_schema(false)),
        ("KycSubmissionDetail", submission_schema(true)),
        (
            "KycSubmissionList",
            list("KycSubmissionDetail", "Newest first."),
        ),
    ]
}

fn categories() -> Value {
    words(&FileCategory::ALL.map(FileCategory::as_str))
}

fn add_file_schema() -> Value {
    let mut category = categories();
    category["description"] =
        "Businesses have `incorporation_document` alone, individuals all the others.".into();
    json!({
        "type": "object",
        "properties": {
            "file_category": category,
            "filename": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "Not kept. No control characters, `/` and `\\`.",
            },
            "content_type": words(&ContentType::ALL.map(ContentType::as_str)),
        },
        "required": ["file_category", "filename", "content_type"],
        "additionalProperties": false,
    })
}

fn attach_files_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "files": {
                "type": "array",
                "minItems": 1,
                "maxItems": FileCategory::ALL.len(),
                "items": slot_schema(),
                "description": "Each slot once.",
            },
        },
        "required": ["files"],
        "additionalProperties": false,
    })
}

fn slot_schema() -> Value {
    json!({
        "type": "object",
        "properties": { "slot": categories(), "file_id": file_id() },
        "required": ["slot", "file_id"],
        "additionalProperties": false,
    })
}

fn file_id() -> Value {
    json!({ "type": "string", "pattern": "^ckfile_[0-7][0-9a-hjkmnp-tv-z]{25}$" })
}

fn file_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "file" },
            "id": file_id(),
            "file_id": file_id(),
            "env": words(&Env::ALL.map(Env::as_str)),
            "file_category": categories(),
            "status": words(&["awaiting_upload", "uploaded"]),
            "upload_url": { "type": "string", "format": "uri" },
            "upload_headers": { "type": "object", "additionalProperties": { "type": "string" } },
            "expires_at": time(),
        },
        "required": [
            "object", "id", "file_id", "env", "file_category", "status", "upload_url", "upload_headers", "expires_at",
        ],
        "additionalProperties": false,
    })
}

fn slots_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "kyc_slots" },
            "env": words(&Env::ALL.map(Env::as_str)),
            "slots": { "type": "array", "items": slot_schema() },
        },
        "required": ["object", "env", "slots"],
        "additionalProperties": false,
    })
}

fn submission_schema(in_detail: bool) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "object": { "type": "string", "const": "kyc_submission" },
            "id": { "type": "string", "pattern": "^ckkyc_[0-7][0-9a-hjkmnp-tv-z]{25}$" },
            "env": words(&Env::ALL.map(Env::as_str)),
            "customer_id": { "type": "string" },
            "status": words(&SubmissionStatus::ALL.map(SubmissionStatus::as_str)),
            "created_at": time(),
        },
        "required": ["object", "id", "env", "customer_id", "status", "created_at"],
        "additionalProperties": false,
    });
    if in_detail {
        schema["properties"]["missing"] = json!({
            "type": "array",
            "items": words(&Gap::ALL.map(Gap::as_str)),
            "description": "Of `incomplete`: what the provider that verifies customers lacks. Mend it and submit again. Nothing \
                where it ended for another reason.",
        });
        schema["properties"]["rejection"] = rejection_schema();
        schema["required"] = json!([
            "object",
            "id",
            "env",
            "customer_id",
            "status",
            "created_at",
            "missing",
            "rejection",
        ]);
    }
    schema
}

fn rejection_schema() -> Value {
    let told = Rejection::ALL.into_iter().filter(|one| one.told() == *one);
    let codes: Vec<_> = told.map(Rejection::code).collect();
    json!({
        "type": ["object", "null"],
        "properties": {
            "code": words(&codes),
            "field": { "type": "string", "description": "What to mend: a slot, or a field of the customer." },
            "class": {
                "type": "string",
                "enum": ["fixable", "final", "review"],
                "description": "`fixable`: mend it and submit again. `final`: the customer cannot be submitted again. \
                    `review`: ask what can be done.",
            },
            "message": { "type": "string", "description": "For people. May change." },
        },
        "required": ["code", "class", "message"],
        "additionalProperties": false,
    })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time", "description": "UTC, whole seconds." })
}

fn file() -> Value {
    json!({
        "object": "file",
        "id": FILE_ID,
        "file_id": FILE_ID,
        "env": "test",
        "file_category": "id_document",
        "status": "awaiting_upload",
        "upload_url": format!("https://vouch.example/uploads/{FILE_ID}?organisation=ckorg_…&env=test&signature=…"),
        "upload_headers": { "Content-Type": "image/jpeg" },
        "expires_at": "2026-01-15T10:15:00Z",
    })
}

fn slots() -> Value {
    json!({
        "object": "kyc_slots",
        "env": "test",
        "slots": [{ "slot": "id_document", "file_id": FILE_ID }],
    })
}

fn accepted() -> Value {
    json!({
        "object": "kyc_submission",
        "id": SUBMISSION_ID,
        "env": "test",
        "customer_id": CUSTOMER_ID,
        "status": "submitted",
        "created_at": CREATED_AT,
    })
}

fn submissions() -> Value {
    let mut submission = accepted();
    submission["status"] = "rejected".into();
    submission["missing"] = json!([]);
    submission["rejection"] = json!({
        "code": Rejection::DocumentUnreadable.code(),
        "field": "id_document",
        "class": "fixable",
        "message": Rejection::DocumentUnreadable.message(),
    });
    json!({ "object": "list", "has_more": false, "data": [submission] })
}
