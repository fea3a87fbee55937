//! Virtual accounts on a rail that does as it is told.

use std::time::Duration;

use vouch_application::virtual_accounts::AccountOpened;
use vouch_domain::{
    customer::Status,
    ports::{AccountJobs, RailFailure},
    tenant::Env,
    virtual_account::AccountState,
};
use vouch_testkit::{
    MoneyCall::{FindAccount, Open, ReadAccount},
    MoneyScript, account_details,
};

use crate::{
    bench::{TERMS, unclear},
    money::{Desk, PATIENT},
};

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

#[tokio::test(start_paused = true)]
async fn nothing_is_ordered_for_a_customer_who_is_no_longer_verified() {
    for status in [Status::Rejected, Status::Pending] {
        let desk = Desk::new().await;
        desk.open().await.unwrap();
        desk.becomes(status);
        assert_eq!(desk.follow().await, 1);
        assert_eq!(desk.account().await.state, AccountState::Failed);
        assert_eq!(desk.calls(), [FindAccount]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_rail_has_is_followed_whatever_became_of_the_customer() {
    let desk = Desk::new().await;
    desk.open().await.unwrap();
    desk.rail.on(Open, MoneyScript::BehaveAndFail(unclear()));
    desk.follow().await;
    desk.becomes(Status::Rejected);
    let active = AccountState::Active(account_details());
    desk.rail.set_accounts(&active);
    desk.bench.pass(PATIENT).await;
    desk.follow().await;
    assert_eq!(desk.account().await.state, active);
    assert_eq!(desk.calls(), [FindAccount, Open, FindAccount]);
}

#[tokio::test(start_paused = true)]
async fn nobody_looks_after_the_accounts_of_a_customer_who_is_closed() {
    let desk = Desk::new().await;
    desk.open().await.unwrap();
    desk.becomes(Status::Closed);
    assert_eq!(desk.follow().await, 0);
    assert_eq!(desk.account().await.state, AccountState::Closed);
    assert_eq!(desk.calls(), []);
}
