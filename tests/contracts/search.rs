//! Searching the list.

use vouch_domain::{
    customer::{LegalName, NewCustomer, Status},
    ports::{CustomerPageRequest, CustomerQueries, SearchText},
    values::Name,
};
use vouch_testkit::{business, individual, interac_email, reference};

use crate::harness::{Adapter, World, by_id, contract};

contract![
    each_of_the_three_texts_is_searched,
    letter_case_makes_no_difference,
    a_sigma_is_one_letter_wherever_it_stands,
    nothing_is_a_wildcard,
    one_to_three_characters_are_enough,
    no_match_crosses_from_one_text_to_the_next,
    personal_data_is_not_searched,
    a_search_combines_with_status_and_cursor,
];

fn search_for(text: &str) -> CustomerPageRequest {
    CustomerPageRequest {
        limit: 100,
        after: None,
        status: None,
        search: Some(SearchText::parse(text).unwrap()),
    }
}

/// References of the customers that match, newest first.
async fn found(world: &World<impl Adapter>, text: &str) -> Vec<String> {
    let page = world
        .store()
        .page(world.tenant, &search_for(text))
        .await
        .unwrap();
    page.customers
        .iter()
        .map(|customer| customer.reference.as_str().to_owned())
        .collect()
}

async fn assert_found(world: &World<impl Adapter>, text: &str, expected: &[&str]) {
    assert_eq!(found(world, text).await, expected, "{text}");
}

fn person(at: &str, first: &str, last: &str) -> NewCustomer {
    let name = |text: &str| Name::restore(text.to_owned()).unwrap();
    let mut customer = individual();
    customer.reference = reference(at);
    customer.identity.name = LegalName::Individual {
        first: name(first),
        last: name(last),
    };
    customer
}

async fn each_of_the_three_texts_is_searched(world: &World<impl Adapter>) {
    let mut company = business();
    company.reference = reference("company-1");
    let mut holder = person("pouch-user-1", "Jean-Luc", "Tremblay");
    holder.interac_email = Some(interac_email("luc@pouch.app"));
    world.exists(&company).await;
    world.exists(&holder).await;
    assert_found(world, "company-1", &["company-1"]).await;
    assert_found(world, "pouch-user", &["pouch-user-1"]).await;
    assert_found(world, "@pouch.app", &["pouch-user-1"]).await;
    assert_found(world, "luc tremb", &["pouch-user-1"]).await;
    assert_found(world, "obi & sons", &["company-1"]).await;
    assert_found(world, "nobody", &[]).await;
}

async fn letter_case_makes_no_difference(world: &World<impl Adapter>) {
    world.exists(&person("MiXeD", "Élodie", "ÑANDÚ")).await;
    world.exists(&person("second", "Олена", "ШЕВЧЕНКО")).await;
    for text in ["mixed", "MIXED", "élo", "ÉLO", "ñandú", "Ñandú"] {
        assert_found(world, text, &["MiXeD"]).await;
    }
    for text in ["олена", "ОЛЕНА", "шевченко", "Шевч"] {
        assert_found(world, text, &["second"]).await;
    }
    assert_found(world, "elo", &[]).await;
}

async fn a_sigma_is_one_letter_wherever_it_stands(world: &World<impl Adapter>) {
    world.exists(&person("capitals", "ΟΔΥΣΣΕΥΣ", "Λ")).await;
    world.exists(&person("small", "Οδυσσευς", "Λ")).await;
    for text in [
        "ΟΔΥΣ",
        "οδυς",
        "οδυσ",
        "ΟΔΥΣΣΕΥΣ",
        "οδυσσευς",
        "υσ λ",
        "ΥΣ Λ",
    ] {
        assert_found(world, text, &["small", "capitals"]).await;
    }
}

async fn nothing_is_a_wildcard(world: &World<impl Adapter>) {
    for at in [
        "100%_sure",
        "100 sure",
        "back\\slash",
        "back/slash",
        "a'b\"c",
    ] {
        world.exists(&person(at, "Ada", "Obi")).await;
    }
    for (text, expected) in [
        ("100%", "100%_sure"),
        ("%_", "100%_sure"),
        ("_", "100%_sure"),
        ("%", "100%_sure"),
        ("\\", "back\\slash"),
        ("k\\s", "back\\slash"),
        ("'b\"", "a'b\"c"),
    ] {
        assert_found(world, text, &[expected]).await;
    }
    assert_found(world, "1%sure", &[]).await;
    assert_found(world, "back_slash", &[]).await;
    assert_found(world, "\\%", &[]).await;
}

async fn one_to_three_characters_are_enough(world: &World<impl Adapter>) {
    world.exists(&person("qqxyz", "Ada", "Obi")).await;
    world.exists(&person("w-1", "李", "雷")).await;
    for text in ["x", "xy", "xyz", "z", "q", "qq"] {
        assert_found(world, text, &["qqxyz"]).await;
    }
    for text in ["李", "李 雷", "雷"] {
        assert_found(world, text, &["w-1"]).await;
    }
}

async fn no_match_crosses_from_one_text_to_the_next(world: &World<impl Adapter>) {
    let mut customer = person("ends-here", "Starts", "Again");
    customer.interac_email = Some(interac_email("middle@example.com"));
    world.exists(&customer).await;
    for text in [
        "heremiddle",
        "here middle",
        "heres",
        "comstarts",
        "com starts",
    ] {
        assert_found(world, text, &[]).await;
    }
    assert_found(world, "starts again", &["ends-here"]).await;
}

async fn personal_data_is_not_searched(world: &World<impl Adapter>) {
    let customer = individual();
    world.exists(&customer).await;
    let (identity, contact) = (&customer.identity, &customer.contact);
    for text in [
        contact.email.expose(),
        identity.id_number.expose(),
        identity.tin.expose(),
        "ottawa",
    ] {
        assert_found(world, text, &[]).await;
    }
}

async fn a_search_combines_with_status_and_cursor(world: &World<impl Adapter>) {
    let mut made = Vec::new();
    for number in 0..6 {
        let word = if number % 2 == 0 { "even" } else { "odd" };
        made.push(
            world
                .exists(&person(&format!("{word}-{number}"), "Ada", "Obi"))
                .await,
        );
    }
    for customer in &made[..3] {
        world
            .adapter
            .set_status(world.tenant, customer.id, Status::Verified)
            .await;
    }
    let request = CustomerPageRequest {
        status: Some(Status::Verified),
        after: Some(by_id(&made[2])),
        ..search_for("even")
    };
    let page = world.store().page(world.tenant, &request).await.unwrap();
    assert_eq!(page.customers.len(), 1);
    assert_eq!(page.customers[0].id, made[0].id);
    let first = CustomerPageRequest {
        limit: 2,
        ..search_for("even")
    };
    let page = world.store().page(world.tenant, &first).await.unwrap();
    assert_eq!(
        page.customers,
        [made[4].clone(), {
            let mut verified = made[2].clone();
            verified.status = Status::Verified;
            verified
        }]
    );
    assert!(page.has_more);
}
