//! Reading what a caller put into a path.

use std::borrow::Cow;

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;
use vouch_domain::{customer::CustomerHandle, id::PayoutId};

use crate::error::Code;

/// The customer that the path names in place of `{id}`.
pub(crate) fn customer(request: &HttpRequest) -> Result<CustomerHandle, Code> {
    named(request)
        .and_then(|text| CustomerHandle::parse(&text))
        .ok_or(Code::CustomerNotFound)
}

/// The payout that the path names in place of `{id}`.
pub(crate) fn payout(request: &HttpRequest) -> Result<PayoutId, Code> {
    named(request)
        .and_then(|text| PayoutId::parse(&text).ok())
        .ok_or(Code::PayoutNotFound)
}

/// What stands in place of `{id}`.
fn named(request: &HttpRequest) -> Option<Cow<'_, str>> {
    // Not actix's own parameter: that is half decoded, and replaces what is not UTF-8.
    let pattern = request.match_pattern().unwrap_or_default();
    let mut segments = pattern.split('/').zip(request.uri().path().split('/'));
    segments
        .find(|(template, _)| *template == "{id}")
        .and_then(|(_, segment)| decode(segment))
}

/// Decodes a segment once. Nothing for a `%` without two hexadecimal digits, and for what is not UTF-8.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    let mut escapes = segment.split('%').skip(1);
    let is_escape = |text: &str| {
        let digits = text.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !escapes.all(is_escape) {
        return None;
    }
    percent_decode_str(segment).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_once_and_strictly() {
        for (segment, expected) in [
            ("plain", Some("plain")),
            ("a+b", Some("a+b")),
            ("a%2Fb", Some("a/b")),
            ("a%2fb%25", Some("a/b%")),
            ("%2541", Some("%41")),
            ("%25252F", Some("%252F")),
            ("%C3%A9", Some("é")),
            ("%", None),
            ("a%2", None),
            ("%G0", None),
            ("%+1", None),
            ("%%32%35", None),
            ("%FF", None),
            ("%C3", None),
            ("%ED%A0%80", None),
        ] {
            assert_eq!(decode(segment).as_deref(), expected, "{segment}");
        }
    }
}
