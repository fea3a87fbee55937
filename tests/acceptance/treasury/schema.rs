//! Answers against schemas: the part of JSON Schema that the contract needs, and nothing lenient.
//!
//! Objects are closed, and every keyword has to be known, so that a misspelt one is no permission.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::harness::Answer;

/// One file for each subject: `"<method> <path>": {"<status>": {"message", "data"}}`, and `$defs` for what is shared.
const SUBJECTS: [&str; 5] = [
    include_str!("schemas/customers.json"),
    include_str!("schemas/payment_routes.json"),
    include_str!("schemas/rates.json"),
    include_str!("schemas/swaps.json"),
    include_str!("schemas/transactions.json"),
];

/// Checks an answer of this API: its headers, its envelope, and its data.
#[track_caller]
pub(super) fn check(method: &Method, path: &str, answer: &Answer) {
    assert!(answer.headers.contains_key("x-request-id"), "{answer:?}");
    if *method == Method::HEAD {
        return;
    }
    assert_eq!(
        answer.header("content-type"),
        "application/json",
        "{answer:?}"
    );
    let found = match answer.status {
        400.. => violations(&error(answer), &Value::Null, &answer.json()),
        status => {
            let (schema, definitions) = success(method, path, status);
            violations(&schema, &definitions, &answer.json())
        }
    };
    assert!(
        found.is_empty(),
        "{method} {path}: {found:#?}\n{}",
        answer.text
    );
}

fn error(answer: &Answer) -> Value {
    let mut schema = json!({
        "type": "object",
        "required": ["status", "message"],
        "properties": { "status": { "const": "error" }, "message": { "type": "string" } },
    });
    if answer.json()["message"] == "Validation failed" {
        schema["required"] = json!(["status", "message", "errors"]);
        schema["properties"]["errors"] =
            json!({ "type": "object", "values": { "type": "string" } });
    }
    schema
}

/// The schema of a success, and what it refers to.
#[track_caller]
fn success(method: &Method, path: &str, status: u16) -> (Value, Value) {
    let below = path.strip_prefix("/api").unwrap_or(path);
    let below = below.strip_prefix("/v1").expect("a base");
    let subjects = SUBJECTS.map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    let routes = subjects.iter().flat_map(|subject| {
        let routes = subject.as_object().expect("routes").iter();
        routes.map(move |(route, answers)| (route, answers, subject))
    });
    let mut fitting: Vec<_> = routes
        .filter(|(route, ..)| {
            let (known, template) = route.split_once(' ').unwrap_or_default();
            known == method.as_str() && fits(template, below)
        })
        .collect();
    // What is spelt out comes before a parameter.
    fitting.sort_by_key(|(route, ..)| route.matches('{').count());
    let Some((_, answers, subject)) = fitting.first() else {
        panic!("no schema for {method} {path}");
    };
    let answer = &answers[status.to_string()];
    assert!(
        answer.is_object(),
        "no schema for {method} {path}: {status}"
    );
    let schema = json!({
        "type": "object",
        "required": ["status", "message", "data"],
        "properties": {
            "status": { "const": "success" },
            "message": { "const": answer["message"] },
            "data": answer["data"],
        },
    });
    (schema, subject["$defs"].clone())
}

fn fits(template: &str, path: &str) -> bool {
    let (known, given): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    known.len() == given.len()
        && known
            .iter()
            .zip(&given)
            .all(|(known, given)| known == given || known.starts_with('{'))
}

/// Everything in which a value is not as the schema has it.
fn violations(schema: &Value, definitions: &Value, value: &Value) -> Vec<String> {
    let mut checker = Checker {
        definitions,
        found: Vec::new(),
    };
    checker.check(schema, value, "$");
    checker.found
}

struct Checker<'a> {
    definitions: &'a Value,
    found: Vec<String>,
}

impl Checker<'_> {
    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        let keywords = schema.as_object().expect("a schema");
        for (keyword, argument) in keywords {
            match keyword.as_str() {
                "$ref" => {
                    let name = argument.as_str().expect("a name");
                    let definition = &self.definitions[name];
                    assert!(definition.is_object(), "no definition of {name}");
                    self.check(&definition.clone(), value, at);
                }
                "type" => self.demand(is_of(argument, value), at, keyword, value),
                "const" => self.demand(argument == value, at, keyword, value),
                "enum" => {
                    let is_listed = argument.as_array().expect("a list").contains(value);
                    self.demand(is_listed, at, keyword, value);
                }
                // Of what is nothing, or no text, nothing is asked.
                "format" => {
                    let format = argument.as_str().expect("a name");
                    let is_well_formed = value.as_str().is_none_or(|text| has(format, text));
                    self.demand(is_well_formed, at, keyword, value);
                }
                "minimum" => {
                    let least = argument.as_f64().expect("a number");
                    let is_enough = value.as_f64().is_none_or(|number| number >= least);
                    self.demand(is_enough, at, keyword, value);
                }
                "required" => self.check_required(argument, value, at),
                "properties" => self.check_members(argument, value, at),
                "values" => {
                    for (name, member) in members(value) {
                        self.check(argument, member, &format!("{at}.{name}"));
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(argument, item, &format!("{at}[{index}]"));
                    }
                }
                "oneOf" => {
                    let choices = argument.as_array().expect("a list");
                    let fits =
                        |choice: &&Value| violations(choice, self.definitions, value).is_empty();
                    let fitting = choices.iter().filter(fits).count();
                    self.demand(fitting == 1, at, keyword, value);
                }
                unknown => panic!("{at}: there is no keyword {unknown}"),
            }
        }
    }

    fn check_required(&mut self, required: &Value, value: &Value, at: &str) {
        for name in required.as_array().expect("names") {
            let name = name.as_str().expect("a name");
            self.demand(value.get(name).is_some(), at, name, value);
        }
    }

    fn check_members(&mut self, properties: &Value, value: &Value, at: &str) {
        for (name, member) in members(value) {
            match properties.get(name) {
                Some(schema) => self.check(schema, member, &format!("{at}.{name}")),
                None => self.demand(false, at, name, member),
            }
        }
    }

    fn demand(&mut self, fits: bool, at: &str, what: &str, value: &Value) {
        if !fits {
            self.found.push(format!("{at}: {what}: {value}"));
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// Whether a value is of the type, or of one of the types.
fn is_of(types: &Value, value: &Value) -> bool {
    if let Some(types) = types.as_array() {
        return types.iter().any(|one| is_of(one, value));
    }
    match types.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("there is no type {unknown}"),
    }
}

fn has(format: &str, text: &str) -> bool {
    let shape = |form: &str, is: fn(&u8) -> bool| {
        form.len() == text.len()
            && form
                .bytes()
                .zip(text.bytes())
                .all(|(form, byte)| match form {
                    b'x' => is(&byte),
                    fixed => fixed == byte,
                })
    };
    let is_lower_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    match format {
        "uuid" => shape("xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx", is_lower_hex),
        "date-time" => shape("xxxx-xx-xxTxx:xx:xx.xxxZ", u8::is_ascii_digit),
        "digits" => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        "text" => !text.is_empty(),
        unknown => panic!("there is no format {unknown}"),
    }
}

#[test]
fn a_checker_that_finds_nothing_finds_something() {
    let schema = json!({
        "type": "object",
        "required": ["a", "b"],
        "properties": {
            "a": { "type": ["string", "null"], "format": "uuid" },
            "b": { "type": "array", "items": { "type": "integer", "minimum": 1 } },
            "c": { "enum": ["x"] },
        },
    });
    let uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (value, count) in [
        (json!({ "a": uuid, "b": [] }), 0),
        (json!({ "a": null, "b": [1], "c": "x" }), 0),
        (json!({ "a": uuid.to_uppercase(), "b": [1] }), 1),
        (json!({ "a": 1, "b": 1 }), 2),
        (json!({ "a": null, "b": [0, "1", 1.5] }), 3),
        (json!({ "b": [], "c": "y", "d": 1 }), 3),
        (json!([]), 3),
    ] {
        let found = violations(&schema, &Value::Null, &value);
        assert_eq!(found.len(), count, "{value}: {found:?}");
    }
    let either = json!({ "oneOf": [{ "const": 1 }, { "type": "integer" }] });
    assert_eq!(violations(&either, &Value::Null, &json!(1)).len(), 1);
    assert_eq!(violations(&either, &Value::Null, &json!(2)).len(), 0);
}
