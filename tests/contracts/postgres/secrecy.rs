//! No personal value is in any table, as text or as bytes.

use vouch_domain::{
    customer::{Cause, ContactData, Explanation, NewCustomer, RailReason, Status, ToldReason},
    id::CustomerId,
    idempotency::{Keep, Kept, KeptAnswer},
    ports::{
        AbsenceClear, Amend, Answers, CallbackInbox, ChangeStatus, Claimed, CreateTreasuryCustomer,
        Customers, Reviews, StatusChanges, StatusHistory, TreasuryCustomers,
    },
    tenant::Env,
    values::{City, DateOfBirth, IdExpiryDate, IdIssueDate, IdNumber, State, Street, Tin, ZipCode},
};
use vouch_testkit::{
    TestDatabase, amend_claim, email, individual, interac_email, phone, treasury_claim,
    treasury_customer, unique_claim,
};

use crate::harness::{EMAIL_ONLY, TERMS, World, by_id, rail_id};

/// A customer whose every personal value can be recognised by this mark.
fn marked(mark: &str) -> NewCustomer {
    let mut customer = individual();
    customer.interac_email = Some(interac_email(&format!("{mark}@pouch.example")));
    customer.identity.id_number =
        IdNumber::restore(format!("CANARY{mark}").to_uppercase()).unwrap();
    customer.identity.tin = Tin::restore(format!("TIN{mark}").to_uppercase()).unwrap();
    customer.identity.id_issue_date = Some(IdIssueDate::restore("2013-03-21").unwrap());
    customer.contact = ContactData {
        email: email(&format!("Canary.{mark}@Example.com")),
        phone: Some(phone("+447700900123")),
        street: Some(Street::restore(format!("7 Canary Street {mark}")).unwrap()),
        city: Some(City::restore(format!("Canaryville {mark}")).unwrap()),
        state: Some(State::restore(format!("Canaryshire {mark}")).unwrap()),
        zip_code: ZipCode::restore("ZE9 9QQ".to_owned()).unwrap(),
        dob: Some(DateOfBirth::restore("1987-06-05").unwrap()),
        id_expiry_date: Some(IdExpiryDate::restore("2037-08-09").unwrap()),
    };
    customer
}

fn personal_values(customer: &NewCustomer) -> Vec<String> {
    let NewCustomer {
        identity, contact, ..
    } = customer;
    [
        identity.id_number.expose(),
        identity.tin.expose(),
        "2013-03-21",
        contact.email.expose(),
        "447700900123",
        contact.street.as_ref().unwrap().expose(),
        contact.city.as_ref().unwrap().expose(),
        contact.state.as_ref().unwrap().expose(),
        contact.zip_code.expose(),
        "1987-06-05",
        "2037-08-09",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The columns that hold this text, in any case, or its bytes.
async fn places_of(test: &TestDatabase, text: &str) -> Vec<String> {
    let client = test.client().await;
    let columns = "SELECT table_name::text, column_name::text, data_type::text
                   FROM information_schema.columns WHERE table_schema = 'public'";
    let mut places = Vec::new();
    for row in client.query(columns, &[]).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let holds = match row.get(2) {
            "bytea" => format!("position(convert_to($1, 'UTF8') IN {column}) > 0"),
            _ => format!("strpos(lower({column}::text), lower($1)) > 0"),
        };
        let sql = format!("SELECT count(*) FROM {table} WHERE {holds}");
        let count: i64 = client.query_one(&sql, &[&text]).await.unwrap().get(0);
        if count > 0 {
            places.push(format!("{table}.{column}"));
        }
    }
    places
}

#[tokio::test]
async fn personal_values_are_in_no_table() {
    let world = World::<TestDatabase>::new().await;
    let customers = [
        marked("open77"),
        marked("made77"),
        marked("old77"),
        marked("new77"),
    ];
    let [open, made, old, new] = &customers;
    let reservation = world.granted(open, &unique_claim()).await;
    world.release(&reservation, AbsenceClear::Now).await;
    world.resumed(open, &unique_claim()).await;
    world.exists(made).await;
    let amended = world.exists(old).await;
    let claim = amend_claim(&by_id(&amended), "the-key");
    let amend = Amend {
        customer: amended.id,
        identity: &old.identity,
        contact: &new.contact,
        changed: EMAIL_ONLY,
        expected: amended.version,
        event: world.ids.mint(),
        claim: Some(&claim),
    };
    world.store().amend(world.tenant, &amend).await.unwrap();

    for customer in &customers {
        for value in personal_values(customer) {
            assert_eq!(places_of(&world.adapter, &value).await, [""; 0], "{value}");
        }
    }
    // That the search finds what is there: names and references are plain by design.
    let plain = places_of(&world.adapter, "Ada Obi").await;
    assert_eq!(plain, ["customers.display_name", "customers.search_text"]);
}

#[tokio::test]
async fn what_the_treasury_api_was_told_and_has_answered_is_in_no_table() {
    let world = World::<TestDatabase>::new().await;
    let store = world.store();
    let (claim, new) = (treasury_claim("the-key"), treasury_customer());
    let subject = world.ids.uuid();
    let claimed = store.claim(world.tenant, &claim, subject, TERMS.lease());
    let Ok(Claimed::Granted(grant)) = claimed.await else {
        panic!("not granted");
    };
    let create = CreateTreasuryCustomer {
        id: CustomerId::from_uuid(subject).unwrap(),
        customer: &new,
        event: world.ids.mint(),
        keep: Keep {
            grant: &grant,
            answer: &KeptAnswer {
                status: 201,
                body: format!("canary99 {}", new.email.expose()),
            },
        },
    };
    assert_eq!(store.create(world.tenant, &create).await, Ok(Kept::Done));
    for value in [new.email.expose(), "canary99"] {
        assert_eq!(places_of(&world.adapter, value).await, [""; 0], "{value}");
    }
    let plain = places_of(&world.adapter, new.name.as_str()).await;
    assert_eq!(plain, ["customers.display_name", "customers.search_text"]);
    // An answer opens under its own key alone.
    let another = treasury_claim("another");
    let claimed = store.claim(world.tenant, &another, world.ids.uuid(), TERMS.lease());
    claimed.await.unwrap();
    let client = world.adapter.client().await;
    let moved =
        "UPDATE idempotency_keys k SET answer = o.answer, answer_status = 201, lease_token = NULL,
                                               leased_until = NULL
                 FROM idempotency_keys o WHERE k.answer IS NULL AND o.answer IS NOT NULL";
    assert_eq!(client.execute(moved, &[]).await.unwrap(), 1);
    let state = store.look_up(world.tenant, &another).await;
    assert!(state.is_err(), "{state:?}");
}

#[tokio::test]
async fn what_the_rail_says_is_in_no_table() {
    let world = World::<TestDatabase>::new().await;
    let made = world.exists(&individual()).await;
    let told = ToldReason {
        reason: RailReason::new("Fraud, says CANARY88").unwrap(),
        at: None,
    };
    let store = world.store();
    let kept = store.keep_callback(Env::Test, b"{\"comment\":\"CANARY88\"}");
    assert_eq!(kept.await, Ok(true));
    let rail = rail_id(&made.id.to_string());
    let called = store.call_for_look(Env::Test, &rail, Some(&told)).await;
    assert_eq!(called, Ok(true));
    let change = ChangeStatus {
        customer: made.id,
        transition: made
            .status
            .transition(Status::Rejected, Cause::Rail)
            .unwrap(),
        status_event: world.status_event(made.id).await,
        event: world.ids.mint(),
        explanation: Some(&Explanation::of(Some(&told), &[])),
        review: None,
        claim: None,
    };
    store.transition(world.tenant, &change).await.unwrap();
    assert_eq!(places_of(&world.adapter, "CANARY88").await, [""; 0]);
    // Sealed for one customer, it does not open for another, and a callback not under another name.
    let other = world.exists(&individual()).await;
    let client = world.adapter.client().await;
    let moved = "UPDATE customers SET status = 'rejected' WHERE id = $1";
    client.execute(moved, &[&other.id.uuid()]).await.unwrap();
    let moved = "UPDATE status_changes SET customer_id = $1";
    client.execute(moved, &[&other.id.uuid()]).await.unwrap();
    let reason = store.rail_reason(world.tenant, other.id).await;
    assert!(reason.is_err(), "{reason:?}");
    let moved = "UPDATE rail_callbacks SET digest = sha256('another')";
    client.execute(moved, &[]).await.unwrap();
    let taken = store.take_due_callbacks(Env::Test, TERMS.lease(), 1).await;
    assert_eq!(taken, Ok(Vec::new()));
}

#[tokio::test]
async fn an_idempotency_key_is_in_no_table_and_looks_different_everywhere() {
    let world = World::<TestDatabase>::new().await;
    let store = world.store();
    let (key, lease) = ("ada-canary99@example.com", TERMS.lease());
    let claim = treasury_claim(key);
    for tenant in [world.tenant, world.new_tenant(Env::Test).await] {
        let claimed = store.claim(tenant, &claim, world.ids.uuid(), lease).await;
        assert!(matches!(claimed, Ok(Claimed::Granted(_))), "{claimed:?}");
    }
    let made = world.exists(&individual()).await;
    let amendment = amend_claim(&by_id(&made), key);
    assert_eq!(
        store.bind_key(world.tenant, made.id, &amendment).await,
        Ok(true)
    );
    for value in [key, "canary99"] {
        assert_eq!(places_of(&world.adapter, value).await, [""; 0], "{value}");
    }
    let client = world.adapter.client().await;
    let sql = "SELECT count(*) = count(DISTINCT digest), count(*) FROM idempotency_keys";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (true, 4_i64));
}

#[tokio::test]
async fn equal_persons_look_different() {
    let world = World::<TestDatabase>::new().await;
    let first = individual();
    let second = NewCustomer {
        reference: individual().reference,
        ..first.clone()
    };
    world.exists(&first).await;
    world.exists(&second).await;
    let client = world.adapter.client().await;
    let sql = "SELECT count(DISTINCT identity_hashes), count(DISTINCT data_key), count(DISTINCT personal_data)
               FROM customers WHERE NOT is_primary";
    let row = client.query_one(sql, &[]).await.unwrap();
    let distinct: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(distinct, [2, 2, 2]);
}

#[tokio::test]
async fn what_was_sealed_for_one_row_does_not_open_in_another() {
    let world = World::<TestDatabase>::new().await;
    let (victim, thief) = (
        world.exists(&individual()).await,
        world.exists(&individual()).await,
    );
    let client = world.adapter.client().await;
    let sql = "UPDATE customers t SET data_key = v.data_key, personal_data = v.personal_data
               FROM customers v WHERE t.id = $1 AND v.id = $2";
    client
        .execute(sql, &[&thief.id.uuid(), &victim.id.uuid()])
        .await
        .unwrap();
    let basis = world
        .store()
        .amendment_basis(world.tenant, &by_id(&thief), None)
        .await;
    assert!(basis.is_err(), "{basis:?}");
}
