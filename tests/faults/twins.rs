//! Twin requests on different processes.

use std::time::Duration;

use tokio::join;

use crate::{
    claims::Claim,
    cluster::Cluster,
    disturbances::Refusals,
    verdict,
    world::{PATIENT, World},
};

/// Nothing is left open, so this only makes the report.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_on_two_processes_are_one_customer() {
    const PAIRS: usize = 20;
    let cluster = Cluster::new().await;
    let claims = (0..PAIRS)
        .map(|number| Claim::new(0, number, &format!("user-{number}")))
        .collect();
    let world = World::start(&cluster, "twins", 2, PATIENT, claims).await;
    for claim in 0..PAIRS {
        let key = format!("key-{claim}");
        let (one, other) = join!(
            world.client.create(0, claim, &key),
            world.client.create(1, claim, &key)
        );
        let (one, other) = (one.expect("an answer"), other.expect("an answer"));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201]);
        assert_eq!(one.body, other.body);
    }
    assert_eq!(world.rail.customers().await.len(), PAIRS);
    let settled = world.settles(SETTLE_LIMIT).await;
    let complaints = verdict::complaints(&world, settled, Refusals::default()).await;
    world.conclude("twins", &complaints);
}
