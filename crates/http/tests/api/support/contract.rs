//! Every answer of every test against the published document.

use actix_web::http::Method;
use serde_json::Value;
use vouch_http::openapi_remittance;

use super::Answer;

/// Checks that the document knows this answer of this route.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    assert!(answer.headers.contains_key("X-Request-Id"));
    let Some(below) = path
        .strip_prefix("/api")
        .unwrap_or(path)
        .strip_prefix("/v1")
    else {
        return;
    };
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    if answer.status >= 400 {
        check_envelope(answer);
    }
    let document: Value = serde_json::from_str(&openapi_remittance()).unwrap();
    let template = template(below);
    let method = match *method {
        Method::HEAD => "get".to_owned(),
        _ => method.as_str().to_lowercase(),
    };
    let responses = &document["paths"][&template][method]["responses"];
    if responses.is_null() {
        return;
    }
    let documented = &responses[answer.status.to_string()];
    assert!(
        documented.is_object(),
        "{template}: {} is not documented",
        answer.status
    );
    if answer.status >= 400 {
        let (_, code, _) = answer.error();
        let example = &documented["content"]["application/json"]["examples"][&code];
        assert!(example.is_object(), "{template}: {code} is not documented");
        assert_eq!(
            example["value"]["error"]["type"],
            answer.json()["error"]["type"]
        );
    }
    for (name, header) in documented["headers"].as_object().unwrap() {
        let shared = header["$ref"].as_str().unwrap().trim_start_matches("#/");
        let is_required = document.pointer(&format!("/{shared}")).unwrap()["required"] == true;
        assert!(
            !is_required || answer.headers.contains_key(name.as_str()),
            "{template}: {name}"
        );
    }
}

/// The path as the document has it.
fn template(below: &str) -> String {
    match below.strip_prefix("/customers/") {
        None | Some("") => below.to_owned(),
        Some(rest) => match rest.split_once('/') {
            None => "/customers/{id}".to_owned(),
            Some((_, action)) => format!("/customers/{{id}}/{action}"),
        },
    }
}

fn check_envelope(answer: &Answer) {
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    let body = answer.json();
    let error = &body["error"];
    assert_eq!(body.as_object().unwrap().len(), 1);
    for name in ["type", "code", "message"] {
        assert!(error[name].is_string(), "{body}");
    }
    assert_eq!(error["request_id"].as_str(), answer.header("X-Request-Id"));
    let fields = ["type", "code", "message", "field", "detail", "request_id"];
    for name in error.as_object().unwrap().keys() {
        assert!(fields.contains(&name.as_str()), "{body}");
    }
    let Some(first) = error["detail"]["errors"].get(0) else {
        return;
    };
    assert_eq!(first["field"], error["field"], "{body}");
    if answer.status == 400 {
        assert_eq!(first["code"], error["code"], "{body}");
        assert_eq!(first["message"], error["message"], "{body}");
    }
}
