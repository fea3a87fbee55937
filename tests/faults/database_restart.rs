//! The database goes away under load, and comes back.

use std::time::Duration;

use tokio::{join, time::sleep};

use crate::{
    answer::Answer,
    claims::Claim,
    cluster::{Cluster, Ending},
    disturbances::Refusals,
    patience::within,
    plan::{Errand, Task},
    verdict,
    world::{PATIENT, World},
};

/// Connections are opened anew by then.
const HEAL_LIMIT: Duration = Duration::from_secs(20);
/// Everything reserved has ended by then.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_outlive_their_database() {
    const CLAIMS: usize = 120;
    const PACE: Duration = Duration::from_millis(20);
    let mut cluster = Cluster::new().await;
    let claims = (0..=CLAIMS)
        .map(|number| Claim::new(0, number, &format!("user-{number}")))
        .collect();
    let world = World::start(&cluster, "restarted", 2, PATIENT, claims).await;
    let errands = (0..CLAIMS).flat_map(|claim| {
        let key = format!("key-{claim}");
        let tasks = [
            Task::Create {
                key,
                service: claim % 2,
            },
            Task::Retrieve { service: claim % 2 },
        ];
        let at = PACE * u32::try_from(claim).expect("a small number");
        tasks.map(|task| Errand { at, claim, task })
    });
    let restart = async {
        sleep(PACE * 30).await;
        cluster.restart(Ending::Immediate).await;
    };
    join!(world.perform(errands.collect()), restart);

    let exchanges = world.client.history.exchanges();
    let answers: Vec<&Answer> = exchanges
        .iter()
        .filter_map(|exchange| exchange.answer.as_ref().ok())
        .collect();
    assert_eq!(answers.len(), exchanges.len(), "every request is answered");
    let troubled = answers.iter().filter(|answer| answer.status == 503).count();
    assert!(troubled > 0, "the restart was noticed");
    // 502: on a machine that stands still for long enough, the rail has not answered in time.
    let others = answers
        .iter()
        .find(|answer| ![200, 201, 404, 502, 503].contains(&answer.status));
    assert!(others.is_none(), "{others:?}");

    let healed = within(HEAL_LIMIT, async || {
        let answer = world.client.create(0, CLAIMS, "afterwards").await;
        answer.filter(|answer| answer.status != 503)
    });
    assert_eq!(healed.await.expect("a healed pool").status, 201);
    let settled = world.settles(SETTLE_LIMIT).await;
    assert!(
        world.services.iter().all(|service| service.starts() == 1),
        "no service was restarted"
    );
    let complaints = verdict::complaints(&world, settled, Refusals::default()).await;
    world.conclude("the database was restarted", &complaints);
}
