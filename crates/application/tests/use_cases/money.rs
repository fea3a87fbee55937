//! What virtual accounts and payouts are tried on: a customer, and a rail that does as it is told.

use std::{sync::Arc, time::Duration};

use vouch_application::{
    background::Wake,
    create::Created,
    digest::Digests,
    jobs::Work,
    money_lines::{MoneyLine, MoneyLines},
    open_accounts::AccountOpener,
    payouts::{MakePayout, PayoutMade},
    send_payouts::PayoutSender,
    virtual_accounts::{AccountOpened, OpenAccountError, OpenVirtualAccount},
};
use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary, Status},
    payout::{Payout, PayoutState},
    ports::{AccountPageRequest, Payouts, VirtualAccounts},
    tenant::Env,
    values::FiatCurrency,
    virtual_account::VirtualAccount,
};
use vouch_testkit::{
    MoneyCall, ScriptedMoneyRail, account_claim, individual, interac_email, payout_claim,
    payout_request, unique_claim,
};

use crate::bench::{Bench, TERMS};

/// Longer than any attempt is put off.
pub(crate) const PATIENT: Duration = Duration::from_secs(20);

/// One customer, and a rail.
pub(crate) struct Desk {
    pub(crate) bench: Bench,
    pub(crate) rail: Arc<ScriptedMoneyRail>,
    pub(crate) customer: CustomerSummary,
    pub(crate) lines: MoneyLines,
}

impl Desk {
    /// A verified customer that holds an Interac address.
    pub(crate) async fn new() -> Self {
        let bench = Bench::new().await;
        let rail = ScriptedMoneyRail::new();
        let mut new = individual();
        let address = format!("{}@example.com", new.reference.as_str());
        new.interac_email = Some(interac_email(&address));
        let Ok(Created::New(customer)) = bench.create(&new, &unique_claim()).await else {
            panic!("not new");
        };
        let line = MoneyLine {
            accounts: Arc::clone(&rail) as _,
            payouts: Arc::clone(&rail) as _,
            terms: TERMS,
        };
        let lines = MoneyLines {
            test: Some(line),
            live: None,
        };
        let desk = Self {
            bench,
            rail,
            customer,
            lines,
        };
        desk.becomes(Status::Verified);
        desk
    }

    /// The customer is in this status from now on.
    pub(crate) fn becomes(&self, status: Status) {
        let Self {
            bench, customer, ..
        } = self;
        bench.store.set_status(bench.tenant, customer.id, status);
    }

    pub(crate) fn handle(&self) -> CustomerHandle {
        CustomerHandle::Id(self.customer.id)
    }

    pub(crate) fn make_payout(&self) -> MakePayout {
        let store = Arc::new(self.bench.store.clone());
        let ids = Arc::clone(&self.bench.ids);
        let digests = Arc::new(Digests::new(&[7; 32]));
        MakePayout::new(store, self.lines.clone(), ids, digests, Wake::default())
    }

    pub(crate) async fn payout(&self) -> Payout {
        let request = payout_request(&self.handle(), None);
        let made = self
            .make_payout()
            .make(self.bench.tenant, &payout_claim(), Ok(request))
            .await;
        match made {
            Ok(PayoutMade::New(payout)) => payout,
            other => panic!("not new: {other:?}"),
        }
    }

    /// Works on the payouts that are due. Answers how many those were.
    pub(crate) async fn send(&self) -> usize {
        let sender = PayoutSender::new(
            Arc::new(self.bench.store.clone()),
            self.lines.clone(),
            Arc::clone(&self.bench.ids),
            Arc::clone(&self.bench.clock) as _,
            Wake::default(),
        );
        sender.pass(Env::Test).await.unwrap()
    }

    pub(crate) async fn state_of(&self, payout: &Payout) -> PayoutState {
        let found = self
            .bench
            .store
            .find_payout(self.bench.tenant, payout.id)
            .await;
        found.unwrap().unwrap().state
    }

    pub(crate) fn open_account(&self) -> OpenVirtualAccount {
        let store = Arc::new(self.bench.store.clone());
        let ids = Arc::clone(&self.bench.ids);
        OpenVirtualAccount::new(store, self.lines.clone(), ids, Wake::default())
    }

    pub(crate) async fn open(&self) -> Result<AccountOpened, OpenAccountError> {
        let claim = account_claim(&self.handle());
        let currency = Ok(FiatCurrency::Gbp);
        self.open_account()
            .open(self.bench.tenant, &self.handle(), &claim, currency)
            .await
    }

    /// Works on the accounts that are due. Answers how many those were.
    pub(crate) async fn follow(&self) -> usize {
        let opener = AccountOpener::new(
            Arc::new(self.bench.store.clone()),
            self.lines.clone(),
            Arc::clone(&self.bench.ids),
            Arc::clone(&self.bench.clock) as _,
            Wake::default(),
        );
        opener.pass(Env::Test).await.unwrap()
    }

    pub(crate) async fn account(&self) -> VirtualAccount {
        let request = AccountPageRequest {
            customer: self.handle(),
            limit: 1,
            after: None,
        };
        let page = self
            .bench
            .store
            .accounts_page(self.bench.tenant, &request)
            .await;
        page.unwrap().unwrap().accounts.remove(0)
    }

    pub(crate) fn calls(&self) -> Vec<MoneyCall> {
        self.rail.calls()
    }
}
