//! Whose database it is, by its keys.

use vouch_domain::{
    customer::CustomerHandle,
    ports::{Customers, Standing},
};
use vouch_postgres::{Database, Installation, InstallationError, MasterKey, MasterKeys, Store};
use vouch_testkit::{ScratchDatabase, TestDatabase, individual, unique_claim};

use crate::harness::World;

fn ring(keys: &[u8]) -> MasterKeys {
    MasterKeys::new(keys.iter().map(|byte| MasterKey([*byte; 32])).collect()).unwrap()
}

async fn open(database: &Database, keys: &[u8]) -> Result<Installation, InstallationError> {
    Installation::open(database, ring(keys)).await
}

#[tokio::test]
async fn a_wrong_master_key_does_not_open_the_installation() {
    let database = ScratchDatabase::migrated().await;
    let first = open(&database.pool(), &[1]).await.unwrap();
    let wrong = open(&database.pool(), &[2]).await;
    assert!(matches!(wrong, Err(InstallationError::WrongMasterKey)));
    let again = open(&database.pool(), &[1]).await.unwrap();
    assert_eq!(again.hash_key(), first.hash_key());
}

#[tokio::test]
async fn a_rotated_ring_opens_the_installation_and_what_the_old_key_sealed() {
    let world = World::<TestDatabase>::new().await;
    let customer = individual();
    let made = world.exists(&customer).await;
    let database = Database::new(world.adapter.url(), vouch_postgres::PoolSettings::direct(1));
    let database = database.unwrap();
    // Seven is the key of every test database.
    let rotated = open(&database, &[8, 7]).await.unwrap();
    assert_eq!(rotated.hash_key(), world.adapter.installation.hash_key());
    let store = Store::new(database, &rotated);
    let handle = CustomerHandle::Id(made.id);
    let basis = store
        .amendment_basis(world.tenant, &handle, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(basis.subject.known().unwrap().contact, customer.contact);
    let claim = unique_claim();
    let request = world.request(&customer, &claim);
    let standing =
        vouch_domain::ports::Provisioning::standing(&store, world.tenant, &request).await;
    assert!(
        matches!(standing, Ok(Some(Standing::Exists { .. }))),
        "{standing:?}"
    );
}

#[tokio::test]
async fn processes_that_make_an_installation_at_once_get_the_same_one() {
    let database = ScratchDatabase::migrated().await;
    let pools = [database.pool(), database.pool(), database.pool()];
    let (first, second, third) = tokio::join!(
        open(&pools[0], &[1]),
        open(&pools[1], &[1]),
        open(&pools[2], &[1])
    );
    let (first, second, third) = (first.unwrap(), second.unwrap(), third.unwrap());
    assert_eq!(first.hash_key(), second.hash_key());
    assert_eq!(first.hash_key(), third.hash_key());
}

#[tokio::test]
async fn installations_have_keys_of_their_own() {
    let (one, other) = tokio::join!(TestDatabase::new(), TestDatabase::new());
    assert_ne!(one.installation.hash_key(), other.installation.hash_key());
}

#[tokio::test]
async fn a_database_remembers_the_first_sandbox() {
    let test = TestDatabase::new().await;
    let (first, second) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    assert_eq!(test.database.claim_sandbox(first).await, Ok(true));
    assert_eq!(test.database.claim_sandbox(second).await, Ok(false));
    assert_eq!(test.database.claim_sandbox(first).await, Ok(true));
}
