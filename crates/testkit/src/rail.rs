//! A rail that does as it is told, and otherwise behaves like a small one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::{sync::Notify, time::sleep};
use vouch_domain::{
    customer::{ContactField, NewCustomer, RailReason},
    ports::{
        Clock, Rail, RailContactChange, RailCustomer, RailCustomerId, RailFailure, RailField,
        RailPage, RailStatus, Urgency,
    },
    values::CustomerType,
};

use crate::{FixedClock, builders::contact_at_rail, rail_customer, rail_kyc::KycState};

/// As many as the vendor's pages hold.
const PAGE_SIZE: usize = 15;

/// A call that the rail received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// To create a customer.
    Create(Urgency),
    /// To find customers by e-mail and document number.
    Find(Urgency),
    /// To read a customer.
    Read(Urgency),
    /// To list this page of customers.
    Page(u32),
    /// To change these fields.
    Update(Vec<ContactField>),
}

/// What the rail does with one call.
#[derive(Clone)]
pub struct Script {
    act: Act,
    delay: Duration,
    gate: Option<Arc<Gate>>,
}

#[derive(Clone)]
enum Act {
    Behave,
    Fail(RailFailure),
    BehaveAndFail(RailFailure),
    Answer(RailCustomerId),
}

impl Script {
    /// Behaves as a rail does.
    #[must_use]
    pub fn behave() -> Self {
        Self {
            act: Act::Behave,
            delay: Duration::ZERO,
            gate: None,
        }
    }

    /// Does nothing and answers with this failure.
    #[must_use]
    pub fn fail(failure: RailFailure) -> Self {
        Self {
            act: Act::Fail(failure),
            ..Self::behave()
        }
    }

    /// Does what was asked, and yet answers with this failure.
    #[must_use]
    pub fn behave_and_fail(failure: RailFailure) -> Self {
        Self {
            act: Act::BehaveAndFail(failure),
            ..Self::behave()
        }
    }

    /// Creates nothing, and answers a create with the id of another record.
    #[must_use]
    pub fn answer(id: RailCustomerId) -> Self {
        Self {
            act: Act::Answer(id),
            ..Self::behave()
        }
    }

    /// Likewise, but so much later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Likewise, but only when the gate opens.
    #[must_use]
    pub fn behind(self, gate: &Arc<Gate>) -> Self {
        Self {
            gate: Some(Arc::clone(gate)),
            ..self
        }
    }
}

/// Holds one call until it is let through.
#[derive(Default)]
pub struct Gate {
    reached: Notify,
    opened: Notify,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits until the call has arrived.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the call through.
    pub fn open(&self) {
        self.opened.notify_one();
    }

    async fn pass(&self) {
        self.reached.notify_one();
        self.opened.notified().await;
    }
}

/// A rail in memory whose next answers can be scripted, call by call.
pub struct ScriptedRail {
    clock: Arc<FixedClock>,
    state: Mutex<State>,
    /// What it was told about files and submissions.
    pub(crate) kyc: Mutex<KycState>,
}

#[derive(Default)]
struct State {
    records: Vec<RailCustomer>,
    creates: VecDeque<Script>,
    finds: VecDeque<Script>,
    reads: VecDeque<Script>,
    pages: VecDeque<Script>,
    updates: VecDeque<Script>,
    calls: Vec<Call>,
}

impl ScriptedRail {
    /// A rail without customers.
    #[must_use]
    pub fn new(clock: Arc<FixedClock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::default(),
            kyc: Mutex::default(),
        })
    }

    /// Scripts the next create that is not scripted yet.
    pub fn on_create(&self, script: Script) {
        self.state.lock().unwrap().creates.push_back(script);
    }

    /// Scripts the next search.
    pub fn on_find(&self, script: Script) {
        self.state.lock().unwrap().finds.push_back(script);
    }

    /// Scripts the next reading of one customer.
    pub fn on_read(&self, script: Script) {
        self.state.lock().unwrap().reads.push_back(script);
    }

    /// Scripts the next page.
    pub fn on_page(&self, script: Script) {
        self.state.lock().unwrap().pages.push_back(script);
    }

    /// Scripts the next update.
    pub fn on_update(&self, script: Script) {
        self.state.lock().unwrap().updates.push_back(script);
    }

    /// Every call so far, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// How many creates were received.
    #[must_use]
    pub fn creates(&self) -> usize {
        let is_create = |call: &&Call| matches!(call, Call::Create(_));
        self.state
            .lock()
            .unwrap()
            .calls
            .iter()
            .filter(is_create)
            .count()
    }

    /// Every customer that the rail has.
    #[must_use]
    pub fn records(&self) -> Vec<RailCustomer> {
        self.state.lock().unwrap().records.clone()
    }

    /// Puts a record in, as if it had been made by somebody else, or late.
    pub fn put(&self, record: RailCustomer) {
        self.state.lock().unwrap().records.push(record);
    }

    /// The rail's word on a customer.
    pub(crate) fn word_on(&self, id: &str) -> Option<RailStatus> {
        let state = self.state.lock().unwrap();
        let mut records = state.records.iter();
        records.find(|record| record.id.expose() == id)?.status
    }

    /// Changes the rail's word on a customer, and what is written beside its documents.
    pub fn decide(&self, id: &str, status: Option<RailStatus>, comments: &[&str]) {
        let mut state = self.state.lock().unwrap();
        let mut records = state.records.iter_mut();
        let record = records.find(|record| record.id.expose() == id);
        let record = record.expect("a record");
        record.status = status;
        record.updated_at = Some(self.clock.now());
        let comments = comments.iter().filter_map(|text| RailReason::new(text));
        record.comments = comments.collect();
    }

    /// Takes every record back to what it was.
    pub(crate) fn restore(&self, records: Vec<RailCustomer>) {
        self.state.lock().unwrap().records = records;
    }

    fn receive(&self, call: Call, scripts: fn(&mut State) -> &mut VecDeque<Script>) -> Script {
        let mut state = self.state.lock().unwrap();
        state.calls.push(call);
        scripts(&mut state)
            .pop_front()
            .unwrap_or_else(Script::behave)
    }
}

impl Script {
    async fn run<T>(
        self,
        behave: impl FnOnce() -> Result<T, RailFailure>,
        answer: impl FnOnce(RailCustomerId) -> T,
    ) -> Result<T, RailFailure> {
        if let Some(gate) = &self.gate {
            gate.pass().await;
        }
        if !self.delay.is_zero() {
            sleep(self.delay).await;
        }
        match self.act {
            Act::Behave => behave(),
            Act::Fail(failure) => Err(failure),
            Act::BehaveAndFail(failure) => behave().and(Err(failure)),
            Act::Answer(id) => Ok(answer(id)),
        }
    }
}

fn not_a_create<T>(_: RailCustomerId) -> T {
    panic!("only a create answers with an id")
}

impl State {
    fn create(
        &mut self,
        customer: &NewCustomer,
        now: DateTime<Utc>,
    ) -> Result<RailCustomerId, RailFailure> {
        let record = rail_customer(&format!("rail-{}", self.records.len() + 1), customer, now);
        let is_twin = |known: &RailCustomer| {
            known.customer_type == Some(CustomerType::Business)
                && known.customer_type == record.customer_type
                && known.country == record.country
                && known.id_number == record.id_number
        };
        if self.records.iter().any(is_twin) {
            return Err(RailFailure::Refused {
                fields: vec![RailField("id_number")],
            });
        }
        let id = record.id.clone();
        self.records.push(record);
        Ok(id)
    }

    fn find(&self, customer: &NewCustomer) -> Vec<RailCustomer> {
        let email = customer.contact.email.folded();
        let id_number = customer.identity.id_number.expose();
        let is_asked_for = |record: &&RailCustomer| {
            record
                .email
                .as_ref()
                .is_some_and(|known| known.eq_ignore_ascii_case(&email))
                && record.id_number.as_deref() == Some(id_number)
        };
        self.records.iter().filter(is_asked_for).cloned().collect()
    }
}

#[async_trait]
impl Rail for ScriptedRail {
    async fn create_customer(
        &self,
        customer: &NewCustomer,
        urgency: Urgency,
    ) -> Result<RailCustomerId, RailFailure> {
        let script = self.receive(Call::Create(urgency), |state| &mut state.creates);
        let create = || {
            self.state
                .lock()
                .unwrap()
                .create(customer, self.clock.now())
        };
        script.run(create, |id| id).await
    }

    async fn find_customers(
        &self,
        customer: &NewCustomer,
        urgency: Urgency,
    ) -> Result<Vec<RailCustomer>, RailFailure> {
        let script = self.receive(Call::Find(urgency), |state| &mut state.finds);
        let find = || Ok(self.state.lock().unwrap().find(customer));
        script.run(find, not_a_create).await
    }

    async fn customer(
        &self,
        id: &RailCustomerId,
        urgency: Urgency,
    ) -> Result<Option<RailCustomer>, RailFailure> {
        let script = self.receive(Call::Read(urgency), |state| &mut state.reads);
        let read = || {
            let state = self.state.lock().unwrap();
            Ok(state
                .records
                .iter()
                .find(|record| record.id == *id)
                .cloned())
        };
        script.run(read, not_a_create).await
    }

    async fn customers_page(&self, page: u32, _: Urgency) -> Result<RailPage, RailFailure> {
        let script = self.receive(Call::Page(page), |state| &mut state.pages);
        let list = || {
            let state = self.state.lock().unwrap();
            let before = usize::try_from(page - 1).unwrap() * PAGE_SIZE;
            let newest_first = state.records.iter().rev().skip(before);
            Ok(RailPage {
                customers: newest_first.take(PAGE_SIZE).cloned().collect(),
                has_more: state.records.len() > before + PAGE_SIZE,
            })
        };
        script.run(list, not_a_create).await
    }

    async fn update_customer(
        &self,
        id: &RailCustomerId,
        change: RailContactChange<'_>,
        _: Urgency,
    ) -> Result<(), RailFailure> {
        let call = Call::Update(change.fields.to_vec());
        let script = self.receive(call, |state| &mut state.updates);
        let update = || {
            let mut state = self.state.lock().unwrap();
            let record = state.records.iter_mut().find(|record| record.id == *id);
            let record = record.ok_or(RailFailure::Refused { fields: Vec::new() })?;
            record.email = Some(change.contact.email.expose().to_owned());
            record.contact = contact_at_rail(change.contact);
            Ok(())
        };
        script.run(update, not_a_create).await
    }
}
