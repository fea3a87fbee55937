//! `POST /oauth/token`: the client credentials grant.

use std::collections::{BTreeSet, HashMap};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Data, Query},
};
use serde_json::json;

use crate::{
    auth::SCOPES,
    faults::Operation,
    refusal::Refusal,
    server::Rail,
    simulation::{Answer, Call},
};

/// Issues a token, or refuses as RFC 6749 §5.2 says.
pub(crate) async fn token(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    Call::new(&rail, &request, Operation::Token)
        .answer(async move { issue(&rail, &body) })
        .await
}

fn issue(rail: &Rail, body: &[u8]) -> Answer {
    // A form and a query are encoded alike.
    let form = std::str::from_utf8(body)
        .ok()
        .and_then(|form| Query::<HashMap<String, String>>::from_query(form).ok());
    let form = form.map(Query::into_inner).unwrap_or_default();
    let value = |name: &str| form.get(name).map_or("", String::as_str);

    match value("grant_type") {
        "client_credentials" => {}
        "" => {
            return Err(refused(
                "invalid_request",
                "The grant_type parameter is missing.",
            ));
        }
        _ => {
            return Err(refused(
                "unsupported_grant_type",
                "The grant type is not supported.",
            ));
        }
    }
    if !rail
        .credentials
        .is_client(value("client_id"), value("client_secret"))
    {
        return Err(Refusal::Token {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description: "Client authentication failed.",
        });
    }
    let scopes: BTreeSet<String> = value("scope")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(refused(
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed.",
        ));
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({
            "token_type": "Bearer",
            "expires_in": rail.credentials.expires_in(),
            "access_token": rail.credentials.issue(scopes, rail.now()),
        })))
}

fn refused(error: &'static str, description: &'static str) -> Refusal {
    Refusal::Token {
        status: StatusCode::BAD_REQUEST,
        error,
        description,
    }
}
