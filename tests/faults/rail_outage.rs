//! The rail goes away under load, and comes back.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    claims::Claim,
    cluster::Cluster,
    history::Exchange,
    plan::{Errand, Task},
    settings::Settings,
    verdict,
    world::{PATIENT, World},
};

/// 50 creates a second.
const PACE: Duration = Duration::from_millis(20);
/// By then the breaker has seen enough.
const BREAKER_OPENS: Duration = Duration::from_secs(2);

/// Everything reserved is finished so soon after the rail's return.
const FINISHED_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_reserved_is_finished_when_the_rail_is_back() {
    let outage = Settings::of_environment().outage;
    let creates = usize::try_from(outage.as_millis() / PACE.as_millis()).expect("a small number");
    let cluster = Cluster::new().await;
    let claims = (0..creates)
        .map(|number| Claim::new(0, number, &format!("user-{number}")))
        .collect();
    let world = World::start(&cluster, "outage", 2, PATIENT, claims).await;
    let away = world.rail.process.pause().await;
    let begin = Instant::now();
    let errand = |claim| Errand {
        at: PACE * u32::try_from(claim).expect("a small number"),
        claim,
        task: Task::Create {
            key: format!("key-{claim}"),
            service: claim % 2,
        },
    };
    world.perform((0..creates).map(errand).collect()).await;
    for metrics in &world.metrics {
        let metrics = world
            .client
            .http
            .get(format!("{metrics}/metrics"))
            .send()
            .await
            .expect("metrics");
        let metrics = metrics.text().await.expect("metrics");
        assert!(
            metrics.contains("vouch_rail_circuit{env=\"test\"} 2"),
            "the circuit is open:\n{metrics}"
        );
    }
    sleep(outage.saturating_sub(begin.elapsed())).await;
    drop(away);
    world.healthy().await;
    let back = Instant::now();
    let mut complaints = Vec::new();
    if !world.settles(FINISHED_WITHIN).await {
        let left = world.records.work_left().await;
        let ended = world.settles(6 * FINISHED_WITHIN).await;
        complaints.push(format!(
            "{left} of {creates} were left; after {:.1?} they had ended: {ended}",
            back.elapsed()
        ));
    }

    let exchanges = world.client.history.exchanges();
    let is_reserved = |exchange: &Exchange| {
        exchange
            .answer
            .as_ref()
            .is_some_and(|answer| answer.status == 502)
    };
    let others = exchanges.iter().filter(|exchange| !is_reserved(exchange));
    complaints.extend(others.map(|exchange| format!("not reserved: {exchange:?}")));
    let after_opening =
        usize::try_from(BREAKER_OPENS.as_millis() / PACE.as_millis()).expect("a small number");
    let slow = exchanges
        .iter()
        .skip(after_opening)
        .filter(|exchange| exchange.took > Duration::from_secs(1));
    complaints.extend(slow.map(|exchange| format!("slow: {exchange:?}")));
    complaints.extend(verdict::complaints(&world, false).await);
    world.conclude("the rail was away", &complaints);
}
