//! The rail goes away under load, and comes back.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    claims::Claim,
    cluster::Cluster,
    disturbances::Refusals,
    history::Exchange,
    patience::within,
    plan::{Errand, Task},
    settings::Settings,
    verdict,
    world::{PATIENT, World},
};

/// 50 creates a second.
const PACE: Duration = Duration::from_millis(20);
/// By then the breaker has seen enough.
const BREAKER_OPENS: Duration = Duration::from_secs(2);

/// A probe that finds the rail away has ended by then.
const CIRCUIT_LIMIT: Duration = Duration::from_secs(10);
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
        // Half open for the moment that a probe takes.
        let open = within(CIRCUIT_LIMIT, async || {
            is_circuit_open(&world, metrics).await.then_some(())
        });
        open.await.expect("an open circuit");
    }
    sleep(outage.saturating_sub(begin.elapsed())).await;
    drop(away);
    world.healthy().await;
    let settled = world.settles(FINISHED_WITHIN).await;

    let exchanges = world.client.history.exchanges();
    let is_reserved = |exchange: &Exchange| {
        exchange
            .answer
            .as_ref()
            .is_ok_and(|answer| answer.status == 502)
    };
    let others = exchanges.iter().filter(|exchange| !is_reserved(exchange));
    let mut complaints: Vec<String> = others
        .map(|exchange| format!("not reserved: {exchange:?}"))
        .collect();
    let after_opening =
        usize::try_from(BREAKER_OPENS.as_millis() / PACE.as_millis()).expect("a small number");
    let slow: Vec<_> = exchanges
        .iter()
        .skip(after_opening)
        .filter(|exchange| exchange.took >= PATIENT.create())
        .collect();
    // Nobody waits for the rail any more. A machine that stands still for a moment is not the breaker's fault.
    if slow.len() > creates / 20 {
        complaints.push(format!("{} slow ones: {:?}", slow.len(), slow[0]));
    }
    complaints.extend(verdict::complaints(&world, settled, Refusals::default()).await);
    world.conclude("the rail was away", &complaints);
}

async fn is_circuit_open(world: &World, metrics: &str) -> bool {
    let request = world.client.http.get(format!("{metrics}/metrics"));
    let metrics = request.send().await.expect("metrics");
    let metrics = metrics.text().await.expect("metrics");
    metrics.contains("vouch_rail_circuit{env=\"test\"} 2")
}
