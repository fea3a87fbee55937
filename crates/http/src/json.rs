//! JSON as strictly as the contract reads it.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use vouch_domain::form::{RawField, RawForm};

/// How deep arrays and objects may be nested.
const MAX_DEPTH: u8 = 32;

/// A text that is not one JSON object in UTF-8 without duplicate keys, or is nested too deeply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotStrictJson;

impl From<serde_json::Error> for NotStrictJson {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}

/// A request body, read once.
pub(crate) struct JsonObject {
    /// Its fields, for the domain to judge.
    pub(crate) form: RawForm,
    /// The same object with its keys sorted at every depth and no white space; numbers stay as they were written.
    pub(crate) canonical: String,
}

impl JsonObject {
    /// Reads a body.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, NotStrictJson> {
        let text = std::str::from_utf8(body).map_err(|_| NotStrictJson)?;
        let Members(members) = serde_json::from_str(text)?;
        let mut canonical = String::with_capacity(text.len());
        write_object(&members, MAX_DEPTH, &mut canonical)?;
        let form = raw_form(members)?;
        Ok(Self { form, canonical })
    }
}

/// Goes no deeper than the canonical form, which was written before.
fn raw_form(members: BTreeMap<String, &RawValue>) -> Result<RawForm, NotStrictJson> {
    members
        .into_iter()
        .map(|(name, value)| Ok((name, raw_field(value)?)))
        .collect()
}

fn raw_field(value: &RawValue) -> Result<RawField, NotStrictJson> {
    Ok(match value.get().as_bytes() {
        [b'"', ..] => RawField::Text(serde_json::from_str(value.get())?),
        b"null" => RawField::Null,
        b"true" => RawField::Bool(true),
        b"false" => RawField::Bool(false),
        [b'[', ..] => objects(value.get()).map_or(RawField::OtherType, RawField::Objects),
        [b'{', ..] => {
            let Members(members) = serde_json::from_str(value.get())?;
            RawField::Object(raw_form(members)?)
        }
        _ => RawField::Number(value.get().to_owned()),
    })
}

/// The objects of an array that holds nothing else.
fn objects(array: &str) -> Option<Vec<RawForm>> {
    let entries: Vec<&RawValue> = serde_json::from_str(array).ok()?;
    let form = |entry: &RawValue| {
        let Members(members) = serde_json::from_str(entry.get()).ok()?;
        let fields = members.into_iter();
        fields
            .map(|(name, value)| Some((name, raw_field(value).ok()?)))
            .collect()
    };
    entries.into_iter().map(form).collect()
}

/// Writes a value in canonical form. `depth` is how many levels it may still open.
fn write_value(value: &RawValue, depth: u8, out: &mut String) -> Result<(), NotStrictJson> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text)?;
            write_object(&members, depth, out)
        }
        Some(b'[') => write_array(&serde_json::from_str::<Vec<&RawValue>>(text)?, depth, out),
        // The same string may be escaped in many ways.
        Some(b'"') => write_string(&serde_json::from_str::<String>(text)?, out),
        _ => {
            out.push_str(text);
            Ok(())
        }
    }
}

fn write_object(
    members: &BTreeMap<String, &RawValue>,
    depth: u8,
    out: &mut String,
) -> Result<(), NotStrictJson> {
    let depth = depth.checked_sub(1).ok_or(NotStrictJson)?;
    out.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(name, out)?;
        out.push(':');
        write_value(value, depth, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_array(values: &[&RawValue], depth: u8, out: &mut String) -> Result<(), NotStrictJson> {
    let depth = depth.checked_sub(1).ok_or(NotStrictJson)?;
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_value(value, depth, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_string(text: &str, out: &mut String) -> Result<(), NotStrictJson> {
    out.push_str(&serde_json::to_string(text)?);
    Ok(())
}

/// The members of an object by name, each name once.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a duplicate key"));
            }
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    fn canonical(body: &str) -> Option<String> {
        JsonObject::parse(body.as_bytes())
            .ok()
            .map(|object| object.canonical)
    }

    #[test]
    fn the_canonical_form_sorts_keys_and_drops_white_space_at_every_depth() {
        let body = " { \"b\" : [ { \"z\" : 1 , \"y\" : [ ] } , true ] ,\n\t\"a\":{ } }\r\n";
        assert_eq!(
            canonical(body).as_deref(),
            Some(r#"{"a":{},"b":[{"y":[],"z":1},true]}"#)
        );
    }

    #[test]
    fn numbers_stay_as_they_were_written() {
        for number in [
            "1",
            "1.0",
            "1e0",
            "-0",
            "0.10",
            "12345678901234567890123456789",
            "1e999",
        ] {
            let body = format!(r#"{{"n":{number}}}"#);
            assert_eq!(canonical(&body), Some(body));
        }
    }

    #[test]
    fn one_string_has_one_form_however_it_is_escaped() {
        let plain = canonical(r#"{"k":"é/\"😀"}"#);
        assert_eq!(plain.as_deref(), Some(r#"{"k":"é/\"😀"}"#));
        assert_eq!(
            canonical(r#"{"\u006b":"\u00e9\/\u0022\ud83d\ude00"}"#),
            plain
        );
        assert_ne!(canonical(r#"{"k":"e\u0301/\"😀"}"#), plain);
    }

    #[test]
    fn other_texts_are_refused() {
        for body in [
            "",
            " ",
            "[]",
            "1",
            "null",
            "\"{}\"",
            "{",
            "{}{}",
            "{} x",
            "{},",
            "\u{feff}{}",
            "{'a':1}",
            "{a:1}",
            r#"{"a":1,}"#,
            r#"{"a":01}"#,
            r#"{"a":+1}"#,
            r#"{"a":.5}"#,
            r#"{"a":NaN}"#,
            r#"{"a":tru}"#,
            r#"{"a":1 /* c */}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\x"}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":["\ud800"]}"#,
            // Duplicates, at any depth and however escaped.
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":[[{"b":1,"b":1}]]}"#,
        ] {
            assert_eq!(canonical(body), None, "{body:?}");
        }
        assert!(JsonObject::parse(b"{\"a\":\"\xff\"}").is_err());
        assert!(JsonObject::parse(b"{\"a\":\"\xed\xa0\x80\"}").is_err());
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| {
            let arrays = depth - 1;
            format!(r#"{{"a":{}{}}}"#, "[".repeat(arrays), "]".repeat(arrays))
        };
        assert!(canonical(&nested(32)).is_some());
        assert!(canonical(&nested(33)).is_none());
        assert!(canonical(&nested(30_000)).is_none());
    }

    #[test]
    fn fields_keep_their_kind() {
        let body = r#"{"t":" a\u0000b ","n":null,"b":true,"i":1.50,"o":{"a":{},"b":1},"l":["x",{}],"a":[{"x":"y"},{}]}"#;
        let form = JsonObject::parse(body.as_bytes()).unwrap().form;
        let expected = RawForm::from([
            ("t".to_owned(), RawField::Text(" a\0b ".to_owned())),
            ("n".to_owned(), RawField::Null),
            ("b".to_owned(), RawField::Bool(true)),
            ("i".to_owned(), RawField::Number("1.50".to_owned())),
            (
                "o".to_owned(),
                RawField::Object(RawForm::from([
                    ("a".to_owned(), RawField::Object(RawForm::new())),
                    ("b".to_owned(), RawField::Number("1".to_owned())),
                ])),
            ),
            ("l".to_owned(), RawField::OtherType),
            (
                "a".to_owned(),
                RawField::Objects(vec![
                    RawForm::from([("x".to_owned(), RawField::Text("y".to_owned()))]),
                    RawForm::new(),
                ]),
            ),
        ]);
        assert!(form == expected);
    }
}
