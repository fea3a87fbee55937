use std::{fmt, time::Duration};

use async_trait::async_trait;

use super::{ByteSource, RailCustomerId, RailFailure};
use crate::{
    kyc::{ContentType, FileCategory, Gap},
    values::Rejected,
};

/// How long the sending of a file may take, the place for it included. The rail's places live for five minutes.
pub const RAIL_FILE_DEADLINE: Duration = Duration::from_secs(2 * 60);

/// The part of the rail that takes a customer's files and hands them to its reviewers.
///
/// Every call has a deadline and counts as background work: nobody waits for it. Nothing here is repeated by the adapter
/// but what it says.
#[async_trait]
pub trait RailKyc: Send + Sync {
    /// Has the rail make a place for a file's bytes and sends them, within [`RAIL_FILE_DEADLINE`]. After [`RailFailure::Unclear`] another place may be
    /// filled: what was sent before then shows nowhere.
    async fn send_file(
        &self,
        customer: &RailCustomerId,
        content: RailContent,
        bytes: Box<dyn ByteSource>,
    ) -> Result<RailFileId, RailFailure>;

    /// Attaches sent files of a person. A new file takes the place of the old one, so it may be repeated; with an
    /// [`IdDocument`](FileCategory::IdDocument) among them the review begins.
    async fn attach_files(
        &self,
        customer: &RailCustomerId,
        files: &[(FileCategory, RailFileId)],
    ) -> Result<(), RailFailure>;

    /// Whether a business has a document of this name.
    async fn has_document(
        &self,
        customer: &RailCustomerId,
        name: &str,
    ) -> Result<bool, RailFailure>;

    /// Gives a business a document: its certificate of incorporation, under this name. After [`RailFailure::Unclear`]
    /// look before repeating.
    async fn add_document(
        &self,
        customer: &RailCustomerId,
        name: &str,
        file: &RailFileId,
    ) -> Result<(), RailFailure>;

    /// Asks for the review. After [`RailFailure::Unclear`] look at the customer before repeating.
    async fn submit(&self, customer: &RailCustomerId) -> Result<RailSubmission, RailFailure>;
}

/// What becomes of a request for a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RailSubmission {
    /// The review has begun.
    Begun,
    /// The customer is verified or under review: the rail has one text for both.
    UnderWayOrOver,
    /// The customer cannot be reviewed yet, for this gap.
    NotReady(Gap),
}

/// What is sent to the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RailContent {
    /// What it shows.
    pub category: FileCategory,
    /// What the bytes are.
    pub content_type: ContentType,
    /// How many they are.
    pub size: u64,
}

/// The rail's own id of a file. Like [`RailCustomerId`] never shown outside.
#[derive(Clone, PartialEq, Eq)]
pub struct RailFileId(String);

impl RailFileId {
    /// Takes an id from the rail: 1–255 visible ASCII characters.
    ///
    /// # Errors
    /// [`Rejected`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let fits = (1..=255).contains(&text.len());
        if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Rejected("must be visible ASCII characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id, for the rail's adapter and the store only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RailFileId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RailFileId(…)")
    }
}
