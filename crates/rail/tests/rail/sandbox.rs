//! A round trip with the sandbox rail, which knows the vendor's contract from elsewhere.

use tempfile::TempDir;
use vouch_domain::{
    customer::{ContactField, NewCustomer},
    ports::{Rail, RailContactChange, RailFailure, RailField, Urgency},
    values::Phone,
};
use vouch_rail::{Credentials, HttpRail, RailSettings};
use vouch_sandbox_rail::{Options, SandboxRail, start};

use crate::harness::{business, id, oauth, person, settings};

async fn sandbox() -> (SandboxRail, TempDir) {
    let folder = TempDir::new().unwrap();
    let rail = start(Options::new(folder.path())).await.unwrap();
    (rail, folder)
}

async fn round_trip(settings: RailSettings, customer: &NewCustomer) {
    let rail = HttpRail::new(settings).unwrap();
    let urgency = Urgency::Caller;
    assert_eq!(rail.find_customers(customer, urgency).await, Ok(vec![]));

    let id = rail.create_customer(customer, urgency).await.unwrap();
    let found = rail.find_customers(customer, urgency).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, id);
    assert!(found[0].fits(customer, found[0].created_at.unwrap()));

    let read = rail.customer(&id, urgency).await.unwrap().unwrap();
    assert!(read.fits(customer, found[0].created_at.unwrap()));
    assert_eq!(read.differing_contact(&customer.contact), []);

    let mut contact = customer.contact.clone();
    contact.phone = Some(Phone::restore("+442079460000".to_owned()).unwrap());
    contact.street = None;
    let change = RailContactChange {
        contact: &contact,
        fields: &[ContactField::Phone, ContactField::Street],
    };
    assert_eq!(rail.update_customer(&id, change, urgency).await, Ok(()));

    let read = rail.customer(&id, urgency).await.unwrap().unwrap();
    assert_eq!(read.differing_contact(&contact), []);
    let differing = read.differing_contact(&customer.contact);
    let changed = if customer.contact.street.is_some() {
        2
    } else {
        1
    };
    assert_eq!(differing, change.fields[..changed]);
}

#[tokio::test]
async fn customers_of_both_types_go_round_with_both_credentials() {
    let (sandbox, _folder) = sandbox().await;
    round_trip(settings(sandbox.url()), &person()).await;
    round_trip(oauth(sandbox.url()), &business()).await;
    sandbox.stop().await;
}

#[tokio::test]
async fn a_business_that_exists_is_refused_by_its_number() {
    let (sandbox, _folder) = sandbox().await;
    let rail = HttpRail::new(settings(sandbox.url())).unwrap();
    rail.create_customer(&business(), Urgency::Caller)
        .await
        .unwrap();
    let again = rail.create_customer(&business(), Urgency::Caller).await;
    let Err(RailFailure::Refused { fields }) = again else {
        panic!("{again:?}");
    };
    assert!(fields.contains(&RailField("id_number")), "{fields:?}");
    sandbox.stop().await;
}

#[tokio::test]
async fn strangers_and_unknown_customers_are_told_so() {
    let (sandbox, _folder) = sandbox().await;
    let rail = HttpRail::new(settings(sandbox.url())).unwrap();
    assert_eq!(
        rail.customer(&id("unknown"), Urgency::Caller).await,
        Ok(None)
    );
    for credentials in [
        Credentials::ApiKey("another".to_owned()),
        Credentials::Client {
            id: "sandbox-client".to_owned(),
            secret: "another".to_owned(),
        },
    ] {
        let stranger = HttpRail::new(RailSettings {
            credentials,
            ..settings(sandbox.url())
        })
        .unwrap();
        let made = stranger.create_customer(&person(), Urgency::Caller).await;
        assert_eq!(made, Err(RailFailure::Unauthorised));
    }
    sandbox.stop().await;
}
