//! Ids in paths.

use actix_web::HttpRequest;
use vouch_domain::id::{Id, Kind};

/// The id that the path has in place of `{id}`; none where that is not one.
pub(crate) fn id<K: Kind>(request: &HttpRequest) -> Option<Id<K>> {
    let text = request.match_info().get("id")?;
    Id::parse_hyphenated(text).ok()
}
