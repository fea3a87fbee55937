//! The vendor's JSON about files, documents and submissions.

use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Map, Value, json};
use vouch_domain::{
    kyc::{FileCategory, Gap},
    ports::{RailCustomerId, RailFileId},
};

use super::text;
use crate::answer::Answer;

/// The type of the document that shows that a business was founded.
const CERTIFICATE: &str = "CERTIFICATE_OF_INCORPORATION";

/// A place for the bytes of a file: one PUT within five minutes.
pub(crate) struct UploadPlace {
    pub(crate) file: RailFileId,
    pub(crate) url: Url,
    /// What the PUT has to carry.
    pub(crate) headers: HeaderMap,
}

/// What the rail calls a category of a person's files, and the slot that it goes into. Nothing for a business's: those are
/// documents there.
fn names(category: FileCategory) -> Option<(&'static str, &'static str)> {
    match category {
        FileCategory::IdDocument => Some(("identity", "id_file")),
        FileCategory::IdDocumentBack => Some(("identity_back", "id_file_back")),
        FileCategory::ProofOfAddress => Some(("proof_of_address", "proof_of_address_file")),
        FileCategory::LivenessCheck => Some(("liveness_check", "liveness_check_file")),
        FileCategory::IncorporationDocument => None,
    }
}

/// The body that asks for a place for a person's file. Nothing for what businesses have.
pub(crate) fn place_request(customer: &RailCustomerId, category: FileCategory) -> Option<Value> {
    let (category, _) = names(category)?;
    Some(json!({ "customer_id": customer.expose(), "file_category": category }))
}

/// The place in an answer: at its top level, or nested.
pub(crate) fn place(answer: &Answer) -> Option<UploadPlace> {
    let body = Value::Object(answer.body.clone()?);
    let place = body.get("data").unwrap_or(&body);
    let url = text(place, "url").or_else(|| text(place, "upload_url"))?;
    let headers = place.get("headers").and_then(Value::as_object);
    Some(UploadPlace {
        file: RailFileId::parse(&text(place, "file_id")?).ok()?,
        url: url.parse().ok()?,
        headers: headers.map(sendable).unwrap_or_default(),
    })
}

/// The headers that the rail wants sent, other than those which the transport writes itself.
fn sendable(headers: &Map<String, Value>) -> HeaderMap {
    const OURS: [&str; 4] = ["host", "content-length", "content-type", "authorization"];
    let header = |(name, value): (&String, &Value)| {
        let name: HeaderName = name.parse().ok()?;
        let value: HeaderValue = value.as_str()?.parse().ok()?;
        (!OURS.contains(&name.as_str())).then_some((name, value))
    };
    headers.iter().filter_map(header).collect()
}

/// The body that attaches a person's files. What businesses have is left out.
pub(crate) fn attachment(files: &[(FileCategory, RailFileId)]) -> Value {
    let slot = |(category, file): &(FileCategory, RailFileId)| {
        let (_, slot) = names(*category)?;
        Some((slot.to_owned(), Value::from(file.expose())))
    };
    files.iter().filter_map(slot).collect()
}

/// The body that gives a business its certificate.
pub(crate) fn document(name: &str, file: &RailFileId) -> Value {
    json!({ "type": CERTIFICATE, "name": name, "file_id": file.expose() })
}

/// Whether the documents in an answer have one of this name.
pub(crate) fn has_document(answer: &Answer, name: &str) -> Option<bool> {
    let data = answer.body.as_ref()?.get("data")?;
    let documents = data.as_array()?;
    let is_it = |document: &Value| text(document, "name").as_deref() == Some(name);
    Some(documents.iter().any(is_it))
}

/// What the rail says that a submission lacks.
pub(crate) fn gap(answer: &Answer) -> Gap {
    let message = answer.body.as_ref().and_then(|body| body.get("message"));
    Gap::of_message(message.and_then(Value::as_str).unwrap_or_default())
}
