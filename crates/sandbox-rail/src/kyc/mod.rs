//! How a customer becomes verified: files and documents, submissions, decisions.

pub(crate) mod document;
pub(crate) mod document_routes;
pub(crate) mod file;
pub(crate) mod file_routes;
pub(crate) mod submission;
pub(crate) mod uploads;
pub(crate) mod verification;
pub(crate) mod verification_routes;
