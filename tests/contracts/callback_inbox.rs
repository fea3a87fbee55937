//! What the rail has called about.

use std::time::Duration;

use vouch_domain::{
    ports::{CallbackInbox, KeptCallback, Retention},
    tenant::Env,
};

use crate::harness::{Adapter, World, contract};

contract![
    a_callback_is_kept_once_per_env,
    a_kept_callback_is_taken_as_it_came,
    an_ended_callback_is_over_and_still_known,
    a_taken_callback_is_held_and_given_again_after_its_lease,
    a_freed_callback_is_tried_again_later,
    who_lost_the_lease_changes_nothing,
    what_nobody_is_concerned_by_is_given_up_in_the_end,
    no_more_are_taken_than_asked_for,
    ended_callbacks_are_forgotten_when_they_are_old_enough,
];

const LEASE: Duration = Duration::from_secs(100);
/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(600);
const AGE: Duration = Duration::from_secs(86_400);

async fn keep(world: &World<impl Adapter>, env: Env, body: &str) -> bool {
    let kept = world.store().keep_callback(env, body.as_bytes()).await;
    kept.unwrap()
}

async fn take(world: &World<impl Adapter>) -> Vec<KeptCallback> {
    let taken = world
        .store()
        .take_due_callbacks(Env::Test, LEASE, 100)
        .await;
    taken.unwrap()
}

async fn take_one(world: &World<impl Adapter>) -> KeptCallback {
    let mut taken = take(world).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

async fn end(world: &World<impl Adapter>, callback: &KeptCallback) {
    world.store().end_callback(callback).await.unwrap();
}

async fn free(world: &World<impl Adapter>, callback: &KeptCallback) {
    world.store().free_callback(callback).await.unwrap();
}

async fn a_callback_is_kept_once_per_env(world: &World<impl Adapter>) {
    assert!(keep(world, Env::Test, "{}").await);
    assert!(!keep(world, Env::Test, "{}").await);
    assert!(keep(world, Env::Test, "{ }").await);
    assert!(keep(world, Env::Live, "{}").await);
    assert_eq!(take(world).await.len(), 2);
}

async fn a_kept_callback_is_taken_as_it_came(world: &World<impl Adapter>) {
    let body = "{\"id\":\"é\"}\n";
    keep(world, Env::Test, body).await;
    let taken = take_one(world).await;
    assert_eq!((taken.env, taken.body), (Env::Test, body.into()));
}

async fn an_ended_callback_is_over_and_still_known(world: &World<impl Adapter>) {
    keep(world, Env::Test, "{}").await;
    let taken = take_one(world).await;
    end(world, &taken).await;
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
    assert!(!keep(world, Env::Test, "{}").await);
    assert_eq!(take(world).await, []);
}

async fn a_taken_callback_is_held_and_given_again_after_its_lease(world: &World<impl Adapter>) {
    keep(world, Env::Test, "{}").await;
    let first = take_one(world).await;
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let second = take_one(world).await;
    assert_eq!(second.digest, first.digest);
    assert_ne!(second.lease, first.lease);
}

async fn a_freed_callback_is_tried_again_later(world: &World<impl Adapter>) {
    keep(world, Env::Test, "{}").await;
    for _ in 0..6 {
        let taken = take_one(world).await;
        free(world, &taken).await;
        world.adapter.advance(PATIENT).await;
    }
    let taken = take_one(world).await;
    free(world, &taken).await;
    assert_eq!(take(world).await, []);
}

async fn who_lost_the_lease_changes_nothing(world: &World<impl Adapter>) {
    keep(world, Env::Test, "{}").await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    take_one(world).await;
    end(world, &old).await;
    free(world, &old).await;
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    take_one(world).await;
}

async fn what_nobody_is_concerned_by_is_given_up_in_the_end(world: &World<impl Adapter>) {
    let give_up = async |most| {
        let given_up = world.store().give_up_callbacks(Env::Test, AGE, most).await;
        given_up.unwrap()
    };
    for body in ["1", "2", "3", "4"] {
        keep(world, Env::Test, body).await;
        world.adapter.advance(Duration::from_secs(60)).await;
    }
    assert_eq!(give_up(0).await, 0, "before anybody tried");
    let taken = take(world).await;
    assert_eq!(give_up(0).await, 0, "while somebody tries");
    for callback in &taken {
        free(world, callback).await;
    }
    assert_eq!(give_up(4).await, 0);
    assert_eq!(give_up(3).await, 1, "the oldest");
    world.adapter.advance(PATIENT).await;
    let left = take(world).await;
    let mut bodies: Vec<_> = left.iter().map(|left| left.body.clone()).collect();
    bodies.sort();
    assert_eq!(bodies, [b"2", b"3", b"4"]);
    for callback in &left {
        free(world, callback).await;
    }
    world.adapter.advance(AGE).await;
    keep(world, Env::Test, "5").await;
    assert_eq!(give_up(10).await, 3, "all that are old");
    assert_eq!(take_one(world).await.body, b"5");
    assert!(!keep(world, Env::Test, "1").await);
}

async fn no_more_are_taken_than_asked_for(world: &World<impl Adapter>) {
    for body in ["1", "2", "3"] {
        keep(world, Env::Test, body).await;
    }
    for count in [2, 1, 0] {
        let taken = world.store().take_due_callbacks(Env::Test, LEASE, 2).await;
        assert_eq!(taken.unwrap().len(), count);
    }
}

async fn ended_callbacks_are_forgotten_when_they_are_old_enough(world: &World<impl Adapter>) {
    for body in ["1", "2", "3"] {
        keep(world, Env::Test, body).await;
    }
    let taken = take(world).await;
    end(world, &taken[0]).await;
    end(world, &taken[1]).await;
    let purge = async |limit| world.store().purge_callbacks(AGE, limit).await.unwrap();
    world.adapter.advance(AGE - Duration::from_secs(60)).await;
    assert_eq!(purge(100).await, 0);
    world.adapter.advance(Duration::from_secs(61)).await;
    assert_eq!(purge(1).await, 1);
    assert_eq!(purge(100).await, 1);
    assert_eq!(take_one(world).await.digest, taken[2].digest);
}
