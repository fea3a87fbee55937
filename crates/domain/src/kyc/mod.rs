//! What a customer shows of itself, and how that reaches the rail's reviewers.

mod category;
mod content;
mod file;
mod handover;
mod submission;

pub use category::FileCategory;
pub use content::{ContentType, SIGNATURE_LENGTH};
pub use file::{KycFile, MAX_FILE_BYTES, NewFile, Sha256, Slot, StoredContent, UPLOAD_LIFE};
pub use handover::Handover;
pub use submission::{
    Gap, Submission, SubmissionBasis, SubmissionRefused, SubmissionStatus, missing,
};
