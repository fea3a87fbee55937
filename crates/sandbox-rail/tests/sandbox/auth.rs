//! Credentials: the API key, OAuth tokens, and everything that is neither.

use reqwest::{Method, header};
use serde_json::Value;

use crate::harness::{CUSTOMERS, Sandbox, StoppedClock, answer, individual};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
const ID: (&str, &str) = ("client_id", "sandbox-client");
const SECRET: (&str, &str) = ("client_secret", "sandbox-secret");

type Form<'a> = [(&'a str, &'a str)];

async fn list_with(sandbox: &Sandbox, name: &str, value: &str) -> (u16, Value) {
    answer(
        sandbox
            .bare(Method::GET, CUSTOMERS)
            .header(name, value)
            .send()
            .await
            .unwrap(),
    )
    .await
}

async fn list_with_token(sandbox: &Sandbox, token: &str) -> u16 {
    list_with(sandbox, "authorization", &format!("Bearer {token}"))
        .await
        .0
}

#[tokio::test]
async fn the_api_key_opens_every_operation() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.created(&individual("a@example.com")).await;
    assert_eq!(sandbox.get("").await.0, 200);
    assert_eq!(sandbox.get(&format!("/{id}")).await.0, 200);
}

#[tokio::test]
async fn other_credentials_are_refused_on_every_operation() {
    let sandbox = Sandbox::start().await;
    for (method, path) in [
        (Method::POST, CUSTOMERS.to_owned()),
        (Method::GET, CUSTOMERS.to_owned()),
        (Method::GET, format!("{CUSTOMERS}/1")),
        (Method::PUT, format!("{CUSTOMERS}/1")),
    ] {
        let none = sandbox.bare(method.clone(), &path);
        let wrong_key = sandbox
            .bare(method.clone(), &path)
            .header("x-blaaiz-api-key", "sandbox-kez");
        let wrong_token = sandbox.bare(method.clone(), &path).bearer_auth("nonsense");
        let basic = sandbox
            .bare(method, &path)
            .basic_auth("sandbox-client", Some("sandbox-secret"));
        for request in [none, wrong_key, wrong_token, basic] {
            let (status, body) = answer(request.send().await.unwrap()).await;
            assert_eq!(status, 401);
            assert!(body["message"].is_string());
        }
    }
}

#[tokio::test]
async fn credentials_and_token_life_are_options() {
    let sandbox = Sandbox::with(|options| {
        options.api_key = "k".to_owned();
        options.client_id = "c".to_owned();
        options.client_secret = "s".to_owned();
        options.token_life = std::time::Duration::from_secs(7);
    })
    .await;
    assert_eq!(list_with(&sandbox, "x-blaaiz-api-key", "k").await.0, 200);
    assert_eq!(
        list_with(&sandbox, "x-blaaiz-api-key", "sandbox-key")
            .await
            .0,
        401
    );
    let (status, body) = sandbox
        .token(&[GRANT, ("client_id", "c"), ("client_secret", "s")])
        .await;
    assert_eq!((status, body["expires_in"].as_i64()), (200, Some(7)));
    assert_eq!(sandbox.token(&[GRANT, ID, SECRET]).await.0, 401);
}

#[tokio::test]
async fn a_token_works_until_it_expires() {
    let clock = StoppedClock::default();
    let sandbox = Sandbox::with(|options| clock.install(options)).await;
    let token = sandbox.access_token("customer:read customer:write").await;
    clock.advance(899);
    assert_eq!(list_with_token(&sandbox, &token).await, 200);
    clock.advance(1);
    assert_eq!(list_with_token(&sandbox, &token).await, 401);
}

#[tokio::test]
async fn a_token_answer_names_type_and_life_and_is_not_stored() {
    let sandbox = Sandbox::start().await;
    let request = sandbox.bare(Method::POST, "/oauth/token").form(&[
        GRANT,
        ID,
        SECRET,
        ("scope", "customer:read"),
    ]);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let (status, body) = answer(response).await;
    assert_eq!(status, 200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert!(body.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_token_opens_only_what_its_scopes_cover() {
    let sandbox = Sandbox::start().await;
    let create = |token: String| {
        sandbox
            .bare(Method::POST, CUSTOMERS)
            .bearer_auth(token)
            .json(&individual("a@example.com"))
            .send()
    };
    let reader = sandbox.access_token("customer:read").await;
    assert_eq!(list_with_token(&sandbox, &reader).await, 200);
    assert_eq!(create(reader).await.unwrap().status(), 403);

    let writer = sandbox.access_token("customer:write").await;
    assert_eq!(list_with_token(&sandbox, &writer).await, 403);
    assert_eq!(create(writer).await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_token_without_scopes_works_nowhere() {
    let sandbox = Sandbox::start().await;
    let (status, body) = sandbox.token(&[GRANT, ID, SECRET]).await;
    assert_eq!(status, 200);
    assert_eq!(
        list_with_token(&sandbox, body["access_token"].as_str().unwrap()).await,
        403
    );
}

#[tokio::test]
async fn token_refusals_follow_rfc_6749() {
    let sandbox = Sandbox::start().await;
    let cases: [(&Form, u16, &str); 7] = [
        (&[], 400, "invalid_request"),
        (
            &[("grant_type", "password"), ID, SECRET],
            400,
            "unsupported_grant_type",
        ),
        (
            &[GRANT, ID, ("client_secret", "wrong")],
            401,
            "invalid_client",
        ),
        (
            &[GRANT, ("client_id", "wrong"), SECRET],
            401,
            "invalid_client",
        ),
        (&[GRANT], 401, "invalid_client"),
        (
            &[GRANT, ID, SECRET, ("scope", "full-access")],
            400,
            "invalid_scope",
        ),
        (
            &[GRANT, ID, SECRET, ("scope", "customer:read customer:erase")],
            400,
            "invalid_scope",
        ),
    ];
    for (form, status, error) in cases {
        let (got, body) = sandbox.token(form).await;
        assert_eq!(
            (got, body["error"].as_str()),
            (status, Some(error)),
            "{form:?}"
        );
        assert!(body["error_description"].is_string() && body["message"].is_string());
    }
}

#[tokio::test]
async fn a_token_wins_over_an_api_key() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.access_token("customer:read").await;
    let both = |key: &str, token: &str| {
        sandbox
            .bare(Method::GET, CUSTOMERS)
            .header("x-blaaiz-api-key", key)
            .bearer_auth(token)
            .send()
    };
    assert_eq!(both("wrong", &token).await.unwrap().status(), 200);
    assert_eq!(both("sandbox-key", "wrong").await.unwrap().status(), 401);
}

#[tokio::test]
async fn tokens_do_not_survive_a_restart() {
    let sandbox = Sandbox::start().await;
    let token = sandbox.access_token("customer:read").await;
    let sandbox = sandbox.restart(|_| {}).await;
    assert_eq!(list_with_token(&sandbox, &token).await, 401);
}
