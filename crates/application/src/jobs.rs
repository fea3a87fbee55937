//! The one loop of everything that works on jobs: taking what is due under a lease, working on it, and giving it back.
//!
//! A job that hangs takes its own place and no other: the next one is taken as soon as there is room, and whoever calls is
//! heard while jobs are in hand.

use std::{pin::pin, time::Duration};

use async_trait::async_trait;
use futures_util::{
    StreamExt,
    future::{BoxFuture, join},
    stream::FuturesUnordered,
};
use tokio::time::{Instant, sleep_until};
use vouch_domain::{ports::StoreError, tenant::Env};

use crate::{
    background::{Calls, Wake},
    lines::Lines,
};

/// How long to wait at least before the store is asked for what it has just not had: a job may be due that another
/// process is just taking, and many jobs that end at once lead to one question.
const BREATH: Duration = Duration::from_millis(20);

/// What a job that was worked on says of those that are still due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward {
    /// Nothing.
    GoOn,
    /// They would fare no better: they are left until the period is over, or somebody calls.
    Pause,
}

/// A kind of work, of which the store keeps the jobs and shares them among processes by leases.
#[async_trait]
pub trait Work: Send + Sync {
    /// What the jobs of an env are worked on with, a rail or a provider.
    type Line: Sync;
    /// A job, taken under a lease.
    type Job: Send;

    /// What is taken, for the log.
    const JOBS: &'static str;
    /// How many jobs of an env are in hand at once. At least one.
    const AT_ONCE: u8;
    /// How often the store is asked when nothing in this process calls for it: what other processes left, and leases that
    /// ran out, show only there.
    const PERIOD: Duration = Duration::from_secs(1);

    /// Wakes and stops it.
    fn wake(&self) -> &Wake;

    /// The line of each env. Without one the jobs of an env are not taken.
    fn lines(&self) -> &Lines<Self::Line>;

    /// Takes jobs of an env that are due, at most `room`, under a lease.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say what is due.
    async fn take(
        &self,
        env: Env,
        line: &Self::Line,
        room: u8,
    ) -> Result<Vec<Self::Job>, StoreError>;

    /// Works on a job, and ends it or gives it back. `leased_since` is before the lease was asked for: by our clock the
    /// lease lasts no longer than from there.
    async fn work_on(&self, line: &Self::Line, job: Self::Job, leased_since: Instant) -> Onward;

    /// In how long the next job of an env is due that nobody holds: nothing when there is none, or when that is found
    /// soon enough every period.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say; then it is asked after the period.
    async fn next_due(&self, _env: Env) -> Result<Option<Duration>, StoreError> {
        Ok(None)
    }

    /// Works until it is stopped, and finishes what it has taken by then. On each env by itself: one line's trouble does
    /// not hold up the other's jobs.
    async fn run(&self) {
        join(serve(self, Env::Test), serve(self, Env::Live)).await;
    }

    /// Takes what is due in one env and works on it, until nothing more is due, a job says to pause, or it is stopped.
    /// Answers how many jobs it took.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not say what is due; what was taken before is finished all the same.
    async fn pass(&self, env: Env) -> Result<usize, StoreError> {
        let Some(line) = self.lines().of(env) else {
            return Ok(0);
        };
        let mut hands = Hands::new(self, env, line);
        let mut taken = Ok(0);
        while let Ok(so_far) = taken {
            if !hands.may_take() {
                break;
            }
            taken = hands.take().await.map(|more| so_far + more);
            if !hands.put_down_one().await {
                break;
            }
        }
        hands.finish().await;
        taken
    }
}

async fn serve<W: Work + ?Sized>(work: &W, env: Env) {
    let mut calls = work.wake().listen();
    let Some(line) = work.lines().of(env) else {
        return calls.stopped().await;
    };
    let mut hands = Hands::new(work, env, line);
    while !work.wake().is_stopped() {
        let again = hands.ask().await;
        hands.work_until(again, &mut calls).await;
    }
    hands.finish().await;
}

/// When to ask the store again.
struct Again {
    /// At the latest.
    due: Instant,
    /// So long after a job has ended: it made room, and may be due again itself.
    breath: Duration,
}

/// Who works on the jobs of one env.
struct Hands<'a, W: Work + ?Sized> {
    work: &'a W,
    env: Env,
    line: &'a W::Line,
    in_hand: FuturesUnordered<BoxFuture<'a, Onward>>,
    /// When the first job ended since the store was last asked.
    ended: Option<Instant>,
    /// When a job last said to pause since then.
    paused: Option<Instant>,
}

impl<'a, W: Work + ?Sized> Hands<'a, W> {
    fn new(work: &'a W, env: Env, line: &'a W::Line) -> Self {
        Self {
            work,
            env,
            line,
            in_hand: FuturesUnordered::new(),
            ended: None,
            paused: None,
        }
    }

    fn room(&self) -> u8 {
        let in_hand = u8::try_from(self.in_hand.len()).unwrap_or(u8::MAX);
        W::AT_ONCE.saturating_sub(in_hand)
    }

    fn may_take(&self) -> bool {
        self.paused.is_none() && !self.work.wake().is_stopped()
    }

    /// Takes what is due, as much as there is room for. Answers how many jobs it took.
    async fn take(&mut self) -> Result<usize, StoreError> {
        (self.ended, self.paused) = (None, None);
        let leased_since = Instant::now();
        let asked = self.work.take(self.env, self.line, self.room());
        let jobs = self.meanwhile(asked).await?;
        let taken = jobs.len();
        let (work, line) = (self.work, self.line);
        self.in_hand.extend(
            jobs.into_iter()
                .map(|job| work.work_on(line, job, leased_since)),
        );
        Ok(taken)
    }

    /// Takes what is due, and says when to ask again.
    async fn ask(&mut self) -> Again {
        let room = usize::from(self.room());
        let (pause, breath) = match self.take().await {
            // There may be more.
            Ok(taken) if taken == room => (W::PERIOD, Duration::ZERO),
            Ok(_) => (self.pause().await, BREATH),
            Err(error) => {
                let env = self.env.as_str();
                tracing::warn!(env, jobs = W::JOBS, %error, "what is due could not be taken");
                (W::PERIOD, BREATH)
            }
        };
        Again {
            due: Instant::now() + pause,
            breath,
        }
    }

    /// Until the next job is due.
    async fn pause(&mut self) -> Duration {
        let asked = self.work.next_due(self.env);
        let next_due = self.meanwhile(asked).await.ok().flatten();
        next_due.unwrap_or(W::PERIOD).clamp(BREATH, W::PERIOD)
    }

    /// Works on what is in hand until it is time to ask again and there is room, or somebody calls.
    async fn work_until(&mut self, again: Again, calls: &mut Calls) {
        loop {
            if self.room() == 0 {
                self.put_down_one().await;
                continue;
            }
            tokio::select! {
                () = calls.next() => return,
                () = sleep_until(self.due(&again)) => return,
                Some(said) = self.in_hand.next() => self.put_down(said),
            }
        }
    }

    fn due(&self, again: &Again) -> Instant {
        match (self.paused, self.ended) {
            (Some(paused), _) => paused + W::PERIOD,
            (None, Some(ended)) => again.due.min(ended + again.breath),
            (None, None) => again.due,
        }
    }

    /// Waits for the end of a job. Answers false, at once, when none is in hand.
    async fn put_down_one(&mut self) -> bool {
        let said = self.in_hand.next().await;
        said.inspect(|said| self.put_down(*said)).is_some()
    }

    fn put_down(&mut self, said: Onward) {
        let now = Instant::now();
        self.ended.get_or_insert(now);
        if said == Onward::Pause {
            self.paused = Some(now);
        }
    }

    /// Waits for the store's answer while the work goes on: left alone, it would hold the connections that the answer
    /// needs.
    async fn meanwhile<Answer>(&mut self, asked: impl Future<Output = Answer>) -> Answer {
        let mut asked = pin!(asked);
        loop {
            tokio::select! {
                answer = &mut asked => return answer,
                Some(said) = self.in_hand.next() => self.put_down(said),
            }
        }
    }

    async fn finish(&mut self) {
        while self.put_down_one().await {}
    }
}
