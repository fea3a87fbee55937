//! Requests that nobody sends by mistake: bytes that are no text, and too much of everything.

use serde_json::json;

use crate::harness::{Answer, Caller, Service, canadian, exchange, individual, with};

const NAUGHTY: [&str; 12] = [
    "\u{0}",
    "a\u{0}b",
    "\u{1}",
    "a\u{7f}b",
    "\u{feff}",
    "\u{202e}x",
    "' OR 1=1 --",
    "\\",
    "\u{fffd}",
    "${jndi:ldap://x}",
    "<script>",
    "a\u{85}b",
];

/// Posts bytes as a create.
async fn post(caller: &Caller, body: impl Into<reqwest::Body>) -> Answer {
    let request = caller
        .creation("k")
        .header("Content-Type", "application/json")
        .body(body);
    Answer::to(request).await
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let caller = Caller::of_new_organisation().await;
    let deep = format!("{{\"tin\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    for body in [
        "",
        " ",
        "null",
        "[]",
        "1",
        "\"x\"",
        "{",
        "{}}",
        "{} {}",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "// x\n{}",
        "{\"tin\":\"1\",\"tin\":\"2\"}",
        "{\"x\":{\"a\":1,\"a\":2}}",
        "{\"tin\":\"1\",\"t\\u0069n\":\"2\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\u{1}\"}",
        &deep,
    ] {
        post(&caller, body.to_owned())
            .await
            .expect_error(400, "invalid_json");
    }
    for bytes in [
        &b"\xff"[..],
        b"{\"tin\":\"\xff\"}",
        b"{\"tin\":\"\xc3\"}",
        b"{\"tin\":\"\xed\xa0\x80\"}",
        b"{\"\xff\":1}",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
    ] {
        post(&caller, bytes.to_vec())
            .await
            .expect_error(400, "invalid_json");
    }
}

#[tokio::test]
async fn no_text_is_a_fault_of_ours() {
    let caller = Caller::of_new_organisation().await;
    let body = canadian();
    for field in body.as_object().unwrap().keys() {
        for text in NAUGHTY {
            let answer = caller.create(&with(&body, &json!({field: text}))).await;
            assert!(
                matches!(answer.status, 200 | 201 | 400 | 409),
                "{field} {text:?}: {}",
                answer.text
            );
            assert!(
                !text.contains('\u{0}') || answer.status == 400,
                "{field} {text:?}: {}",
                answer.text
            );
        }
    }
    for name in NAUGHTY {
        let answer = caller
            .create(&with(&body, &json!({name: "x"})))
            .await
            .expect_refused("invalid_field", name);
        assert_eq!(answer.fields(), [name]);
    }
    let id = caller.create(&individual()).await.expect(201).id();
    for field in [
        "email",
        "phone",
        "street",
        "city",
        "state",
        "zip_code",
        "dob",
        "id_expiry_date",
    ] {
        for text in NAUGHTY {
            let answer = caller.patch(&id, &json!({field: text})).await;
            assert!(
                matches!(answer.status, 200 | 400),
                "{field} {text:?}: {}",
                answer.text
            );
            assert!(
                !text.contains('\u{0}') || answer.status == 400,
                "{field} {text:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_text_has_a_longest_form() {
    let caller = Caller::of_new_organisation().await;
    for (field, longest) in [
        ("first_name", 100),
        ("last_name", 100),
        ("street", 200),
        ("city", 64),
        ("customer_reference", 128),
    ] {
        for (character, limit) in [("a", longest), ("é", longest)] {
            let fits = json!({field: character.repeat(limit)});
            caller.create(&with(&canadian(), &fits)).await.expect(201);
            let too_long = json!({field: character.repeat(limit + 1)});
            caller
                .create(&with(&canadian(), &too_long))
                .await
                .expect_refused("invalid_field", field);
        }
    }
    for field in canadian()
        .as_object()
        .unwrap()
        .keys()
        .filter(|field| *field != "country")
    {
        let endless = json!({field: "9".repeat(60_000)});
        caller
            .create(&with(&canadian(), &endless))
            .await
            .expect_refused("invalid_field", field);
    }
    let email = |local: usize, domain: usize| {
        format!("{}@{}.example.com", "a".repeat(local), "b".repeat(domain))
    };
    caller
        .create(&with(&individual(), &json!({"email": email(64, 63)})))
        .await
        .expect(201);
    for wrong in [
        email(65, 10),
        email(10, 64),
        format!("{}@{}com", "a".repeat(64), "bbbbbbbbb.".repeat(20)),
    ] {
        caller
            .create(&with(&individual(), &json!({"email": wrong})))
            .await
            .expect_refused("invalid_field", "email");
    }
}

#[tokio::test]
async fn a_body_has_a_largest_size() {
    let caller = Caller::of_new_organisation().await;
    let padded = |size: usize| {
        let body = individual().to_string();
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    post(&caller, padded(64 * 1024)).await.expect(201);
    post(&caller, padded(64 * 1024 + 1))
        .await
        .expect_error(413, "body_too_large");
    let id = caller.create(&individual()).await.expect(201).id();
    let patch = caller
        .amendment(&id)
        .header("Content-Type", "application/json")
        .body(padded(70_000));
    Answer::to(patch).await.expect_error(413, "body_too_large");
}

#[tokio::test]
async fn an_unannounced_size_is_counted() {
    let service = Service::shared().await;
    let head = head(&service.caller(), "Transfer-Encoding: chunked");
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let body = format!("{head}{}0\r\n\r\n", chunk.repeat(17));
    let answer = exchange(&service.url, body.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "body_too_large"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_announced_size_is_believed_before_the_body_comes() {
    let service = Service::shared().await;
    let request = head(&service.caller(), "Content-Length: 99999999999");
    let answer = exchange(&service.url, request.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "body_too_large"),
        "{answer:?}"
    );
}

/// The head of a create that ends its connection.
fn head(caller: &Caller, framing: &str) -> String {
    format!(
        "POST /v1/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: k\r\nContent-Type: application/json\r\n{framing}\r\n\r\n",
        caller.key
    )
}

#[tokio::test]
async fn keys_of_requests_are_visible_ascii_of_at_most_200_characters() {
    let service = Service::shared().await;
    let caller = service.caller();
    caller
        .create_as(&"k".repeat(200), &individual())
        .await
        .expect(201);
    for key in [
        "k".repeat(201),
        "k".repeat(30_000),
        "a b".to_owned(),
        "é".to_owned(),
        "a\tb".to_owned(),
    ] {
        caller
            .create_as(&key, &individual())
            .await
            .expect_refused("invalid_field", "Idempotency-Key");
    }
    let twice = caller
        .creation("k")
        .header("Idempotency-Key", "l")
        .json(&individual());
    Answer::to(twice)
        .await
        .expect_refused("invalid_field", "Idempotency-Key");
    let body = "{}";
    let request = format!(
        "POST /v1/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nIdempotency-Key: ",
        caller.key,
        body.len()
    );
    let bytes = [
        request.as_bytes(),
        b"\xff\xfe",
        b"\r\n\r\n",
        body.as_bytes(),
    ]
    .concat();
    let answer = exchange(&service.url, &bytes).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "invalid_field"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn heads_that_are_too_much_end_the_connection_and_nothing_else() {
    let service = Service::shared().await;
    let caller = service.caller();
    let authorised = format!(
        "Host: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n",
        caller.key
    );
    let many: String = (0..500)
        .map(|number| format!("X-Header-{number}: x\r\n"))
        .collect();
    for request in [
        format!("GET /v1/customers HTTP/1.1\r\n{authorised}{many}\r\n"),
        format!(
            "GET /v1/customers HTTP/1.1\r\n{authorised}X-Long: {}\r\n\r\n",
            "x".repeat(300_000)
        ),
        format!(
            "GET /v1/customers?q={} HTTP/1.1\r\n{authorised}\r\n",
            "x".repeat(300_000)
        ),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET /v1/customers HTTP/9.9\r\n\r\n".to_owned(),
        format!("POST /v1/customers HTTP/1.1\r\n{authorised}Content-Length: -1\r\n\r\n"),
        format!(
            "POST /v1/customers HTTP/1.1\r\n{authorised}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"
        ),
        format!(
            "POST /v1/customers HTTP/1.1\r\n{authorised}Transfer-Encoding: chunked\r\n\r\nzz\r\n"
        ),
    ] {
        let answer = exchange(&service.url, request.as_bytes()).await;
        assert!([0, 400, 431].contains(&answer.status), "{answer:?}");
        // Bare where no request could be read.
        assert!(
            answer.body.is_empty() || !answer.code().is_empty(),
            "{answer:?}"
        );
    }
    caller.list(&[]).await.expect(200);
}

#[tokio::test]
async fn a_long_query_is_a_wrong_query() {
    let caller = Caller::of_new_organisation().await;
    let long = "x".repeat(20_000);
    caller
        .list(&[("q", &long)])
        .await
        .expect_refused("invalid_field", "q");
    caller
        .list(&[("starting_after", &long)])
        .await
        .expect_refused("invalid_field", "starting_after");
    caller
        .list(&[(&long, "x")])
        .await
        .expect_refused("invalid_field", &long);
}
