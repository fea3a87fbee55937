//! Documents in an object store: the adapter of the domain's [`Documents`](vouch_domain::ports::Documents) port, and the
//! only crate that names an object store.
//!
//! Whatever is kept is sealed here, chunk by chunk, before it leaves the process, so the store learns nothing but sizes.
//! Neither direction ever holds a whole file in memory.

mod adapter;
mod reading;
mod sealing;
mod settings;
mod writing;

pub use adapter::ObjectDocuments;
pub use settings::{DocumentsSetupError, S3Settings};
