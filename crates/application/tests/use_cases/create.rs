//! The table of outcomes in the Remittance contract, section 4, where one request runs at a time.

use vouch_application::create::{CreateError, Created};
use vouch_domain::{
    customer::{CustomerHandle, IdentityField, NewCustomer, Status},
    ports::{CustomerQueries, RailFailure, RailField, Urgency},
    tenant::{Env, Tenant},
};
use vouch_testkit::{Call, Script, individual, interac_email, phone, rail_customer, unique_claim};

use crate::bench::{
    Bench, another_body, assert_existing, assert_new, assert_unresolved, unavailable,
};

#[tokio::test(start_paused = true)]
async fn a_new_customer_is_made_here_and_at_the_rail() {
    let bench = Bench::new().await;
    let customer = individual();
    let Ok(Created::New(made)) = bench.create(&customer, &unique_claim()).await else {
        panic!("not new");
    };
    assert_eq!(made.reference, customer.reference);
    assert_eq!(made.status, Status::Pending);
    // Nothing was ever sent before, so there is nothing to look for.
    assert_eq!(bench.rail.calls(), [Call::Create(Urgency::Caller)]);
    let found = bench
        .store
        .find(bench.tenant, &CustomerHandle::Id(made.id))
        .await;
    assert_eq!(found, Ok(Some(made)));
}

#[tokio::test(start_paused = true)]
async fn the_same_key_and_body_is_a_replay() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    assert_new(&bench.create(&customer, &claim).await);
    assert_existing(&bench.create(&customer, &claim).await, true);
    assert_eq!(bench.rail.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_replay_answers_with_the_customer_as_it_is_now() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    let Ok(Created::New(mut made)) = bench.create(&customer, &claim).await else {
        panic!("not new");
    };
    bench
        .store
        .set_status(bench.tenant, made.id, Status::Verified);
    made.status = Status::Verified;
    let expected = Created::Existing {
        customer: made,
        replayed: true,
    };
    assert_eq!(bench.create(&customer, &claim).await, Ok(expected));
}

#[tokio::test(start_paused = true)]
async fn the_same_key_with_another_body_is_a_conflict() {
    let bench = Bench::new().await;
    let (customer, claim) = (individual(), unique_claim());
    bench.create(&customer, &claim).await.unwrap();
    let outcome = bench.create(&individual(), &another_body(&claim)).await;
    assert_eq!(outcome, Err(CreateError::KeyConflict));
}

#[tokio::test(start_paused = true)]
async fn the_same_reference_and_identity_is_the_existing_customer() {
    let bench = Bench::new().await;
    let customer = individual();
    bench.create(&customer, &unique_claim()).await.unwrap();
    let mut again = customer.clone();
    again.contact.phone = Some(phone("+447700900123"));
    again.interac_email = Some(interac_email("new@example.com"));
    let claim = unique_claim();
    assert_existing(&bench.create(&again, &claim).await, false);
    // The outcome is bound to the key from now on.
    assert_existing(&bench.create(&again, &claim).await, true);
    assert_eq!(bench.rail.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_reference_with_another_identity_is_taken() {
    let bench = Bench::new().await;
    let Ok(Created::New(made)) = bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    let other = NewCustomer {
        reference: made.reference.clone(),
        ..individual()
    };
    let claim = unique_claim();
    let expected = CreateError::ReferenceTaken {
        customer: Some(made.id),
        differing: vec![IdentityField::Email, IdentityField::IdNumber],
    };
    assert_eq!(bench.create(&other, &claim).await, Err(expected));
    assert_eq!(bench.key_standing(&claim).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_interac_email_in_use_is_taken() {
    let bench = Bench::new().await;
    let holding = || NewCustomer {
        interac_email: Some(interac_email("held@example.com")),
        ..individual()
    };
    bench.create(&holding(), &unique_claim()).await.unwrap();
    let claim = unique_claim();
    let outcome = bench.create(&holding(), &claim).await;
    assert_eq!(outcome, Err(CreateError::InteracEmailTaken));
    assert_eq!(bench.key_standing(&claim).await, None);
    assert_eq!(bench.rail.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_the_rail_keeps_nothing() {
    let bench = Bench::new().await;
    let fields = vec![RailField("tin")];
    bench.rail.on_create(Script::fail(RailFailure::Refused {
        fields: fields.clone(),
    }));
    let customer = NewCustomer {
        interac_email: Some(interac_email("held@example.com")),
        ..individual()
    };
    let claim = unique_claim();
    let outcome = bench.create(&customer, &claim).await;
    assert_eq!(outcome, Err(CreateError::RefusedByRail { fields }));
    assert_eq!(bench.key_standing(&claim).await, None);
    // Key, reference and Interac e-mail are free again, for another body too.
    let corrected = NewCustomer {
        reference: customer.reference,
        interac_email: customer.interac_email,
        ..individual()
    };
    assert_new(&bench.create(&corrected, &another_body(&claim)).await);
}

#[tokio::test(start_paused = true)]
async fn a_rail_that_answers_with_somebody_elses_record_has_refused() {
    let bench = Bench::new().await;
    bench.create(&individual(), &unique_claim()).await.unwrap();
    let bound = bench.rail.records()[0].id.clone();
    bench.rail.on_create(Script::answer(bound));
    let claim = unique_claim();
    let expected = CreateError::RefusedByRail {
        fields: vec![RailField("id_number")],
    };
    assert_eq!(bench.create(&individual(), &claim).await, Err(expected));
    assert_eq!(bench.key_standing(&claim).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_rail_keeps_the_reservation_for_key_and_reference() {
    for by_key in [true, false] {
        let bench = Bench::new().await;
        bench.rail.on_create(Script::fail(unavailable(None)));
        let (customer, claim) = (individual(), unique_claim());
        assert_unresolved(&bench.create(&customer, &claim).await);
        let again = if by_key { claim } else { unique_claim() };
        assert_new(&bench.create(&customer, &again).await);
        let (create, find) = (Call::Create(Urgency::Caller), Call::Find(Urgency::Caller));
        assert_eq!(bench.rail.calls(), [create.clone(), find, create]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_rail_says_when_to_try_again() {
    let bench = Bench::new().await;
    let retry_after = std::time::Duration::from_secs(42);
    bench
        .rail
        .on_create(Script::fail(unavailable(Some(retry_after))));
    let outcome = bench.create(&individual(), &unique_claim()).await;
    assert_eq!(outcome, Err(CreateError::RailUnresolved { retry_after }));
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_keep_the_reservation() {
    let bench = Bench::new().await;
    bench
        .rail
        .on_create(Script::fail(RailFailure::Unauthorised));
    let (customer, claim) = (individual(), unique_claim());
    assert_unresolved(&bench.create(&customer, &claim).await);
    assert_new(&bench.create(&customer, &claim).await);
    assert_eq!(bench.rail.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_rail_nothing_is_reserved() {
    let bench = Bench::new().await;
    let live = Tenant {
        env: Env::Live,
        ..bench.tenant
    };
    let claim = unique_claim();
    let outcome = bench.create_in(live, &individual(), &claim).await;
    assert_eq!(outcome, Err(CreateError::NoRail));
    let standing = vouch_domain::ports::Provisioning::key_standing(
        &bench.store,
        live,
        &claim,
        crate::bench::TERMS,
    );
    assert_eq!(standing.await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_first_create_takes_no_notice_of_records_that_the_rail_has() {
    let bench = Bench::new().await;
    let customer = individual();
    let now = vouch_domain::ports::Clock::now(&*bench.clock);
    bench.rail.put(rail_customer("foreign", &customer, now));
    assert_new(&bench.create(&customer, &unique_claim()).await);
    assert_eq!(bench.rail.records().len(), 2);
}
