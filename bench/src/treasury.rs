//! The data that the Treasury API is measured on: an organisation of its own, because its lists open what is sealed of every
//! customer, and copies made by SQL cannot be opened.

use futures_util::{StreamExt, TryStreamExt, stream};
use vouch_application::ids::IdMint;
use vouch_domain::{
    id::CustomerId,
    idempotency::{Keep, Kept, KeptAnswer},
    ports::{Answers, Claimed, CreateTreasuryCustomer, TreasuryCustomers},
    tenant::Tenant,
};
use vouch_postgres::Store;
use vouch_testkit::{FixedClock, treasury_customer, unique_treasury_claim};

use crate::{
    Failure,
    data::{AT_ONCE, PAYERS, TERMS, add_batches, portions, progress, start, store},
    home::connect,
};

/// Customers, as the service itself makes them.
const CUSTOMERS: u64 = 5_000;
/// Swaps, and as many deposits.
const TRANSACTIONS: u64 = 100_000;

/// Fills the database for this tenant.
///
/// # Errors
/// When the database fails.
pub async fn load(url: &str, tenant: Tenant) -> Result<(), Failure> {
    add_customers(url, tenant).await?;
    let client = connect(url).await?;
    client.batch_execute(include_str!("treasury.sql")).await?;
    client.batch_execute("SET synchronous_commit = off").await?;
    let organisation = tenant.organisation.uuid();
    let routes = "SELECT bench.add_routes($1)";
    client.execute(routes, &[&organisation]).await?;
    let since = start().timestamp_millis();
    let progress = progress("transactions", TRANSACTIONS);
    for (first, last) in portions(TRANSACTIONS)? {
        let add = "SELECT bench.add_transactions($1, $2, $3, $4)";
        client
            .execute(add, &[&organisation, &first, &last, &since])
            .await?;
        progress.inc(last.abs_diff(first) + 1);
    }
    progress.finish();
    add_batches(&client, organisation, &PAYERS).await
}

async fn add_customers(url: &str, tenant: Tenant) -> Result<(), Failure> {
    // Whoever loses these loses the whole measurement.
    let store = store(&format!("{url}?options=-csynchronous_commit%3Doff")).await?;
    let clock = FixedClock::new();
    clock.set(start());
    let ids = IdMint::new(clock.clone());
    let progress = progress("customers of the Treasury API", CUSTOMERS);
    let made = stream::iter(0..CUSTOMERS).map(|_| create(&store, &ids, tenant));
    made.buffer_unordered(AT_ONCE)
        .try_for_each(async |_| {
            progress.inc(1);
            Ok(())
        })
        .await?;
    progress.finish();
    Ok(())
}

/// One customer, by the two statements of a create.
///
/// # Errors
/// When the database fails.
pub async fn create(store: &Store, ids: &IdMint, tenant: Tenant) -> Result<CustomerId, Failure> {
    let customer = treasury_customer();
    let claim = unique_treasury_claim();
    let claimed = store.claim(tenant, &claim, ids.uuid(), TERMS.lease());
    let Claimed::Granted(grant) = claimed.await? else {
        return Err("a new key is not granted".into());
    };
    let answer = KeptAnswer {
        status: 201,
        body: "{}".to_owned(),
    };
    let create = CreateTreasuryCustomer {
        id: CustomerId::from_uuid(grant.subject)?,
        customer: &customer,
        event: ids.mint(),
        keep: Keep {
            grant: &grant,
            answer: &answer,
        },
    };
    match TreasuryCustomers::create(store, tenant, &create).await? {
        Kept::Done => Ok(create.id),
        Kept::Outrun | Kept::GrantLost => Err("a new customer is not made".into()),
    }
}
