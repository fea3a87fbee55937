//! A rail that keeps accounts and pays out as it is told, and otherwise like a small one.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use vouch_domain::{
    id::PayoutId,
    payout::PayoutState,
    ports::{
        PayoutRefusal, RailAccount, RailAccountId, RailAccounts, RailCustomerId, RailFailure,
        RailPayoutOrder, RailPayouts, SentPayout, Urgency,
    },
    values::FiatCurrency,
    virtual_account::AccountState,
};

/// A call that the rail received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyCall {
    /// To open an account.
    Open,
    /// To find an open account.
    FindAccount,
    /// To read an account.
    ReadAccount,
    /// To send a payout.
    Send,
    /// To look a payout up.
    LookUp,
}

/// What the rail does with one call.
#[derive(Debug, Clone)]
pub enum MoneyScript {
    /// Does nothing and answers with this failure.
    Fail(RailFailure),
    /// Does what was asked, and yet answers with this failure.
    BehaveAndFail(RailFailure),
    /// Sends nothing, for this reason.
    RefusePayout(PayoutRefusal),
    /// Sends the payout, and yet says that it did not.
    SendAndRefuse(PayoutRefusal),
}

/// The rail.
#[derive(Default)]
pub struct ScriptedMoneyRail {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    accounts: Vec<(RailCustomerId, FiatCurrency, RailAccount)>,
    payouts: BTreeMap<PayoutId, PayoutState>,
    scripts: Vec<(MoneyCall, VecDeque<MoneyScript>)>,
    calls: Vec<MoneyCall>,
}

impl ScriptedMoneyRail {
    /// A rail with nothing in it.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Scripts the next call of a kind that is not scripted yet.
    pub fn on(&self, call: MoneyCall, script: MoneyScript) {
        let scripts = &mut self.state.lock().unwrap().scripts;
        match scripts.iter_mut().find(|(known, _)| *known == call) {
            Some((_, queue)) => queue.push_back(script),
            None => scripts.push((call, VecDeque::from([script]))),
        }
    }

    /// Every call so far, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<MoneyCall> {
        self.state.lock().unwrap().calls.clone()
    }

    /// Every payout that the rail has.
    #[must_use]
    pub fn payouts(&self) -> Vec<PayoutId> {
        self.state.lock().unwrap().payouts.keys().copied().collect()
    }

    /// Every account that the rail has.
    #[must_use]
    pub fn accounts(&self) -> Vec<RailAccount> {
        let accounts = self.state.lock().unwrap().accounts.clone();
        accounts.into_iter().map(|(.., account)| account).collect()
    }

    /// Moves a payout to this state, as if it had been sent, perhaps late.
    pub fn set_payout(&self, id: PayoutId, state: PayoutState) {
        self.state.lock().unwrap().payouts.insert(id, state);
    }

    /// Moves every account to this state.
    pub fn set_accounts(&self, state: &AccountState) {
        for (.., account) in &mut self.state.lock().unwrap().accounts {
            account.state = state.clone();
        }
    }

    fn receive(&self, call: MoneyCall) -> Option<MoneyScript> {
        let mut state = self.state.lock().unwrap();
        state.calls.push(call);
        let scripts = state.scripts.iter_mut();
        let queue = scripts
            .filter(|(known, _)| *known == call)
            .map(|(_, queue)| queue)
            .next()?;
        queue.pop_front()
    }
}

fn run<T>(script: Option<MoneyScript>, behave: impl FnOnce() -> T) -> Result<T, RailFailure> {
    match script {
        None => Ok(behave()),
        Some(MoneyScript::Fail(failure)) => Err(failure),
        Some(MoneyScript::BehaveAndFail(failure)) => {
            behave();
            Err(failure)
        }
        Some(other) => panic!("not for this call: {other:?}"),
    }
}

#[async_trait]
impl RailAccounts for ScriptedMoneyRail {
    async fn open_account(
        &self,
        customer: &RailCustomerId,
        currency: FiatCurrency,
        _: Urgency,
    ) -> Result<RailAccount, RailFailure> {
        run(self.receive(MoneyCall::Open), || {
            let mut state = self.state.lock().unwrap();
            let id = format!("account-{}", state.accounts.len() + 1);
            let account = RailAccount {
                id: RailAccountId::parse(&id).expect("a rail id"),
                state: AccountState::Provisioning,
            };
            let row = (customer.clone(), currency, account.clone());
            state.accounts.push(row);
            account
        })
    }

    async fn find_open_account(
        &self,
        customer: &RailCustomerId,
        currency: FiatCurrency,
        _: Urgency,
    ) -> Result<Option<RailAccount>, RailFailure> {
        run(self.receive(MoneyCall::FindAccount), || {
            let state = self.state.lock().unwrap();
            let mut rows = state.accounts.iter();
            let found = rows.find(|(of, in_currency, account)| {
                (of, *in_currency) == (customer, currency) && account.state.status().is_open()
            });
            found.map(|(.., account)| account.clone())
        })
    }

    async fn account(
        &self,
        id: &RailAccountId,
        _: Urgency,
    ) -> Result<Option<RailAccount>, RailFailure> {
        run(self.receive(MoneyCall::ReadAccount), || {
            let state = self.state.lock().unwrap();
            let mut rows = state.accounts.iter();
            let found = rows.find(|(.., account)| account.id == *id);
            found.map(|(.., account)| account.clone())
        })
    }
}

#[async_trait]
impl RailPayouts for ScriptedMoneyRail {
    async fn send_payout(
        &self,
        order: &RailPayoutOrder<'_>,
        _: Urgency,
    ) -> Result<SentPayout, RailFailure> {
        let send = || {
            let mut state = self.state.lock().unwrap();
            state.payouts.insert(order.id, PayoutState::Processing);
            SentPayout::Taken(PayoutState::Processing)
        };
        match self.receive(MoneyCall::Send) {
            Some(MoneyScript::RefusePayout(refusal)) => Ok(SentPayout::Refused(refusal)),
            Some(MoneyScript::SendAndRefuse(refusal)) => {
                send();
                Ok(SentPayout::Refused(refusal))
            }
            script => run(script, send),
        }
    }

    async fn payout(&self, id: PayoutId, _: Urgency) -> Result<Option<PayoutState>, RailFailure> {
        run(self.receive(MoneyCall::LookUp), || {
            self.state.lock().unwrap().payouts.get(&id).copied()
        })
    }
}
