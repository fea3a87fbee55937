//! The jobs that settle swaps.

use std::time::Duration;

use vouch_domain::{
    customer::HolderChoice,
    money::Amount,
    ports::{SettlementJob, SettlementJobs},
    simulation::{Outcome, Simulation},
    swap::{Swap, SwapStep},
    tenant::{Env, Tenant},
};

use crate::{
    harness::{Adapter, World, contract},
    swaps::{advance, stored, stored_for},
};

contract![
    a_job_is_due_when_it_was_said_to_be,
    a_taken_job_is_held_and_given_again_after_its_lease,
    a_job_that_is_put_off_is_due_then,
    a_freed_job_is_tried_again_after_its_pause,
    who_lost_the_lease_gives_nothing_back,
    the_job_ends_with_the_swap,
    the_first_simulation_stands_and_is_due_at_once,
    a_simulation_takes_the_job_from_who_has_not_heard_of_it,
    no_deposit_is_simulated_after_its_time,
    jobs_of_all_organisations_of_one_env_are_due,
    no_more_are_taken_than_asked_for,
];

const LEASE: Duration = Duration::from_secs(100);
/// When the jobs of new swaps are due.
const DUE: Duration = Duration::from_secs(1_000);
/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(600);

async fn take(world: &World<impl Adapter>) -> Vec<SettlementJob> {
    let taken = world.store().take_due_swaps(Env::Test, LEASE, 100).await;
    taken.unwrap()
}

async fn take_one(world: &World<impl Adapter>) -> SettlementJob {
    let mut taken = take(world).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

async fn next_due(world: &World<impl Adapter>) -> Option<Duration> {
    world.store().next_due_swap(Env::Test).await.unwrap()
}

/// A swap whose job is due.
async fn due(world: &World<impl Adapter>) -> Swap {
    let swap = stored(world).await;
    world.adapter.advance(DUE).await;
    swap
}

async fn a_job_is_due_when_it_was_said_to_be(world: &World<impl Adapter>) {
    assert_eq!(next_due(world).await, None);
    let swap = stored(world).await;
    assert_eq!(take(world).await, []);
    let left = next_due(world).await.expect("a job");
    let slack = Duration::from_secs(60);
    assert!(left <= DUE && left + slack >= DUE, "{left:?}");
    world.adapter.advance(DUE).await;
    assert_eq!(next_due(world).await, Some(Duration::ZERO));
    let job = take_one(world).await;
    assert_eq!((job.tenant, &job.swap), (world.tenant, &swap));
    assert_eq!(job.simulation, None);
}

async fn a_taken_job_is_held_and_given_again_after_its_lease(world: &World<impl Adapter>) {
    let swap = due(world).await;
    let first = take_one(world).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(LEASE - Duration::from_secs(60)).await;
    assert_eq!(take(world).await, []);
    assert_eq!(next_due(world).await, None);
    world.adapter.advance(PATIENT).await;
    let second = take_one(world).await;
    assert_eq!(second.swap, swap);
    assert_ne!(second.lease, first.lease);
}

async fn a_job_that_is_put_off_is_due_then(world: &World<impl Adapter>) {
    due(world).await;
    for _ in 0..8 {
        let job = take_one(world).await;
        world.store().put_off_swap(&job, PATIENT).await.unwrap();
        assert_eq!(take(world).await, []);
        let left = next_due(world).await.expect("a job");
        assert!(left <= PATIENT, "{left:?}");
        world.adapter.advance(PATIENT).await;
    }
}

async fn a_freed_job_is_tried_again_after_its_pause(world: &World<impl Adapter>) {
    due(world).await;
    // The longest pause that an attempt is followed by.
    let longest = Duration::from_secs(32);
    for _ in 0..8 {
        let job = take_one(world).await;
        world.store().free_swap(&job).await.unwrap();
        let left = next_due(world).await.expect("a job");
        assert!(left <= longest, "{left:?}");
        world.adapter.advance(longest).await;
    }
    let job = take_one(world).await;
    world.store().free_swap(&job).await.unwrap();
    assert_eq!(take(world).await, [], "no pause after many attempts");
}

async fn who_lost_the_lease_gives_nothing_back(world: &World<impl Adapter>) {
    due(world).await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let new = take_one(world).await;
    world
        .store()
        .put_off_swap(&old, Duration::ZERO)
        .await
        .unwrap();
    world.store().free_swap(&old).await.unwrap();
    assert_eq!(take(world).await, []);
    world
        .store()
        .put_off_swap(&new, Duration::ZERO)
        .await
        .unwrap();
    take_one(world).await;
}

async fn the_job_ends_with_the_swap(world: &World<impl Adapter>) {
    let swap = due(world).await;
    let job = take_one(world).await;
    advance(world, &swap, SwapStep::Expire).await;
    world
        .store()
        .put_off_swap(&job, Duration::ZERO)
        .await
        .unwrap();
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
    assert_eq!(next_due(world).await, None);
}

async fn the_first_simulation_stands_and_is_due_at_once(world: &World<impl Adapter>) {
    let simulation = Simulation {
        outcome: Outcome::Failed,
        amount: Some(Amount::parse("12.5").unwrap()),
    };
    let other = Simulation {
        outcome: Outcome::Completed,
        amount: None,
    };
    let swap = stored(world).await;
    let simulate = async |tenant, simulation| {
        let stands = world
            .store()
            .simulate_swap(tenant, swap.id, simulation, swap.id.created_at())
            .await;
        stands.unwrap()
    };
    let stranger = world.new_tenant(Env::Test).await;
    assert_eq!(simulate(stranger, &simulation).await, None);
    assert_eq!(take(world).await, []);
    assert_eq!(simulate(world.tenant, &simulation).await, Some(simulation));
    assert_eq!(simulate(world.tenant, &other).await, Some(simulation));
    let job = take_one(world).await;
    assert_eq!(job.simulation, Some(simulation));
    advance(world, &swap, SwapStep::Expire).await;
    assert_eq!(simulate(world.tenant, &simulation).await, None);
}

async fn a_simulation_takes_the_job_from_who_has_not_heard_of_it(world: &World<impl Adapter>) {
    let swap = due(world).await;
    let old = take_one(world).await;
    let simulation = completed();
    let simulated =
        world
            .store()
            .simulate_swap(world.tenant, swap.id, &simulation, swap.id.created_at());
    assert_eq!(simulated.await.unwrap(), Some(simulation));
    // Who looked at the swap before has nothing to do yet, and says so.
    world.store().put_off_swap(&old, PATIENT).await.unwrap();
    let job = take_one(world).await;
    assert_eq!(job.simulation, Some(simulation));
    world.store().free_swap(&old).await.unwrap();
    assert_eq!(take(world).await, []);
}

async fn no_deposit_is_simulated_after_its_time(world: &World<impl Adapter>) {
    let simulate = async |swap: &Swap, at| {
        let stands = world
            .store()
            .simulate_swap(world.tenant, swap.id, &completed(), at)
            .await;
        stands.unwrap()
    };
    let (late, in_time) = (stored(world).await, stored(world).await);
    assert_eq!(simulate(&late, late.expires_at()).await, None);
    let last_moment = in_time.expires_at() - Duration::from_millis(1);
    let simulation = Some(completed());
    assert_eq!(simulate(&in_time, last_moment).await, simulation);
    // A deposit that has come has come in time.
    let received = SwapStep::ReceiveDeposit {
        received: late.order.amount,
    };
    advance(world, &late, received).await;
    assert_eq!(simulate(&late, late.expires_at()).await, simulation);
}

fn completed() -> Simulation {
    Simulation {
        outcome: Outcome::Completed,
        amount: None,
    }
}

async fn jobs_of_all_organisations_of_one_env_are_due(world: &World<impl Adapter>) {
    let stranger = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [world.tenant, stranger, live] {
        stored_for(world, tenant, HolderChoice::Primary).await;
    }
    world.adapter.advance(DUE).await;
    let mut tenants: Vec<_> = take(world)
        .await
        .iter()
        .map(|job| job.tenant.organisation)
        .collect();
    tenants.sort();
    let mut expected = [world.tenant.organisation, stranger.organisation];
    expected.sort();
    assert_eq!(tenants, expected);
    let of_live = world.store().take_due_swaps(Env::Live, LEASE, 100).await;
    assert_eq!(of_live.unwrap()[0].tenant, live);
}

async fn no_more_are_taken_than_asked_for(world: &World<impl Adapter>) {
    for _ in 0..3 {
        stored(world).await;
    }
    world.adapter.advance(DUE).await;
    for count in [2, 1, 0] {
        let taken = world.store().take_due_swaps(Env::Test, LEASE, 2).await;
        assert_eq!(taken.unwrap().len(), count);
    }
}
