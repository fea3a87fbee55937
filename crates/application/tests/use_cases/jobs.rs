//! The loop of everything that works on jobs, on jobs that end when the test says so.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::Notify,
    task::{JoinHandle, yield_now},
    time::{Instant, sleep, sleep_until, timeout},
};
use vouch_application::{
    background::Wake,
    jobs::{Onward, Work},
    lines::Lines,
};
use vouch_domain::{ports::StoreError, tenant::Env};

const AT_ONCE: u8 = 3;
const PERIOD: Duration = Duration::from_secs(5);
/// Longer than the loop takes breath.
const SHORT: Duration = Duration::from_millis(100);

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Ends after so long.
    Take(Duration),
    /// Ends when the test says so.
    Hang,
    /// Ends at once, and says that the others would fare no better.
    Fail,
}

const QUICK: Act = Act::Take(Duration::ZERO);

#[derive(Default)]
struct Store {
    /// When each is due, and what it does.
    jobs: Vec<(Instant, Act)>,
    /// When each was taken.
    taken: Vec<Instant>,
    /// How many have ended.
    ended: usize,
    asked: usize,
    fails: bool,
}

/// Jobs of the test env alone, and what was done with them.
#[derive(Clone, Default)]
struct Toy {
    store: Arc<Mutex<Store>>,
    wake: Wake,
    release: Arc<Notify>,
    /// How long the store takes to answer.
    answers_after: Duration,
    /// From the second question on, the store answers only when a job has ended.
    waits_for_work: bool,
}

impl Toy {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let toy = Self::default();
        acts.into_iter()
            .for_each(|act| toy.add(act, Duration::ZERO));
        toy
    }

    /// Another process leaves a job: nobody is called.
    fn add(&self, act: Act, due_in: Duration) {
        let job = (Instant::now() + due_in, act);
        self.store.lock().unwrap().jobs.push(job);
    }

    fn start(&self) -> JoinHandle<()> {
        let toy = self.clone();
        tokio::spawn(async move { toy.run().await })
    }

    fn fail(&self, fails: bool) {
        self.store.lock().unwrap().fails = fails;
    }

    fn asked(&self) -> usize {
        self.store.lock().unwrap().asked
    }

    fn taken(&self) -> usize {
        self.store.lock().unwrap().taken.len()
    }

    fn last_taken(&self) -> Instant {
        *self.store.lock().unwrap().taken.last().unwrap()
    }

    fn ended(&self) -> usize {
        self.store.lock().unwrap().ended
    }

    fn take_due(&self, now: Instant, room: usize) -> Result<Vec<Act>, StoreError> {
        let mut store = self.store.lock().unwrap();
        if store.fails {
            return Err(StoreError::Unavailable("down".to_owned()));
        }
        let mut due = Vec::new();
        store.jobs.retain(|(at, act)| {
            let is_taken = *at <= now && due.len() < room;
            if is_taken {
                due.push(*act);
            }
            !is_taken
        });
        store.taken.extend(due.iter().map(|_| now));
        Ok(due)
    }
}

/// Lets everything go on that need not wait for time to pass.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[async_trait]
impl Work for Toy {
    type Line = ();
    type Job = Act;

    const JOBS: &'static str = "toys";
    const AT_ONCE: u8 = AT_ONCE;
    const PERIOD: Duration = PERIOD;

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn lines(&self) -> &Lines<()> {
        &Lines {
            test: Some(()),
            live: None,
        }
    }

    async fn take(&self, _: Env, (): &(), room: u8) -> Result<Vec<Act>, StoreError> {
        assert_ne!(room, 0, "asked without room");
        self.store.lock().unwrap().asked += 1;
        if self.waits_for_work && self.taken() > 0 {
            while self.ended() == 0 {
                sleep(SHORT).await;
            }
        }
        let now = Instant::now();
        let due = self.take_due(now, usize::from(room))?;
        sleep_until(now + self.answers_after).await;
        Ok(due)
    }

    async fn next_due(&self, _: Env) -> Result<Option<Duration>, StoreError> {
        let store = self.store.lock().unwrap();
        let next = store.jobs.iter().map(|(due, _)| *due).min();
        Ok(next.map(|due| due - Instant::now()))
    }

    async fn work_on(&self, (): &(), act: Act, leased_since: Instant) -> Onward {
        assert!(leased_since <= Instant::now());
        let said = match act {
            Act::Take(time) => {
                sleep_until(Instant::now() + time).await;
                Onward::GoOn
            }
            Act::Hang => {
                self.release.notified().await;
                Onward::GoOn
            }
            Act::Fail => Onward::Pause,
        };
        self.store.lock().unwrap().ended += 1;
        said
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_hangs_takes_no_place_but_its_own() {
    let toy = Toy::new([Act::Hang]);
    for _ in 0..50 {
        toy.add(Act::Take(SHORT), Duration::ZERO);
    }
    let running = toy.start();
    sleep(SHORT * 26).await;
    assert_eq!((toy.taken(), toy.ended()), (51, 50));
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_call_is_heard_while_a_job_hangs() {
    let toy = Toy::new([Act::Hang]);
    let running = toy.start();
    settle().await;
    let called = Instant::now();
    toy.add(QUICK, Duration::ZERO);
    toy.wake.wake();
    settle().await;
    assert_eq!((toy.taken(), toy.ended()), (2, 1));
    assert_eq!(toy.last_taken(), called);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_call_is_heard_while_the_store_is_asked_though_somebody_else_hears_it_too() {
    let toy = Toy {
        answers_after: SHORT,
        ..Toy::default()
    };
    let other = Toy {
        wake: toy.wake.clone(),
        ..Toy::default()
    };
    let (running, beside) = (toy.start(), other.start());
    sleep(SHORT / 2).await;
    let answered = Instant::now() + SHORT / 2;
    toy.add(QUICK, Duration::ZERO);
    toy.wake.wake();
    sleep(SHORT * 2).await;
    assert_eq!(toy.last_taken(), answered);
    running.abort();
    beside.abort();
}

#[tokio::test(start_paused = true)]
async fn what_becomes_due_is_taken_then_though_a_job_hangs() {
    let toy = Toy::new([Act::Hang]);
    let due = Instant::now() + SHORT;
    toy.add(QUICK, SHORT);
    let running = toy.start();
    sleep(PERIOD).await;
    assert_eq!(toy.ended(), 1);
    let late = toy.last_taken() - due;
    assert!(late < Duration::from_millis(5), "{late:?}");
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn what_others_leave_is_found_within_the_period() {
    let toy = Toy::new([Act::Hang]);
    let running = toy.start();
    sleep(SHORT).await;
    toy.add(QUICK, Duration::ZERO);
    sleep(PERIOD).await;
    assert_eq!(toy.ended(), 1);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn the_store_is_asked_once_a_period_when_nothing_happens() {
    let toy = Toy::default();
    let running = toy.start();
    sleep(PERIOD * 10 + SHORT).await;
    assert_eq!(toy.asked(), 11);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn jobs_that_end_together_lead_to_one_question() {
    let times = [30, 31, 32].map(Duration::from_millis);
    let toy = Toy::new(times[..2].iter().copied().map(Act::Take));
    let running = toy.start();
    settle().await;
    assert_eq!(toy.asked(), 1, "it came back short");
    sleep(SHORT).await;
    assert_eq!((toy.ended(), toy.asked()), (2, 2));
    running.abort();

    let full = Toy::new(times.map(Act::Take));
    full.add(QUICK, Duration::ZERO);
    let running = full.start();
    settle().await;
    assert_eq!(full.asked(), 1, "there is no room");
    sleep(times[0]).await;
    settle().await;
    assert_eq!(
        (full.ended(), full.taken()),
        (2, 4),
        "as soon as there is room"
    );
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn what_is_due_again_as_it_ends_is_found_soon() {
    let toy = Toy::new([Act::Hang]);
    let running = toy.start();
    sleep(SHORT).await;
    let ended = Instant::now();
    // Somebody called for it while it was in hand.
    toy.add(QUICK, Duration::ZERO);
    toy.release.notify_waiters();
    sleep(SHORT).await;
    assert_eq!(toy.ended(), 2);
    assert!(toy.last_taken() - ended < SHORT);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_job_that_says_so_leaves_the_others_for_a_period_or_until_somebody_calls() {
    let toy = Toy::new([Act::Fail, Act::Hang, Act::Hang]);
    toy.add(QUICK, Duration::ZERO);
    let running = toy.start();
    sleep(PERIOD - SHORT).await;
    assert_eq!(toy.taken(), 3);
    sleep(SHORT * 2).await;
    assert_eq!(toy.taken(), 4);
    toy.add(Act::Fail, Duration::ZERO);
    toy.wake.wake();
    settle().await;
    toy.add(QUICK, Duration::ZERO);
    sleep(SHORT).await;
    assert_eq!(toy.taken(), 5);
    toy.wake.wake();
    settle().await;
    assert_eq!(toy.taken(), 6);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn the_store_is_waited_for_while_the_work_goes_on() {
    let toy = Toy {
        waits_for_work: true,
        ..Toy::new([Act::Take(SHORT)])
    };
    let running = toy.start();
    settle().await;
    toy.add(QUICK, Duration::ZERO);
    // It answers when the first has ended, and that goes on meanwhile.
    toy.wake.wake();
    sleep(SHORT * 3).await;
    assert_eq!(toy.ended(), 2);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_asked_again_every_period() {
    let toy = Toy::new([Act::Hang]);
    let running = toy.start();
    sleep(SHORT).await;
    toy.fail(true);
    toy.add(QUICK, Duration::ZERO);
    let asked = toy.asked();
    sleep(PERIOD * 3).await;
    assert_eq!((toy.taken(), toy.asked() - asked), (1, 3));
    toy.release.notify_waiters();
    settle().await;
    assert_eq!(toy.ended(), 1, "what is in hand goes on");
    toy.fail(false);
    sleep(PERIOD).await;
    assert_eq!(toy.ended(), 2);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn what_is_in_hand_is_finished_when_it_is_stopped_and_nothing_more_is_taken() {
    for in_hand in [1, 3] {
        let toy = Toy::new(vec![Act::Hang; in_hand]);
        let running = toy.start();
        settle().await;
        toy.add(QUICK, Duration::ZERO);
        toy.wake.stop();
        sleep(PERIOD * 2).await;
        assert!(!running.is_finished());
        toy.release.notify_waiters();
        timeout(SHORT, running).await.unwrap().unwrap();
        assert_eq!((toy.taken(), toy.ended()), (in_hand, in_hand));
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_one_stops_at_once() {
    let toy = Toy::default();
    let running = toy.start();
    settle().await;
    toy.wake.stop();
    settle().await;
    assert!(running.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_pass_takes_all_that_is_due_and_finishes_it() {
    let toy = Toy::new(vec![Act::Take(SHORT); 10]);
    toy.add(QUICK, PERIOD);
    assert_eq!(toy.pass(Env::Live).await, Ok(0));
    assert_eq!(toy.pass(Env::Test).await, Ok(10));
    assert_eq!(toy.ended(), 10);
    let failing = Toy::new([Act::Fail, Act::Take(SHORT), Act::Take(SHORT), Act::Hang]);
    assert_eq!(failing.pass(Env::Test).await, Ok(3));
    assert_eq!(failing.ended(), 3);
}
