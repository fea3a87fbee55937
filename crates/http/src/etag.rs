//! Entity tags ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), sections 8.8.3 and 13.1): a customer's version, quoted.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use vouch_domain::customer::Version;

/// The tag of a version.
pub(crate) fn etag(version: Version) -> String {
    format!("\"{}\"", version.0)
}

/// What `If-Match` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Nothing, or whatever there is.
    Any,
    /// One of these versions; none that exists when empty.
    OneOf(Vec<Version>),
}

impl IfMatch {
    /// Reads the header. Weak tags never match, and of a malformed header none does.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match condition(headers, IF_MATCH) {
            Condition::Absent | Condition::Any => Self::Any,
            Condition::Malformed => Self::OneOf(Vec::new()),
            Condition::Tags(tags) => {
                let strong = tags.into_iter().filter(|tag| !tag.is_weak);
                Self::OneOf(strong.filter_map(|tag| tag.version()).collect())
            }
        }
    }
}

/// Whether the caller has this version already, by `If-None-Match`. A malformed header says nothing.
pub(crate) fn is_known(headers: &HeaderMap, version: Version) -> bool {
    match condition(headers, IF_NONE_MATCH) {
        Condition::Absent | Condition::Malformed => false,
        Condition::Any => true,
        Condition::Tags(tags) => tags.iter().any(|tag| tag.version() == Some(version)),
    }
}

enum Condition {
    Absent,
    Any,
    Tags(Vec<Tag>),
    Malformed,
}

struct Tag {
    is_weak: bool,
    opaque: String,
}

impl Tag {
    /// The version that has this tag, if any can.
    fn version(&self) -> Option<Version> {
        let version = Version(self.opaque.parse().ok()?);
        (version.0.to_string() == self.opaque).then_some(version)
    }
}

fn condition(headers: &HeaderMap, name: HeaderName) -> Condition {
    if !headers.contains_key(&name) {
        return Condition::Absent;
    }
    let lines: Result<Vec<&str>, _> = headers.get_all(name).map(HeaderValue::to_str).collect();
    match lines.map(|lines| lines.join(",")).as_deref() {
        Ok("*") => Condition::Any,
        Ok(text) => tags(text).map_or(Condition::Malformed, Condition::Tags),
        Err(_) => Condition::Malformed,
    }
}

/// A comma may stand inside a tag, so the list cannot be split at commas.
fn tags(text: &str) -> Option<Vec<Tag>> {
    let mut tags = Vec::new();
    let mut rest = text.trim_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let quoted = rest.strip_prefix("W/");
        let is_weak = quoted.is_some();
        let (opaque, behind) = quoted.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        tags.push(Tag {
            is_weak,
            opaque: opaque.to_owned(),
        });
        rest = behind.trim_start_matches([' ', '\t']);
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start_matches([' ', '\t', ',']);
        }
    }
    (!tags.is_empty()).then_some(tags)
}
