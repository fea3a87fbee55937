//! Forgetting idempotency keys.

use std::{sync::Arc, time::Duration};

use vouch_application::retention::Purger;
use vouch_domain::ports::Customers;
use vouch_testkit::{amend_claim, individual, unique_claim};

use crate::bench::{Bench, assert_existing};

const AGE: Duration = Duration::from_secs(31 * 24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn every_expired_key_is_forgotten_in_one_pass() {
    let bench = Bench::new().await;
    let customer = individual();
    let claim = unique_claim();
    let made = bench.create(&customer, &claim).await;
    let Ok(vouch_application::create::Created::New(made)) = made else {
        panic!("not new");
    };
    let handle = vouch_domain::customer::CustomerHandle::Id(made.id);
    for number in 0..1500 {
        let claim = amend_claim(&handle, &format!("key-{number}"));
        assert_eq!(
            bench.store.bind_key(bench.tenant, made.id, &claim).await,
            Ok(true)
        );
    }
    let purger = Purger::new(Arc::new(bench.store.clone()), AGE);
    bench.pass(AGE).await;
    assert_eq!(purger.pass().await, Ok(0));
    bench.pass(Duration::from_secs(1)).await;
    assert_eq!(purger.pass().await, Ok(1501));
    assert_eq!(bench.key_standing(&claim).await, None);
    // The customer is there all the same.
    assert_existing(&bench.create(&customer, &claim).await, false);
}
