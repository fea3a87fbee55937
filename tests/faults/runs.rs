//! The seeded runs.

use std::time::{Duration, Instant};

use crate::{
    books::Theirs,
    cluster::Cluster,
    disturbances::Refusals,
    plan::Plan,
    settings::Settings,
    verdict,
    world::{IMPATIENT, World},
};

/// Everything left open must have ended by then: the longest pauses between attempts are within it.
const SETTLE_LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_orphaned() {
    let Settings {
        seed,
        runs,
        operations,
        ..
    } = Settings::of_environment();
    let mut cluster = Cluster::new().await;
    for seed in seed..seed + runs {
        run(&mut cluster, seed, operations).await;
    }
}

async fn run(cluster: &mut Cluster, seed: u64, operations: usize) {
    let plan = Plan::new(seed, operations);
    let refusals = Refusals::of(&plan.script);
    let world = World::start(
        cluster,
        "run",
        plan.services,
        IMPATIENT,
        plan.claims.clone(),
    )
    .await
    .wanting(plan.orders.clone());
    let begin = Instant::now();
    world.run(cluster, seed, plan).await;
    let troubled = begin.elapsed();
    let settled = world.settles(SETTLE_LIMIT).await;
    let settled_in = begin.elapsed() - troubled;
    let answers = world.client.history.census();
    let complaints = verdict::complaints(&world, settled, refusals).await;
    let kills: usize = world.services.iter().map(|service| service.kills()).sum();
    let crashes: usize = world.services.iter().map(|service| service.crashes()).sum();
    eprintln!(
        "seed {seed}: {answers}; {} services, {kills} kills ({crashes} at a step), {}, trouble for {troubled:.1?}, \
         settled in {settled_in:.1?}, {} complaints",
        world.services.len(),
        at_the_rail(&world).await,
        complaints.len()
    );
    world.conclude(
        &format!("VOUCH_FAULTS_SEED={seed} VOUCH_FAULTS_RUNS=1 fails"),
        &complaints,
    );
}

/// What a run has brought to the rail, in figures.
async fn at_the_rail(world: &World) -> String {
    let Theirs {
        customers,
        payouts,
        accounts,
        submissions,
        deliveries,
    } = Theirs::read(&world.rail).await;
    let attempts: u64 = deliveries
        .iter()
        .filter_map(|delivery| delivery["attempts"].as_u64())
        .sum();
    format!(
        "at the rail {} customers, {} reviews, {} accounts, {} payouts, {} callbacks in {attempts} attempts",
        customers.len(),
        submissions.len(),
        accounts.len(),
        payouts.len(),
        deliveries.len()
    )
}
