use std::time::Duration;

use uuid::Uuid;
use vouch_domain::{
    customer::Status,
    event::{Event, EventDetail},
    id::{CustomerId, EventId},
    ports::AbsenceClear,
    tenant::Tenant,
};

use super::{Retry, State};

const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// When somebody is to look after an account or a payout at the rail, and who does.
pub(super) struct Looked {
    /// None where nobody has to.
    retry: Option<Retry>,
    attempts: u32,
    token: Option<Uuid>,
    leased_until: Duration,
    absence_clear_at: Duration,
    hastened: i32,
}

/// A lease that was granted.
pub(super) struct Taken {
    pub(super) token: Uuid,
    pub(super) absence_clear_in: Duration,
    pub(super) hastened: i32,
}

impl Looked {
    /// Somebody is to look now, for the first time.
    pub(super) fn due(now: Duration) -> Self {
        Self {
            retry: Some(Retry::at_once(now)),
            attempts: 0,
            token: None,
            leased_until: Duration::ZERO,
            absence_clear_at: Duration::ZERO,
            hastened: 0,
        }
    }

    /// How often it was taken.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(super) fn take(&mut self, now: Duration, lease: Duration) -> Option<Taken> {
        let retry = self.retry.as_mut()?;
        if retry.next_at > now || self.leased_until > now {
            return None;
        }
        retry.put_off(now, LONGEST_PAUSE);
        self.attempts += 1;
        let token = Uuid::new_v4();
        self.token = Some(token);
        self.leased_until = now + lease;
        Some(Taken {
            token,
            absence_clear_in: self.absence_clear_at.saturating_sub(now),
            hastened: self.hastened,
        })
    }

    pub(super) fn is_held_by(&self, token: Uuid) -> bool {
        self.token == Some(token)
    }

    pub(super) fn due_in(&self, now: Duration) -> Option<Duration> {
        let next_at = self.retry?.next_at;
        (self.leased_until <= next_at.max(now)).then(|| next_at.saturating_sub(now))
    }

    /// Gives the lease back; nobody is kept waiting who has hastened it since it was taken.
    pub(super) fn release(
        &mut self,
        now: Duration,
        absence: AbsenceClear,
        pause: Option<Duration>,
        hastened: i32,
    ) {
        self.free(now);
        self.absence_clear_at = match absence {
            AbsenceClear::Now => Duration::ZERO,
            AbsenceClear::After(settle) => self.absence_clear_at.max(now + settle),
            AbsenceClear::AsBefore => self.absence_clear_at,
        };
        if let (Some(retry), Some(pause)) = (&mut self.retry, pause) {
            retry.next_at = now + pause;
        }
        if self.hastened != hastened {
            self.retry = Some(Retry::at_once(now));
        }
    }

    /// Gives the lease back; nobody has to look again, unless somebody has hastened it since it was taken.
    pub(super) fn rest(&mut self, now: Duration, hastened: i32) {
        self.free(now);
        self.retry = (self.hastened != hastened).then(|| Retry::at_once(now));
    }

    /// Nobody has to look again.
    pub(super) fn end(&mut self) {
        self.token = None;
        self.retry = None;
    }

    pub(super) fn hasten(&mut self, now: Duration) {
        self.hastened += 1;
        self.retry = Some(Retry::at_once(now));
    }

    fn free(&mut self, now: Duration) {
        self.token = None;
        self.leased_until = now;
    }
}

impl State {
    /// The status of a customer that exists.
    pub(super) fn status_of(&self, tenant: Tenant, customer: CustomerId) -> Status {
        self.customers[&tenant][&customer].customer.summary.status
    }

    /// Appends an event to a customer's log.
    pub(super) fn log_event(
        &mut self,
        tenant: Tenant,
        customer: CustomerId,
        id: EventId,
        detail: EventDetail,
    ) {
        let records = self.records_mut(tenant);
        let record = records.get_mut(&customer).expect("a customer");
        record.events.push(Event {
            id,
            sequence: i32::try_from(record.events.len() + 1).expect("few events"),
            customer: record.customer.summary.clone(),
            detail,
        });
    }
}
