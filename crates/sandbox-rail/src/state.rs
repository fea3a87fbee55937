//! Everything the rail knows, in memory.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    customers::Customers,
    kyc::{file::File, submission::Submission},
    money::{account::Account, payouts::Payouts},
    record::Record,
    schedule::{Schedule, Task},
    table::Table,
    webhook::{delivery::Delivery, registration::Registration},
};

/// The records and what is due.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) customers: Customers,
    pub(crate) files: Table<File>,
    pub(crate) submissions: Table<Submission>,
    pub(crate) accounts: Table<Account>,
    pub(crate) payouts: Payouts,
    pub(crate) registration: Option<Registration>,
    pub(crate) deliveries: Table<Delivery>,
    /// E-mails whose first create has gone wrong on purpose.
    pub(crate) mishaps: BTreeSet<String>,
    schedule: Schedule,
}

impl State {
    /// Adds the record, or replaces the one with its id, and schedules what it has due.
    pub(crate) fn put(&mut self, record: Record) {
        match record {
            Record::Customer(customer) => self.customers.put(*customer),
            Record::File(file) => {
                self.files.put(file);
            }
            Record::Submission(submission) => {
                let task = Task::Begin(submission.id);
                self.schedule.set(task, submission.begins_at);
                let task = Task::Decide(submission.id);
                self.schedule.set(task, submission.decision_at);
                self.submissions.put(submission);
            }
            Record::Account(account) => {
                let task = Task::Activate(account.id);
                self.schedule.set(task, account.activation_at);
                self.accounts.put(account);
            }
            Record::Payout(payout) => {
                let task = Task::Complete(payout.id);
                self.schedule.set(task, payout.completion_at);
                self.payouts.put(*payout);
            }
            Record::Registration(registration) => self.registration = Some(registration),
            Record::Delivery(delivery) => {
                let task = Task::Deliver(delivery.id);
                self.schedule.set(task, delivery.due());
                self.deliveries.put(delivery);
            }
            Record::Mishap(email) => {
                self.mishaps.insert(email);
            }
        }
    }

    /// Every record once, in an order in which they can be put again.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record> {
        let customers = self.customers.all().iter().cloned().map(Record::from);
        let files = self.files.all().iter().cloned().map(Record::File);
        let submissions = self.submissions.all().iter().cloned();
        let accounts = self.accounts.all().iter().cloned().map(Record::Account);
        let payouts = self.payouts.all().iter().cloned().map(Record::from);
        let registration = self.registration.iter().cloned();
        let deliveries = self.deliveries.all().iter().cloned().map(Record::Delivery);
        let mishaps = self.mishaps.iter().cloned().map(Record::Mishap);
        customers
            .chain(files)
            .chain(submissions.map(Record::Submission))
            .chain(accounts)
            .chain(payouts)
            .chain(registration.map(Record::Registration))
            .chain(deliveries)
            .chain(mishaps)
    }

    /// Takes the tasks that are due. A task that is left undone comes back with the next change of its record, or with
    /// a restart.
    pub(crate) fn take_due(&mut self, now: DateTime<Utc>) -> Vec<Task> {
        self.schedule.take_due(now)
    }

    /// When the next task is due.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.schedule.next()
    }
}
