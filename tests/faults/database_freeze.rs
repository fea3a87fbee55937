//! The database hangs under load with all its connections open, and goes on.

use std::time::Duration;

use tokio::{join, time::sleep};

use crate::{
    claims::Claim,
    cluster::Cluster,
    disturbances::Refusals,
    history::Exchange,
    plan::{Errand, Task},
    verdict,
    world::{PATIENT, World},
};

/// Long enough for the longest answer to come in the middle of it.
const FREEZE: Duration = Duration::from_secs(12);
/// No answer waits longer for the database; the rest is for a machine that is busy with this very test.
const LONGEST: Duration = Duration::from_secs(5 + 4);
/// Everything reserved has ended by then.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_database_that_hangs() {
    const CLAIMS: usize = 150;
    const PACE: Duration = Duration::from_millis(20);
    let cluster = Cluster::new().await;
    let claims = (0..CLAIMS)
        .map(|number| Claim::new(0, number, &format!("user-{number}")))
        .collect();
    let world = World::start(&cluster, "frozen", 2, PATIENT, claims).await;
    let errands = (0..CLAIMS).flat_map(|claim| {
        let key = format!("key-{claim}");
        let service = claim % 2;
        let tasks = [Task::Create { key, service }, Task::Retrieve { service }];
        let at = PACE * u32::try_from(claim).expect("a small number");
        tasks.map(|task| Errand { at, claim, task })
    });
    // In the middle of creates at every stage.
    let hang = async {
        sleep(PACE * 30).await;
        let frozen = cluster.freeze();
        sleep(FREEZE).await;
        drop(frozen);
    };
    join!(world.perform(errands.collect()), hang);

    let exchanges = world.client.history.exchanges();
    let is_unavailable = |exchange: &&Exchange| {
        let answer = exchange.answer.as_ref().ok();
        answer.is_some_and(|answer| answer.status == 503)
    };
    assert!(
        exchanges.iter().any(|exchange| is_unavailable(&exchange)),
        "the database was missed"
    );
    let slow = exchanges.iter().filter(|exchange| exchange.took > LONGEST);
    let mut complaints: Vec<String> = slow.map(|exchange| format!("slow: {exchange:?}")).collect();
    let settled = world.settles(SETTLE_LIMIT).await;
    complaints.extend(verdict::complaints(&world, settled, Refusals::default()).await);
    world.conclude("the database hung", &complaints);
}
