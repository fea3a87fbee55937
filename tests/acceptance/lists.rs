//! Listing and finding customers: the contract, section 5.

use serde_json::json;

use crate::harness::{Answer, Caller, Service, business, individual, with};

/// Creates a customer with this reference.
async fn create(caller: &Caller, reference: &str) -> Answer {
    let body = with(&individual(), &json!({"customer_reference": reference}));
    caller.create(&body).await.expect(201)
}

/// The references that a query finds, newest first.
async fn found(caller: &Caller, query: &[(&str, &str)]) -> Vec<String> {
    caller.list(query).await.expect(200).references()
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let caller = Caller::of_new_organisation().await;
    let list = caller.list(&[]).await.expect(200).json();
    assert_eq!(
        list,
        json!({"object": "list", "has_more": false, "data": []})
    );
}

#[tokio::test]
async fn pages_are_newest_first_and_meet_without_gap_or_overlap() {
    let caller = Caller::of_new_organisation().await;
    for number in 1..=5 {
        create(&caller, &format!("c{number}")).await;
    }
    assert_eq!(found(&caller, &[]).await, ["c5", "c4", "c3", "c2", "c1"]);
    let first = caller.list(&[("limit", "2")]).await.expect(200);
    assert_eq!(
        (first.references(), first.json()["has_more"].clone()),
        (vec!["c5".to_owned(), "c4".to_owned()], json!(true))
    );
    // Somebody new appears before the cursor, and disturbs nobody.
    create(&caller, "c6").await;
    let last_id = first.json()["data"][1]["id"].as_str().unwrap().to_owned();
    let second = caller
        .list(&[("limit", "2"), ("starting_after", &last_id)])
        .await
        .expect(200);
    assert_eq!(
        (second.references(), second.json()["has_more"].clone()),
        (vec!["c3".to_owned(), "c2".to_owned()], json!(true))
    );
    let third = caller
        .list(&[("limit", "2"), ("starting_after", "c2")])
        .await
        .expect(200);
    assert_eq!(
        (third.references(), third.json()["has_more"].clone()),
        (vec!["c1".to_owned()], json!(false))
    );
    let exact = caller.list(&[("limit", "6")]).await.expect(200);
    assert_eq!(
        (exact.references().len(), exact.json()["has_more"].clone()),
        (6, json!(false))
    );
    assert!(found(&caller, &[("starting_after", "c1")]).await.is_empty());
}

#[tokio::test]
async fn the_usual_page_has_fifty() {
    let service = Service::shared().await;
    let caller = service.caller();
    let mut creating = tokio::task::JoinSet::new();
    for _ in 0..51 {
        let caller = caller.clone();
        creating.spawn(async move { caller.create(&individual()).await.expect(201) });
    }
    creating.join_all().await;
    let page = caller.list(&[]).await.expect(200);
    assert_eq!(
        (page.references().len(), page.json()["has_more"].clone()),
        (50, json!(true))
    );
    assert_eq!(found(&caller, &[("limit", "100")]).await.len(), 51);
    let mut ids: Vec<_> = caller.list(&[("limit", "100")]).await.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|customer| customer["id"].as_str().unwrap().to_owned())
        .collect();
    let listed = ids.clone();
    ids.sort_by(|one, other| other.cmp(one));
    assert_eq!(listed, ids);
}

#[tokio::test]
async fn a_status_selects() {
    let service = Service::shared().await;
    let caller = service.caller();
    let database = service.home.database().client().await;
    for status in ["pending", "verified", "rejected", "closed"] {
        let reference = format!("is-{status}");
        create(&caller, &reference).await;
        // The rail's word on a customer is not heard yet: a later part of the service brings it.
        let set = "UPDATE customers SET status = $1 WHERE reference = $2";
        database.execute(set, &[&status, &reference]).await.unwrap();
    }
    for status in ["pending", "verified", "rejected", "closed"] {
        let page = caller.list(&[("status", status)]).await.expect(200);
        assert_eq!(page.references(), [format!("is-{status}")]);
        assert_eq!(page.json()["data"][0]["status"], status);
    }
    assert_eq!(
        found(&caller, &[("status", "verified"), ("q", "IS-")]).await,
        ["is-verified"]
    );
    assert!(
        found(&caller, &[("status", "verified"), ("q", "pending")])
            .await
            .is_empty()
    );
    assert_eq!(
        found(
            &caller,
            &[
                ("q", "is-"),
                ("limit", "2"),
                ("starting_after", "is-rejected")
            ]
        )
        .await,
        ["is-verified", "is-pending"]
    );
}

#[tokio::test]
async fn a_search_looks_into_reference_interac_address_and_name() {
    let caller = Caller::of_new_organisation().await;
    let person = json!({
        "customer_reference": "Ref-ONE", "first_name": "Zoë", "last_name": "O'Brien-Ødegård",
        "interac_email": "Money+Tag@Example.com", "city": "Hiddenville", "street": "1 Hidden Street"
    });
    caller
        .create(&with(&individual(), &person))
        .await
        .expect(201);
    caller
        .create(&with(
            &business(),
            &json!({"customer_reference": "two", "business_name": "Ярославна и Ко"}),
        ))
        .await
        .expect(201);
    for (search, expected) in [
        ("ref-one", vec!["Ref-ONE"]),
        ("EF-ON", vec!["Ref-ONE"]),
        ("money+tag@", vec!["Ref-ONE"]),
        ("MONEY", vec!["Ref-ONE"]),
        ("zoë o'brien", vec!["Ref-ONE"]),
        ("ZOË", vec!["Ref-ONE"]),
        ("ØDEGÅRD", vec!["Ref-ONE"]),
        ("ярослав", vec!["two"]),
        ("ЯРОСЛАВНА И", vec!["two"]),
        ("о", vec!["two"]),
        ("o", vec!["two", "Ref-ONE"]),
        ("hidden", vec![]),
        ("person", vec![]),
        ("1990", vec![]),
        // No search reaches from one field into the next.
        ("onemoney", vec![]),
        ("ref-one money", vec![]),
    ] {
        assert_eq!(found(&caller, &[("q", search)]).await, expected, "{search}");
    }
}

#[tokio::test]
async fn what_means_something_in_patterns_is_literal() {
    let caller = Caller::of_new_organisation().await;
    for reference in [
        "100%",
        "100x",
        "a_b",
        "axb",
        "back\\slash",
        "quo'te",
        "dou\"ble",
        "star*",
        "new[set]",
    ] {
        create(&caller, reference).await;
    }
    for (search, expected) in [
        ("100%", vec!["100%"]),
        ("%", vec!["100%"]),
        ("_", vec!["a_b"]),
        ("a_b", vec!["a_b"]),
        ("\\", vec!["back\\slash"]),
        ("k\\s", vec!["back\\slash"]),
        ("'", vec!["quo'te"]),
        ("\"", vec!["dou\"ble"]),
        ("*", vec!["star*"]),
        ("[set]", vec!["new[set]"]),
        ("%%", vec![]),
        (".*", vec![]),
    ] {
        assert_eq!(found(&caller, &[("q", search)]).await, expected, "{search}");
    }
}

#[tokio::test]
async fn parameters_are_judged_all_at_once() {
    let caller = Caller::of_new_organisation().await;
    for limit in [
        "0",
        "101",
        "-1",
        "+5",
        "1.0",
        "ten",
        "",
        " 5",
        "99999999999999999999",
        "５",
    ] {
        caller
            .list(&[("limit", limit)])
            .await
            .expect_refused("invalid_field", "limit");
    }
    for status in ["Pending", "processing", "", "verified,pending", "pending "] {
        caller
            .list(&[("status", status)])
            .await
            .expect_refused("invalid_field", "status");
    }
    for q in [
        String::new(),
        "x".repeat(101),
        "a\u{0}b".to_owned(),
        "a\nb".to_owned(),
        "é".repeat(101),
    ] {
        caller
            .list(&[("q", &q)])
            .await
            .expect_refused("invalid_field", "q");
    }
    caller.list(&[("q", &"é".repeat(100))]).await.expect(200);
    for cursor in [
        "",
        "nobody",
        "ckcust_",
        "ckcust_00000000000000000000000000",
        "ckcust_0",
        "a\u{0}b",
        " ",
    ] {
        caller
            .list(&[("starting_after", cursor)])
            .await
            .expect_refused("invalid_field", "starting_after");
    }
    let refused = caller
        .list(&[
            ("zeta", "1"),
            ("q", ""),
            ("limit", "0"),
            ("alpha", "1"),
            ("status", "x"),
        ])
        .await;
    assert_eq!(
        refused.expect(400).fields(),
        ["limit", "status", "q", "alpha", "zeta"]
    );
    caller
        .list(&[("limit", "5"), ("limit", "5")])
        .await
        .expect_refused("invalid_field", "limit");
    for query in ["q=%FF", "q=%C3", "q=%ED%A0%80"] {
        caller
            .get(&format!("/v1/customers?{query}"))
            .await
            .expect_refused("invalid_field", "q");
    }
}

#[tokio::test]
async fn a_query_is_decoded_as_forms_are() {
    let caller = Caller::of_new_organisation().await;
    create(&caller, "two words").await;
    create(&caller, "x+y").await;
    for (query, expected) in [
        ("q=two+words", "two words"),
        ("q=two%20words", "two words"),
        ("q=x%2By", "x+y"),
        ("starting_after=x%2By", "two words"),
        ("&q=x%2by&", "x+y"),
    ] {
        let list = caller
            .get(&format!("/v1/customers?{query}"))
            .await
            .expect(200);
        assert_eq!(list.references(), [expected], "{query}");
    }
}
