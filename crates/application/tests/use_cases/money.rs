//! Virtual accounts and payouts on a rail that does as it is told.

use std::{sync::Arc, time::Duration};

use vouch_application::{
    background::Wake,
    create::Created,
    jobs::Work,
    money_lines::{MoneyLine, MoneyLines},
    open_accounts::AccountOpener,
    payouts::{MakePayout, MakePayoutError, PayoutMade},
    send_payouts::PayoutSender,
    virtual_accounts::{AccountOpened, OpenAccountError, OpenVirtualAccount},
};
use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary, Status},
    form::ProblemKind,
    payout::{Payout, PayoutEnd, PayoutFailure, PayoutState},
    ports::{
        AccountJobs, AccountPageRequest, PayoutRefusal, Payouts, RailFailure, StoreError,
        VirtualAccounts,
    },
    tenant::Env,
    values::FiatCurrency,
    virtual_account::{AccountState, VirtualAccount},
};
use vouch_testkit::{
    MoneyCall::{self, FindAccount, LookUp, Open, ReadAccount, Send},
    MoneyScript, ScriptedMoneyRail, account_claim, account_details, individual, interac_email,
    payout_claim, payout_request, unique_claim,
};

use crate::bench::{Bench, TERMS, another_body, unavailable, unclear};

/// Longer than any attempt is put off.
const PATIENT: Duration = Duration::from_secs(20);

struct Desk {
    bench: Bench,
    rail: Arc<ScriptedMoneyRail>,
    customer: CustomerSummary,
    lines: MoneyLines,
}

impl Desk {
    /// A verified customer that holds an Interac address.
    async fn new() -> Self {
        let bench = Bench::new().await;
        let rail = ScriptedMoneyRail::new();
        let mut new = individual();
        let address = format!("{}@example.com", new.reference.as_str());
        new.interac_email = Some(interac_email(&address));
        let Ok(Created::New(customer)) = bench.create(&new, &unique_claim()).await else {
            panic!("not new");
        };
        bench
            .store
            .set_status(bench.tenant, customer.id, Status::Verified);
        let line = MoneyLine {
            accounts: Arc::clone(&rail) as _,
            payouts: Arc::clone(&rail) as _,
            terms: TERMS,
        };
        let lines = MoneyLines {
            test: Some(line),
            live: None,
        };
        Self {
            bench,
            rail,
            customer,
            lines,
        }
    }

    fn handle(&self) -> CustomerHandle {
        CustomerHandle::Id(self.customer.id)
    }

    fn make_payout(&self) -> MakePayout {
        let store = Arc::new(self.bench.store.clone());
        let ids = Arc::clone(&self.bench.ids);
        MakePayout::new(store, self.lines.clone(), ids, Wake::default())
    }

    async fn payout(&self) -> Payout {
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
    async fn send(&self) -> usize {
        let sender = PayoutSender::new(
            Arc::new(self.bench.store.clone()),
            self.lines.clone(),
            Arc::clone(&self.bench.ids),
            Arc::clone(&self.bench.clock) as _,
            Wake::default(),
        );
        sender.pass(Env::Test).await.unwrap()
    }

    async fn state_of(&self, payout: &Payout) -> PayoutState {
        let found = self
            .bench
            .store
            .find_payout(self.bench.tenant, payout.id)
            .await;
        found.unwrap().unwrap().state
    }

    fn open_account(&self) -> OpenVirtualAccount {
        let store = Arc::new(self.bench.store.clone());
        let ids = Arc::clone(&self.bench.ids);
        OpenVirtualAccount::new(store, self.lines.clone(), ids, Wake::default())
    }

    async fn open(&self) -> Result<AccountOpened, OpenAccountError> {
        let claim = account_claim(&self.handle());
        let currency = Ok(FiatCurrency::Gbp);
        self.open_account()
            .open(self.bench.tenant, &self.handle(), &claim, currency)
            .await
    }

    /// Works on the accounts that are due. Answers how many those were.
    async fn follow(&self) -> usize {
        let opener = AccountOpener::new(
            Arc::new(self.bench.store.clone()),
            self.lines.clone(),
            Arc::clone(&self.bench.ids),
            Arc::clone(&self.bench.clock) as _,
            Wake::default(),
        );
        opener.pass(Env::Test).await.unwrap()
    }

    async fn account(&self) -> VirtualAccount {
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

    fn calls(&self) -> Vec<MoneyCall> {
        self.rail.calls()
    }
}

fn paid() -> PayoutState {
    PayoutState::Ended(PayoutEnd::Paid)
}

fn failed(failure: PayoutFailure) -> PayoutState {
    PayoutState::Ended(PayoutEnd::Failed(failure))
}

#[tokio::test(start_paused = true)]
async fn a_payout_is_sent_once_and_followed_to_its_end() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    assert_eq!(desk.send().await, 1);
    assert_eq!(desk.send().await, 0);
    assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    desk.rail.set_payout(payout.id, paid());
    desk.bench.pass(PATIENT * 2).await;
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, paid());
    assert_eq!(desk.calls(), [Send, LookUp, LookUp]);
    desk.bench.pass(PATIENT * 10).await;
    assert_eq!(desk.send().await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_unclear_order_is_looked_for_before_anything_is_sent_again() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.rail.on(Send, MoneyScript::BehaveAndFail(unclear()));
    desk.send().await;
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp]);
    assert_eq!(desk.rail.payouts(), [payout.id]);
}

#[tokio::test(start_paused = true)]
async fn absence_proves_nothing_before_the_settle_time_is_over() {
    let desk = Desk::new().await;
    desk.payout().await;
    desk.rail.on(Send, MoneyScript::Fail(unclear()));
    desk.send().await;
    // The next attempt comes after a second, and the rail has two.
    desk.bench.pass(Duration::from_millis(1_001)).await;
    assert_eq!(desk.send().await, 1);
    assert_eq!(desk.calls(), [Send, LookUp]);
    desk.bench.pass(TERMS.settle).await;
    assert_eq!(desk.send().await, 1);
    assert_eq!(desk.calls(), [Send, LookUp, LookUp, Send]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_as_soon_as_it_is_due() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.rail.on(Send, MoneyScript::Fail(unavailable(None)));
    desk.send().await;
    desk.bench.pass(Duration::from_millis(1_001)).await;
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp, Send]);
    assert_eq!(desk.rail.payouts(), [payout.id]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final_when_the_rail_does_not_have_it() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    let refusal = PayoutRefusal::Because(PayoutFailure::InsufficientFunds);
    desk.rail.on(Send, MoneyScript::RefusePayout(refusal));
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp]);
    let expected = failed(PayoutFailure::InsufficientFunds);
    assert_eq!(desk.state_of(&payout).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_what_the_rail_has_is_none() {
    for refusal in [
        PayoutRefusal::IdUsed,
        PayoutRefusal::Because(PayoutFailure::Refused),
    ] {
        let desk = Desk::new().await;
        let payout = desk.payout().await;
        desk.rail.on(Send, MoneyScript::SendAndRefuse(refusal));
        desk.send().await;
        assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
        desk.rail.set_payout(payout.id, paid());
        desk.bench.pass(PATIENT).await;
        desk.send().await;
        assert_eq!(desk.state_of(&payout).await, paid());
        assert_eq!(desk.calls(), [Send, LookUp, LookUp]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_rail_calls_used_never_means_failed() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    let used = MoneyScript::RefusePayout(PayoutRefusal::IdUsed);
    desk.rail.on(Send, used);
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
    // It arrives late.
    desk.rail.set_payout(payout.id, paid());
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, paid());
    assert_eq!(desk.calls(), [Send, LookUp, LookUp]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_cannot_be_checked_is_not_believed() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    let refusal = PayoutRefusal::Because(PayoutFailure::AmountRefused);
    desk.rail.on(Send, MoneyScript::RefusePayout(refusal));
    desk.rail.on(LookUp, MoneyScript::Fail(unclear()));
    desk.send().await;
    assert_eq!(desk.state_of(&payout).await, PayoutState::Processing);
    desk.bench.pass(PATIENT).await;
    desk.send().await;
    assert_eq!(desk.calls(), [Send, LookUp, LookUp, Send]);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_is_never_sent_again_though_the_rail_forgets_it() {
    let desk = Desk::new().await;
    let payout = desk.payout().await;
    desk.send().await;
    desk.bench.pass(PATIENT).await;
    desk.rail.on(LookUp, MoneyScript::Fail(unclear()));
    desk.send().await;
    let empty = ScriptedMoneyRail::new();
    let forgetful = Desk {
        rail: Arc::clone(&empty),
        lines: MoneyLines {
            test: Some(MoneyLine {
                accounts: Arc::clone(&empty) as _,
                payouts: Arc::clone(&empty) as _,
                terms: TERMS,
            }),
            live: None,
        },
        ..desk
    };
    for longer in [10, 20, 40] {
        forgetful.bench.pass(PATIENT * longer).await;
        forgetful.send().await;
    }
    assert_eq!(forgetful.calls(), [LookUp, LookUp, LookUp]);
    assert_eq!(forgetful.state_of(&payout).await, PayoutState::Processing);
}

#[tokio::test(start_paused = true)]
async fn a_used_key_goes_before_everything_and_a_used_reference_before_the_customer() {
    let desk = Desk::new().await;
    let use_case = desk.make_payout();
    let tenant = desk.bench.tenant;
    let (request, claim) = (payout_request(&desk.handle(), None), payout_claim());
    let make = async |claim, form| use_case.make(tenant, claim, form).await;
    let Ok(PayoutMade::New(payout)) = make(&claim, Ok(request.clone())).await else {
        panic!("not new");
    };
    desk.bench
        .store
        .set_status(tenant, desk.customer.id, Status::Rejected);
    let existing = |replayed| {
        Ok(PayoutMade::Existing {
            payout: payout.clone(),
            replayed,
        })
    };
    assert_eq!(make(&claim, Err(Vec::new())).await, existing(true));
    let other = another_body(&claim);
    let conflict = Err(MakePayoutError::KeyConflict);
    assert_eq!(make(&other, Ok(request.clone())).await, conflict);
    let second = payout_claim();
    assert_eq!(make(&second, Ok(request.clone())).await, existing(false));
    assert_eq!(make(&second, Ok(request.clone())).await, existing(true));
    let third = another_body(&payout_claim());
    let used = Err(MakePayoutError::ReferenceUsed);
    assert_eq!(make(&third, Ok(request)).await, used);
    let new = payout_request(&desk.handle(), None);
    let refused = make(&third, Ok(new)).await;
    assert_eq!(refused, Err(MakePayoutError::NotVerified));
}

#[tokio::test(start_paused = true)]
async fn what_stands_against_a_payout_is_told() {
    let desk = Desk::new().await;
    let use_case = desk.make_payout();
    let tenant = desk.bench.tenant;
    let nobody = payout_request(&CustomerHandle::parse("nobody").unwrap(), None);
    let refused = use_case.make(tenant, &payout_claim(), Ok(nobody)).await;
    assert_eq!(refused, Err(MakePayoutError::UnknownCustomer));
    let Ok(Created::New(other)) = desk.bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    desk.bench
        .store
        .set_status(tenant, other.id, Status::Verified);
    let unaddressed = payout_request(&CustomerHandle::Id(other.id), None);
    let refused = use_case
        .make(tenant, &payout_claim(), Ok(unaddressed))
        .await;
    let Err(MakePayoutError::Invalid(problems)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(problems[0].field, "recipient.interac_email");
    assert_eq!(problems[0].kind, ProblemKind::Missing);
    let store = Arc::new(desk.bench.store.clone());
    let ids = Arc::clone(&desk.bench.ids);
    let railless = MakePayout::new(store, MoneyLines::default(), ids, Wake::default());
    let request = payout_request(&desk.handle(), None);
    let refused = railless.make(tenant, &payout_claim(), Ok(request)).await;
    assert_eq!(refused, Err(MakePayoutError::NoRail));
    let down = StoreError::Unavailable("down".to_owned());
    desk.bench.store.fail_with(Some(down.clone()));
    let refused = use_case
        .make(tenant, &payout_claim(), Err(Vec::new()))
        .await;
    assert_eq!(refused, Err(MakePayoutError::Store(down)));
}

#[tokio::test(start_paused = true)]
async fn an_account_is_ordered_once_and_followed_until_it_is_active() {
    let desk = Desk::new().await;
    let Ok(AccountOpened::New(account)) = desk.open().await else {
        panic!("not new");
    };
    assert_eq!(desk.follow().await, 1);
    assert_eq!(desk.follow().await, 0);
    desk.bench.pass(PATIENT).await;
    desk.follow().await;
    let active = AccountState::Active(account_details());
    desk.rail.set_accounts(&active);
    desk.bench.pass(PATIENT * 2).await;
    desk.follow().await;
    assert_eq!(desk.account().await.state, active);
    assert_eq!(desk.calls(), [FindAccount, Open, ReadAccount, ReadAccount]);
    desk.bench.pass(PATIENT * 10).await;
    assert_eq!(desk.follow().await, 0);
    let again = desk.open().await;
    assert!(
        matches!(&again, Ok(AccountOpened::Existing { account: found, replayed: false }) if found.id == account.id),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unclear_order_of_an_account_is_looked_for() {
    let desk = Desk::new().await;
    desk.open().await.unwrap();
    desk.rail.on(Open, MoneyScript::BehaveAndFail(unclear()));
    desk.follow().await;
    desk.bench.pass(PATIENT).await;
    desk.follow().await;
    assert_eq!(desk.rail.accounts().len(), 1);
    assert_eq!(desk.calls(), [FindAccount, Open, FindAccount]);
}

#[tokio::test(start_paused = true)]
async fn absence_of_an_account_proves_nothing_before_the_settle_time_is_over() {
    let desk = Desk::new().await;
    desk.open().await.unwrap();
    desk.rail.on(Open, MoneyScript::Fail(unclear()));
    desk.follow().await;
    desk.bench.pass(Duration::from_millis(1_001)).await;
    assert_eq!(desk.follow().await, 1);
    assert_eq!(desk.rail.accounts(), []);
    desk.bench.pass(TERMS.settle).await;
    desk.follow().await;
    assert_eq!(desk.rail.accounts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_account_has_failed_unless_the_rail_has_it() {
    let refused = || RailFailure::Refused { fields: Vec::new() };
    let desk = Desk::new().await;
    desk.open().await.unwrap();
    desk.rail.on(Open, MoneyScript::Fail(refused()));
    desk.follow().await;
    assert_eq!(desk.account().await.state, AccountState::Failed);

    let desk = Desk::new().await;
    desk.open().await.unwrap();
    desk.rail.on(Open, MoneyScript::BehaveAndFail(refused()));
    desk.follow().await;
    assert_eq!(desk.account().await.state, AccountState::Provisioning);
    assert_eq!(desk.rail.accounts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_active_account_that_the_rail_closes_is_closed_when_it_says_something() {
    let desk = Desk::new().await;
    desk.open().await.unwrap();
    desk.follow().await;
    desk.rail
        .set_accounts(&AccountState::Active(account_details()));
    desk.bench.pass(PATIENT).await;
    desk.follow().await;
    desk.rail.set_accounts(&AccountState::Closed);
    desk.bench.pass(PATIENT * 10).await;
    assert_eq!(desk.follow().await, 0);
    let id = desk.rail.accounts()[0].id.clone();
    let hastened = desk.bench.store.hasten_accounts(Env::Test, &id, None).await;
    assert_eq!(hastened, Ok(true));
    assert_eq!(desk.follow().await, 1);
    assert_eq!(desk.account().await.state, AccountState::Closed);
}
