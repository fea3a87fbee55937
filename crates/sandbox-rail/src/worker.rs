//! Does what is due: reviews, decisions, activations, completions and deliveries.

use std::time::Duration;

use actix_web::web::Data;
use chrono::{DateTime, Utc};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    kyc::verification,
    money::{account, payout},
    refusal::Refusal,
    schedule::Task,
    server::Rail,
    webhook::sender,
};

/// The longest wait without a look at the clock.
const IDLE: Duration = Duration::from_secs(60);

/// Runs until it is dropped, and so are then the tasks under way; they come back at the next start.
pub(crate) async fn run(rail: Data<Rail>) {
    let mut running = JoinSet::new();
    loop {
        let (due, next) = rail.store.take_due(rail.now());
        for task in due {
            running.spawn(perform(rail.clone(), task));
        }
        while running.try_join_next().is_some() {}
        tokio::select! {
            () = rail.store.changed() => {}
            () = sleep(pause(rail.now(), next)) => {}
        }
    }
}

fn pause(now: DateTime<Utc>, next: Option<DateTime<Utc>>) -> Duration {
    let until = next.map(|next| (next - now).to_std().unwrap_or_default());
    until.unwrap_or(IDLE).min(IDLE)
}

async fn perform(rail: Data<Rail>, task: Task) {
    if let Err(refusal) = carry_out(&rail, task).await {
        tracing::error!(%refusal, ?task, "the sandbox rail left undone what was due");
    }
}

async fn carry_out(rail: &Rail, task: Task) -> Result<(), Refusal> {
    let now = rail.now();
    match task {
        Task::Begin(id) => {
            let begin = |state: &_| Ok(((), verification::begin_due(state, id, rail.pace, now)));
            rail.store.change(begin).await
        }
        Task::Decide(id) => {
            let decide = |state: &_| Ok(((), verification::decide(state, id, now)));
            rail.store.change(decide).await
        }
        Task::Activate(id) => {
            let activate = |state: &_| Ok(((), account::activate(state, id, now)));
            rail.store.change(activate).await
        }
        Task::Complete(id) => {
            let complete = |state: &_| Ok(((), payout::complete(state, id, now)));
            rail.store.change(complete).await
        }
        Task::Deliver(id) => sender::deliver(rail, id).await,
    }
}
