//! Ids rise, whatever the clock does.

use std::{sync::Arc, time::Duration};

use vouch_application::ids::IdMint;
use vouch_domain::{id::CustomerId, ports::Clock};
use vouch_testkit::FixedClock;

#[test]
fn ids_of_one_millisecond_rise() {
    let clock = FixedClock::new();
    let mint = IdMint::new(Arc::clone(&clock) as _);
    let ids: Vec<CustomerId> = (0..1000).map(|_| mint.mint()).collect();
    assert!(ids.is_sorted_by(|earlier, later| earlier < later));
    assert!(ids.iter().all(|id| id.created_at() == clock.now()));
}

#[test]
fn an_id_shows_the_millisecond_of_its_making() {
    let clock = FixedClock::new();
    let mint = IdMint::new(Arc::clone(&clock) as _);
    let first: CustomerId = mint.mint();
    clock.advance(Duration::from_millis(1));
    let second: CustomerId = mint.mint();
    assert!(first < second);
    assert_eq!(second.created_at(), clock.now());
}
