//! From what went wrong to what the domain needs to know of it. Causes are fixed texts: no address, no message, no data.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Map, Value};
use vouch_domain::ports::{RailFailure, RailField};

use crate::answer::{Answer, NoAnswer};

/// Our create form in its order, and what the rail calls each field.
const FIELDS: [(&str, &[&str]); 17] = [
    ("type", &["type"]),
    ("first_name", &["first_name"]),
    ("last_name", &["last_name"]),
    ("dob", &["dob", "date_of_birth"]),
    ("business_name", &["business_name"]),
    ("email", &["email"]),
    ("country", &["country", "incorporation_country"]),
    ("id_type", &["id_type"]),
    ("id_number", &["id_number", "registration_number"]),
    ("tin", &["tin"]),
    ("zip_code", &["zip_code", "postal_code"]),
    ("phone", &["phone", "phone_number"]),
    ("street", &["street"]),
    ("city", &["city"]),
    ("state", &["state"]),
    ("id_expiry_date", &["id_expiry_date"]),
    ("id_issue_date", &["id_issue_date"]),
];

/// Nobody knows whether the call was carried out.
pub(crate) fn unclear(cause: &str) -> RailFailure {
    RailFailure::Unclear {
        cause: cause.to_owned(),
    }
}

/// The call was not sent, or the rail answered that it failed.
pub(crate) fn unavailable(cause: &str) -> RailFailure {
    RailFailure::Unavailable {
        cause: cause.to_owned(),
        retry_after: None,
    }
}

/// Nothing is sent for a while: so wants the rail, our own allowance, or the circuit breaker.
pub(crate) fn held_back(cause: &str, wait: Duration) -> RailFailure {
    RailFailure::Unavailable {
        cause: cause.to_owned(),
        retry_after: Some(wait),
    }
}

/// A 2xx that does not say what it has to.
pub(crate) fn unreadable() -> RailFailure {
    unclear("unreadable answer")
}

/// No whole answer came.
pub(crate) fn of_silence(silence: NoAnswer) -> RailFailure {
    match silence {
        NoAnswer::NotMade => unavailable("the request could not be made"),
        NoAnswer::NotConnected { timed_out: true } => unavailable("connecting timed out"),
        NoAnswer::NotConnected { timed_out: false } => unavailable("could not connect"),
        NoAnswer::TimedOut => unclear("timed out"),
        NoAnswer::Dropped => unclear("connection dropped, or not HTTP"),
        NoAnswer::TooLong => unclear("answer too long"),
    }
}

/// An answer that is no success, to a call whose data the rail does not judge.
pub(crate) fn of_status(answer: &Answer) -> RailFailure {
    let cause = format!("status {}", answer.status.as_u16());
    match answer.status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            unclear(&cause)
        }
        // The rail never redirects, and answers in JSON: anything else is the word of somebody between us, who knows
        // nothing of the outcome.
        status if status.is_redirection() => unclear(&cause),
        _ if answer.body.is_none() => unclear(&format!("{cause}, unreadable")),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => RailFailure::Unauthorised,
        StatusCode::TOO_MANY_REQUESTS => held_back(&cause, answer.wait),
        _ => unavailable(&cause),
    }
}

/// An answer that is no success, to a call whose data the rail judges.
pub(crate) fn of_judgement(answer: &Answer) -> RailFailure {
    match (answer.status, &answer.body) {
        (StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY, Some(body)) => {
            RailFailure::Refused {
                fields: refused_fields(body),
            }
        }
        _ => of_status(answer),
    }
}

fn refused_fields(body: &Map<String, Value>) -> Vec<RailField> {
    let Some(errors) = body.get("errors").and_then(Value::as_object) else {
        return Vec::new();
    };
    FIELDS
        .iter()
        .filter(|(_, theirs)| theirs.iter().any(|name| errors.contains_key(*name)))
        .map(|(ours, _)| RailField(ours))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    const WAIT: Duration = Duration::from_secs(9);

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: serde_json::from_str(body).ok(),
            wait: WAIT,
            is_simulated: false,
        }
    }

    fn refused(fields: &[&'static str]) -> RailFailure {
        RailFailure::Refused {
            fields: fields.iter().copied().map(RailField).collect(),
        }
    }

    #[test]
    fn statuses_say_whether_the_rail_itself_answered() {
        let json = r#"{"message":"Something"}"#;
        for (status, body, expected) in [
            (401, json, RailFailure::Unauthorised),
            (401, "", unclear("status 401, unreadable")),
            (403, json, RailFailure::Unauthorised),
            (403, "<html>", unclear("status 403, unreadable")),
            (404, json, unavailable("status 404")),
            (404, "<html>", unclear("status 404, unreadable")),
            (405, json, unavailable("status 405")),
            (409, json, unavailable("status 409")),
            (429, json, held_back("status 429", WAIT)),
            (429, "", unclear("status 429, unreadable")),
            (500, json, unavailable("status 500")),
            (500, "<html>", unclear("status 500, unreadable")),
            (500, "", unclear("status 500, unreadable")),
            (501, json, unavailable("status 501")),
            (502, json, unclear("status 502")),
            (503, json, unclear("status 503")),
            (503, "<html>", unclear("status 503")),
            (504, json, unclear("status 504")),
            (599, json, unavailable("status 599")),
            (302, "", unclear("status 302")),
            (302, json, unclear("status 302")),
            // JSON, but not of the rail's kind.
            (500, "[]", unclear("status 500, unreadable")),
            (500, "\"error\"", unclear("status 500, unreadable")),
        ] {
            assert_eq!(
                of_status(&answer(status, body)),
                expected,
                "{status} {body}"
            );
            assert_eq!(
                of_judgement(&answer(status, body)),
                expected,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn only_data_that_is_judged_is_refused() {
        for status in [400, 422] {
            let json = answer(status, r#"{"message":"Something"}"#);
            assert_eq!(of_judgement(&json), refused(&[]));
            assert_eq!(of_status(&json), unavailable(&format!("status {status}")));
            for body in ["", "<html>", "[]", "{\"message\""] {
                let cause = format!("status {status}, unreadable");
                assert_eq!(
                    of_judgement(&answer(status, body)),
                    unclear(&cause),
                    "{body}"
                );
            }
        }
    }

    #[test]
    fn refused_fields_are_ours_in_our_order() {
        for (errors, expected) in [
            (r#"{"email":["The email is taken."]}"#, vec!["email"]),
            (
                r#"{"registration_number":["x"],"id_number":["x"],"incorporation_country":["x"]}"#,
                vec!["country", "id_number"],
            ),
            (
                r#"{"phone_number":["x"],"zip_code":["x"],"date_of_birth":["x"],"first_name":["x"]}"#,
                vec!["first_name", "dob", "zip_code", "phone"],
            ),
            (
                r#"{"owners.0.email":["x"],"kyb_scope":["x"],"interac_email":["x"]}"#,
                vec![],
            ),
            (r#"{}"#, vec![]),
            (r#"["email"]"#, vec![]),
            (r#""email""#, vec![]),
            (r#"null"#, vec![]),
        ] {
            let body = format!(r#"{{"message":"m","errors":{errors}}}"#);
            assert_eq!(
                of_judgement(&answer(422, &body)),
                refused(&expected),
                "{errors}"
            );
        }
    }
}
