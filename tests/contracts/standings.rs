//! How a request stands that cannot simply reserve: key before reference before person before Interac e-mail.

use vouch_domain::{
    customer::{IdentityField, LegalName, NewCustomer},
    idempotency::{Fingerprint, KeyClaim},
    ports::Standing,
    values::{Country, IdNumber, IdType, Name, Tin},
};
use vouch_testkit::{business, email, individual, interac_email, unique_claim};

use crate::harness::{Adapter, World, contract};

contract![
    a_new_request_is_granted_with_nothing_in_doubt,
    an_open_reservation_is_in_progress_for_its_key_and_its_reference,
    another_body_under_a_bound_key_is_a_conflict,
    a_made_customer_exists_by_its_key,
    a_made_customer_exists_by_its_reference_and_binds_the_new_key,
    a_key_wins_over_everything_else,
    a_reference_wins_over_person_and_interac_email,
    a_person_wins_over_an_interac_email,
    every_identity_field_that_differs_is_named,
    contact_data_and_the_case_of_the_email_make_no_difference,
    a_reservation_under_another_identity_is_waited_for_and_then_taken_without_an_id,
    a_person_is_reserved_once_at_a_time,
    an_interac_email_is_held_by_one_customer,
    a_conflict_leaves_nothing_behind,
    nothing_stands_against_a_free_request,
];

async fn a_new_request_is_granted_with_nothing_in_doubt(world: &World<impl Adapter>) {
    let reservation = world.granted(&individual(), &unique_claim()).await;
    assert!(reservation.lease.absence_clear_in.is_zero());
}

async fn an_open_reservation_is_in_progress_for_its_key_and_its_reference(
    world: &World<impl Adapter>,
) {
    let (customer, claim) = (individual(), unique_claim());
    world.granted(&customer, &claim).await;
    assert_eq!(world.stands(&customer, &claim).await, Standing::InProgress);
    assert_eq!(
        world.stands(&customer, &unique_claim()).await,
        Standing::InProgress
    );
    assert_eq!(world.key_standing(&claim).await, Some(Standing::InProgress));
}

fn another_body(claim: &KeyClaim) -> KeyClaim {
    KeyClaim {
        fingerprint: Fingerprint([2; 32]),
        ..claim.clone()
    }
}

async fn another_body_under_a_bound_key_is_a_conflict(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    let other = another_body(&claim);
    assert_eq!(
        world.stands(&individual(), &other).await,
        Standing::KeyConflict
    );
    assert_eq!(
        world.key_standing(&other).await,
        Some(Standing::KeyConflict)
    );
    world.recorded(&reservation).await;
    assert_eq!(
        world.stands(&individual(), &other).await,
        Standing::KeyConflict
    );
}

async fn a_made_customer_exists_by_its_key(world: &World<impl Adapter>) {
    let (customer, claim) = (individual(), unique_claim());
    let reservation = world.granted(&customer, &claim).await;
    let made = world.recorded(&reservation).await;
    let expected = Standing::Exists {
        customer: made,
        by_key: true,
        answered: true,
    };
    assert_eq!(world.stands(&customer, &claim).await, expected);
    assert_eq!(world.key_standing(&claim).await, Some(expected));
}

async fn a_made_customer_exists_by_its_reference_and_binds_the_new_key(
    world: &World<impl Adapter>,
) {
    let customer = individual();
    let made = world.exists(&customer).await;
    let second = unique_claim();
    for by_key in [false, true] {
        let expected = Standing::Exists {
            customer: made.clone(),
            by_key,
            answered: true,
        };
        assert_eq!(world.stands(&customer, &second).await, expected);
    }
    let other = another_body(&second);
    assert_eq!(world.stands(&customer, &other).await, Standing::KeyConflict);
}

fn with_interac(address: &str) -> NewCustomer {
    NewCustomer {
        interac_email: Some(interac_email(address)),
        ..individual()
    }
}

async fn a_key_wins_over_everything_else(world: &World<impl Adapter>) {
    let (first, claim) = (individual(), unique_claim());
    let reservation = world.granted(&first, &claim).await;
    let made = world.recorded(&reservation).await;
    let second = world.exists(&with_interac("held@example.com")).await;
    let open = individual();
    world.granted(&open, &unique_claim()).await;
    let mut request = with_interac("held@example.com");
    request.reference = second.reference;
    request.identity = open.identity.clone();
    request.contact = open.contact.clone();
    let expected = Standing::Exists {
        customer: made,
        by_key: true,
        answered: true,
    };
    assert_eq!(world.stands(&request, &claim).await, expected);
}

async fn a_reference_wins_over_person_and_interac_email(world: &World<impl Adapter>) {
    let taken = world.exists(&with_interac("held@example.com")).await;
    let open = individual();
    world.granted(&open, &unique_claim()).await;
    let request = NewCustomer {
        reference: taken.reference.clone(),
        interac_email: taken.interac_email.clone(),
        ..open
    };
    let standing = world.stands(&request, &unique_claim()).await;
    let expected = Standing::ReferenceTaken {
        customer: Some(taken.id),
        differing: vec![IdentityField::Email, IdentityField::IdNumber],
    };
    assert_eq!(standing, expected);
}

async fn a_person_wins_over_an_interac_email(world: &World<impl Adapter>) {
    world.exists(&with_interac("held@example.com")).await;
    let open = individual();
    world.granted(&open, &unique_claim()).await;
    let request = NewCustomer {
        reference: individual().reference,
        interac_email: Some(interac_email("held@example.com")),
        ..open
    };
    assert_eq!(
        world.stands(&request, &unique_claim()).await,
        Standing::PersonBusy
    );
}

async fn every_identity_field_that_differs_is_named(world: &World<impl Adapter>) {
    use IdentityField as Field;
    let known = individual();
    let made = world.exists(&known).await;
    let name = |text: &str| Name::restore(text.to_owned()).unwrap();
    let named = |first: &str, last: &str| LegalName::Individual {
        first: name(first),
        last: name(last),
    };
    let change = |change: &dyn Fn(&mut NewCustomer)| {
        let mut changed = known.clone();
        change(&mut changed);
        changed
    };
    let cases = [
        (
            change(&|new| new.identity.name = named("Eve", "Obi")),
            vec![Field::FirstName],
        ),
        (
            change(&|new| new.identity.name = named("ada", "Obi")),
            vec![Field::FirstName],
        ),
        (
            change(&|new| new.identity.name = named("Ada", "Eze")),
            vec![Field::LastName],
        ),
        (
            change(&|new| new.identity.name = LegalName::Business { name: name("Obi") }),
            vec![
                Field::Type,
                Field::FirstName,
                Field::LastName,
                Field::BusinessName,
            ],
        ),
        (
            change(&|new| new.contact.email = email("new@example.com")),
            vec![Field::Email],
        ),
        (
            change(&|new| new.identity.country = Country::Nigeria),
            vec![Field::Country],
        ),
        (
            change(&|new| new.identity.id_type = IdType::DriversLicense),
            vec![Field::IdType],
        ),
        (
            change(&|new| new.identity.id_number = IdNumber::restore("XY9".to_owned()).unwrap()),
            vec![Field::IdNumber],
        ),
        (
            change(&|new| new.identity.tin = Tin::restore("987654321".to_owned()).unwrap()),
            vec![Field::Tin],
        ),
    ];
    for (request, differing) in cases {
        let expected = Standing::ReferenceTaken {
            customer: Some(made.id),
            differing,
        };
        assert_eq!(world.stands(&request, &unique_claim()).await, expected);
    }
}

async fn contact_data_and_the_case_of_the_email_make_no_difference(world: &World<impl Adapter>) {
    let known = individual();
    let made = world.exists(&known).await;
    let mut request = known.clone();
    request.contact = business().contact;
    request.contact.email = email(&known.contact.email.expose().to_uppercase());
    request.interac_email = Some(interac_email("new@example.com"));
    request.identity.id_issue_date = None;
    let expected = Standing::Exists {
        customer: made,
        by_key: false,
        answered: true,
    };
    assert_eq!(world.stands(&request, &unique_claim()).await, expected);
}

async fn a_reservation_under_another_identity_is_waited_for_and_then_taken_without_an_id(
    world: &World<impl Adapter>,
) {
    let open = individual();
    let reservation = world.granted(&open, &unique_claim()).await;
    let other = NewCustomer {
        reference: open.reference.clone(),
        ..individual()
    };
    let claim = unique_claim();
    assert_eq!(world.stands(&other, &claim).await, Standing::InProgress);
    world.expire_leases().await;
    let expected = Standing::ReferenceTaken {
        customer: None,
        differing: vec![IdentityField::Email, IdentityField::IdNumber],
    };
    assert_eq!(world.stands(&other, &claim).await, expected);
    assert_eq!(world.key_standing(&claim).await, None);
    world.abandon(&reservation).await;
    world.granted(&other, &claim).await;
}

async fn a_person_is_reserved_once_at_a_time(world: &World<impl Adapter>) {
    let first = individual();
    let reservation = world.granted(&first, &unique_claim()).await;
    let mut second = NewCustomer {
        reference: individual().reference,
        ..first.clone()
    };
    second.contact.email = email(&first.contact.email.expose().to_uppercase());
    let claim = unique_claim();
    assert_eq!(world.stands(&second, &claim).await, Standing::PersonBusy);
    assert_eq!(
        world.standing(&second, &claim).await,
        Some(Standing::PersonBusy)
    );

    let mut namesake = NewCustomer {
        reference: individual().reference,
        ..first.clone()
    };
    namesake.contact.email = email("other@example.com");
    world.granted(&namesake, &unique_claim()).await;

    world.recorded(&reservation).await;
    world.granted(&second, &claim).await;
}

async fn an_interac_email_is_held_by_one_customer(world: &World<impl Adapter>) {
    let first = with_interac("Held@Example.com");
    let reservation = world.granted(&first, &unique_claim()).await;
    let (second, claim) = (with_interac("held@example.COM"), unique_claim());
    assert_eq!(
        world.stands(&second, &claim).await,
        Standing::InteracEmailTaken
    );
    world.recorded(&reservation).await;
    assert_eq!(
        world.stands(&second, &claim).await,
        Standing::InteracEmailTaken
    );
    world
        .granted(&with_interac("free@example.com"), &claim)
        .await;
}

/// After each conflict the key is unbound, and whatever else the request asked for is free.
async fn a_conflict_leaves_nothing_behind(world: &World<impl Adapter>) {
    let taken = world.exists(&with_interac("held@example.com")).await;
    let open = individual();
    world.granted(&open, &unique_claim()).await;
    let (wanted, claim) = (with_interac("wanted@example.com"), unique_claim());
    let reference_taken = NewCustomer {
        reference: taken.reference,
        ..wanted.clone()
    };
    let person_busy = NewCustomer {
        identity: open.identity,
        contact: open.contact,
        ..wanted.clone()
    };
    let interac_email_taken = NewCustomer {
        interac_email: taken.interac_email,
        ..wanted.clone()
    };
    for conflict in [reference_taken, person_busy, interac_email_taken] {
        world.stands(&conflict, &claim).await;
        assert_eq!(
            world.key_standing(&claim).await,
            None,
            "the key stays bound"
        );
        let granted = world.granted(&wanted, &claim).await;
        world.abandon(&granted).await;
    }
}

async fn nothing_stands_against_a_free_request(world: &World<impl Adapter>) {
    let claim = unique_claim();
    assert_eq!(
        world
            .standing(&with_interac("free@example.com"), &claim)
            .await,
        None
    );
    assert_eq!(world.key_standing(&claim).await, None);
}
