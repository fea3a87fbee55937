//! Virtual accounts: one open for each customer and currency, followed under leases until the rail has decided.

use std::time::Duration;

use vouch_domain::{
    customer::{CustomerSummary, Status},
    event::{AccountMark, EventDetail},
    idempotency::KeyClaim,
    ports::{
        AbsenceClear, AccountJob, AccountJobs, AccountPageRequest, AccountRelease, CustomerQueries,
        EventPageRequest, InsertAccount, PageError, RailAccountId, VirtualAccounts,
    },
    tenant::{Env, Tenant},
    values::FiatCurrency::{self, Eur, Gbp, Usd},
    virtual_account::{AccountState, AccountStatus, VirtualAccount},
};
use vouch_testkit::{account_claim, account_details, individual};

use crate::harness::{Adapter, World, by_id, by_reference, contract, rail_id};

contract![
    an_account_is_stored_with_its_key,
    a_customer_has_one_open_account_in_a_currency,
    of_many_who_open_an_account_one_does,
    only_verified_customers_open_accounts,
    a_key_may_be_bound_to_an_account_that_was_there,
    a_new_account_is_due_at_once_and_held_by_one,
    the_rails_id_is_kept,
    an_account_is_activated_with_its_details,
    an_account_that_failed_makes_room_for_another,
    closing_is_no_event,
    a_customers_standing_is_told,
    doubt_lasts_as_long_as_was_said,
    the_rails_word_makes_open_accounts_due,
    what_is_said_during_a_look_is_looked_at_again,
    who_lost_the_lease_changes_nothing,
    accounts_page_from_the_newest,
    accounts_of_strangers_do_not_exist,
];

const LEASE: Duration = Duration::from_secs(100);
/// Longer than any attempt is put off.
pub(crate) const PATIENT: Duration = Duration::from_secs(600);

pub(crate) async fn verified(world: &World<impl Adapter>, tenant: Tenant) -> CustomerSummary {
    let made = world.exists_in(tenant, &individual()).await;
    world
        .adapter
        .set_status(tenant, made.id, Status::Verified)
        .await;
    made
}

pub(crate) async fn try_open(
    world: &World<impl Adapter>,
    tenant: Tenant,
    customer: &CustomerSummary,
    currency: FiatCurrency,
    claim: &KeyClaim,
) -> Option<VirtualAccount> {
    let handle = by_id(customer);
    let basis = world
        .store()
        .account_basis(tenant, &handle, Some(currency), claim);
    let insert = InsertAccount {
        id: world.ids.mint(),
        customer: &basis.await.unwrap().customer.unwrap(),
        currency,
        claim,
    };
    world.store().insert_account(tenant, &insert).await.unwrap()
}

pub(crate) async fn open(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
    currency: FiatCurrency,
) -> VirtualAccount {
    let claim = account_claim(&by_id(customer));
    let opened = try_open(world, world.tenant, customer, currency, &claim).await;
    opened.expect("a new account")
}

pub(crate) async fn take(world: &World<impl Adapter>) -> Vec<AccountJob> {
    let taken = world.store().take_due_accounts(Env::Test, LEASE, 100).await;
    taken.unwrap()
}

pub(crate) async fn take_one(world: &World<impl Adapter>) -> AccountJob {
    let mut taken = take(world).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

async fn release(world: &World<impl Adapter>, job: &AccountJob, release: AccountRelease) {
    world.store().release_account(job, release).await.unwrap();
}

pub(crate) async fn settle(
    world: &World<impl Adapter>,
    job: &AccountJob,
    after: AccountState,
) -> bool {
    let event = world.ids.mint();
    let settled = world.store().settle_account(job, &after, event).await;
    settled.unwrap()
}

pub(crate) fn rail_account(text: &str) -> RailAccountId {
    RailAccountId::parse(text).unwrap()
}

pub(crate) async fn bind(world: &World<impl Adapter>, job: &AccountJob, id: &str) -> bool {
    let bound = world.store().bind_account(job, &rail_account(id)).await;
    bound.unwrap()
}

/// An account that is active, and its job of before.
pub(crate) async fn active(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
) -> (VirtualAccount, AccountJob) {
    let opened = open(world, customer, Gbp).await;
    let job = take_one(world).await;
    assert!(bind(world, &job, "account-1").await);
    let state = AccountState::Active(account_details());
    assert!(settle(world, &job, state).await);
    (opened, job)
}

pub(crate) async fn all(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
) -> Vec<VirtualAccount> {
    let request = AccountPageRequest {
        customer: by_id(customer),
        limit: 100,
        after: None,
    };
    let page = world.store().accounts_page(world.tenant, &request).await;
    page.unwrap().unwrap().accounts
}

pub(crate) async fn details(
    world: &World<impl Adapter>,
    customer: &CustomerSummary,
) -> Vec<EventDetail> {
    let request = EventPageRequest {
        customer: by_id(customer),
        limit: 100,
        after: None,
        event_type: None,
    };
    let page = world.store().events(world.tenant, &request).await.unwrap();
    page.events.into_iter().map(|event| event.detail).collect()
}

async fn an_account_is_stored_with_its_key(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let claim = account_claim(&by_id(&customer));
    let opened = try_open(world, world.tenant, &customer, Gbp, &claim).await;
    let opened = opened.unwrap();
    assert_eq!(opened.customer, customer.id);
    assert_eq!(opened.reference, customer.reference);
    assert_eq!(opened.currency, Gbp);
    assert_eq!(opened.state, AccountState::Provisioning);
    assert_eq!(all(world, &customer).await, vec![opened.clone()]);
    let basis = async |currency, claim: &KeyClaim| {
        let handle = by_reference(&customer);
        let basis = world
            .store()
            .account_basis(world.tenant, &handle, currency, claim);
        basis.await.unwrap()
    };
    let bound = Some((claim.fingerprint, opened.clone()));
    assert_eq!(basis(None, &claim).await.bound, bound);
    assert_eq!(basis(Some(Usd), &claim).await.bound, bound);
    let other = account_claim(&by_id(&customer));
    let by_currency = basis(Some(Gbp), &other).await;
    assert_eq!((by_currency.bound, by_currency.open), (None, Some(opened)));
    let found = by_currency.customer.unwrap();
    assert_eq!((found.id, found.status), (customer.id, Status::Verified));
    assert_eq!(basis(Some(Usd), &other).await.open, None);
    assert_eq!(basis(None, &other).await.open, None);
}

async fn a_customer_has_one_open_account_in_a_currency(world: &World<impl Adapter>) {
    let (first, second) = (
        verified(world, world.tenant).await,
        verified(world, world.tenant).await,
    );
    open(world, &first, Gbp).await;
    let claim = account_claim(&by_id(&first));
    let again = try_open(world, world.tenant, &first, Gbp, &claim).await;
    assert_eq!(again, None);
    // The key is free still.
    let opened = try_open(world, world.tenant, &first, Usd, &claim).await;
    assert!(opened.is_some());
    let used = try_open(world, world.tenant, &first, Eur, &claim).await;
    assert_eq!(used, None);
    open(world, &second, Gbp).await;
}

async fn of_many_who_open_an_account_one_does(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let claims: Vec<_> = (0..8).map(|_| account_claim(&by_id(&customer))).collect();
    let attempts = claims
        .iter()
        .map(|claim| try_open(world, world.tenant, &customer, Gbp, claim));
    let outcomes = futures_util::future::join_all(attempts).await;
    assert_eq!(outcomes.into_iter().flatten().count(), 1);
    assert_eq!(take(world).await.len(), 1);
}

async fn only_verified_customers_open_accounts(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    for status in [Status::Pending, Status::Rejected, Status::Closed] {
        world
            .adapter
            .set_status(world.tenant, customer.id, status)
            .await;
        let claim = account_claim(&by_id(&customer));
        let outcome = try_open(world, world.tenant, &customer, Gbp, &claim).await;
        assert_eq!(outcome, None, "{status:?}");
    }
}

async fn a_key_may_be_bound_to_an_account_that_was_there(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let opened = open(world, &customer, Gbp).await;
    let claim = account_claim(&by_id(&customer));
    for free in [true, false] {
        let bound = world
            .store()
            .bind_account_key(world.tenant, &opened, &claim);
        assert_eq!(bound.await, Ok(free));
    }
    let handle = by_id(&customer);
    let basis = world
        .store()
        .account_basis(world.tenant, &handle, None, &claim);
    let bound = basis.await.unwrap().bound;
    assert_eq!(bound, Some((claim.fingerprint, opened)));
}

async fn a_new_account_is_due_at_once_and_held_by_one(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let none = world.store().next_due_account(Env::Test).await;
    assert_eq!(none, Ok(None));
    let opened = open(world, &customer, Eur).await;
    let next = world.store().next_due_account(Env::Test).await;
    assert_eq!(next, Ok(Some(Duration::ZERO)));
    let job = take_one(world).await;
    assert_eq!((job.tenant, job.account), (world.tenant, opened.id));
    assert_eq!(job.rail_customer, rail_id(&customer.id.to_string()));
    assert_eq!(
        (job.currency, job.status),
        (Eur, AccountStatus::Provisioning)
    );
    assert_eq!(job.rail_account, None);
    assert_eq!(job.absence_clear_in, Duration::ZERO);
    assert_eq!(take(world).await, []);
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    assert_ne!(take_one(world).await.lease, job.lease);
}

async fn the_rails_id_is_kept(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    open(world, &customer, Gbp).await;
    let job = take_one(world).await;
    assert!(bind(world, &job, "account-1").await);
    release(world, &job, AccountRelease::LookAgain(Duration::ZERO)).await;
    let job = take_one(world).await;
    assert_eq!(job.rail_account, Some(rail_account("account-1")));
}

async fn an_account_is_activated_with_its_details(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let (opened, job) = active(world, &customer).await;
    let state = AccountState::Active(account_details());
    let expected = VirtualAccount { state, ..opened };
    assert_eq!(all(world, &customer).await, vec![expected.clone()]);
    let mark = AccountMark {
        account: expected.id,
        currency: Gbp,
    };
    let told = [EventDetail::Created, EventDetail::AccountActivated(mark)];
    assert_eq!(details(world, &customer).await, told);
    assert!(!settle(world, &job, AccountState::Failed).await);
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
    // It is open still.
    let claim = account_claim(&by_id(&customer));
    let again = try_open(world, world.tenant, &customer, Gbp, &claim).await;
    assert_eq!(again, None);
}

async fn an_account_that_failed_makes_room_for_another(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let first = open(world, &customer, Gbp).await;
    let job = take_one(world).await;
    assert!(settle(world, &job, AccountState::Failed).await);
    let mark = AccountMark {
        account: first.id,
        currency: Gbp,
    };
    let told = [EventDetail::Created, EventDetail::AccountFailed(mark)];
    assert_eq!(details(world, &customer).await, told);
    let second = open(world, &customer, Gbp).await;
    let states: Vec<_> = all(world, &customer)
        .await
        .into_iter()
        .map(|account| (account.id, account.state))
        .collect();
    let expected = [
        (second.id, AccountState::Provisioning),
        (first.id, AccountState::Failed),
    ];
    assert_eq!(states, expected);
}

async fn closing_is_no_event(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    active(world, &customer).await;
    let id = rail_account("account-1");
    let hastened = world.store().hasten_accounts(Env::Test, &id, None).await;
    assert_eq!(hastened, Ok(true));
    let job = take_one(world).await;
    assert_eq!(job.status, AccountStatus::Active);
    assert!(settle(world, &job, AccountState::Closed).await);
    let account = all(world, &customer).await.remove(0);
    assert_eq!(account.state, AccountState::Closed);
    assert_eq!(details(world, &customer).await.len(), 2);
    let hastened = world.store().hasten_accounts(Env::Test, &id, None).await;
    assert_eq!(hastened, Ok(false));
}

async fn a_customers_standing_is_told(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    open(world, &customer, Gbp).await;
    let job = take_one(world).await;
    for status in [Status::Verified, Status::Pending, Status::Rejected] {
        world
            .adapter
            .set_status(world.tenant, customer.id, status)
            .await;
        let told = world.store().account_customer(&job).await;
        assert_eq!(told, Ok(status));
    }
}

async fn doubt_lasts_as_long_as_was_said(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    open(world, &customer, Gbp).await;
    let about = |seconds: u64| seconds - 20..=seconds;
    let job = take_one(world).await;
    let unclear = AccountRelease::Failed(AbsenceClear::After(Duration::from_secs(3_000)));
    release(world, &job, unclear).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let job = take_one(world).await;
    assert!(about(2_400).contains(&job.absence_clear_in.as_secs()));
    let later = AccountRelease::LookAgain(Duration::from_secs(1_000));
    release(world, &job, later).await;
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let job = take_one(world).await;
    assert!(about(1_200).contains(&job.absence_clear_in.as_secs()));
    release(world, &job, AccountRelease::Failed(AbsenceClear::Now)).await;
    world.adapter.advance(Duration::from_secs(60)).await;
    assert_eq!(take_one(world).await.absence_clear_in, Duration::ZERO);
}

async fn the_rails_word_makes_open_accounts_due(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    active(world, &customer).await;
    open(world, &customer, Usd).await;
    let job = take_one(world).await;
    let later = AccountRelease::LookAgain(Duration::from_secs(3_000));
    release(world, &job, later).await;
    assert_eq!(take(world).await, []);
    let hasten = async |env, account: &str, customer: Option<&str>| {
        let customer = customer.map(rail_id);
        let account = rail_account(account);
        let hastened = world
            .store()
            .hasten_accounts(env, &account, customer.as_ref());
        hastened.await.unwrap()
    };
    let theirs = customer.id.to_string();
    assert!(!hasten(Env::Test, "unknown", None).await);
    assert!(!hasten(Env::Test, "unknown", Some("nobody")).await);
    assert!(!hasten(Env::Live, "account-1", Some(&theirs)).await);
    // One whose id is not known here yet.
    assert!(hasten(Env::Test, "unknown", Some(&theirs)).await);
    let taken = take(world).await;
    assert_eq!(taken.len(), 2, "{taken:?}");
    for job in &taken {
        release(world, job, AccountRelease::LookAgain(PATIENT)).await;
    }
    assert!(hasten(Env::Test, "account-1", None).await);
    let job = take_one(world).await;
    assert_eq!(job.status, AccountStatus::Active);
    release(world, &job, AccountRelease::Done).await;
    world.adapter.advance(PATIENT * 2).await;
    assert_eq!(take(world).await.len(), 1, "the one in dollars");
}

async fn what_is_said_during_a_look_is_looked_at_again(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    open(world, &customer, Gbp).await;
    let hasten = async || {
        let theirs = rail_id(&customer.id.to_string());
        let id = rail_account("account-1");
        let hastened = world.store().hasten_accounts(Env::Test, &id, Some(&theirs));
        assert_eq!(hastened.await, Ok(true));
    };
    let job = take_one(world).await;
    assert!(bind(world, &job, "account-1").await);
    hasten().await;
    release(world, &job, AccountRelease::LookAgain(PATIENT)).await;
    let job = take_one(world).await;
    hasten().await;
    let state = AccountState::Active(account_details());
    assert!(settle(world, &job, state).await);
    let job = take_one(world).await;
    hasten().await;
    release(world, &job, AccountRelease::Done).await;
    take_one(world).await;
}

async fn who_lost_the_lease_changes_nothing(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let opened = open(world, &customer, Gbp).await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let new = take_one(world).await;
    assert!(!bind(world, &old, "account-1").await);
    assert!(!settle(world, &old, AccountState::Failed).await);
    release(world, &old, AccountRelease::LookAgain(Duration::ZERO)).await;
    assert_eq!(take(world).await, []);
    assert_eq!(all(world, &customer).await, [opened]);
    assert!(settle(world, &new, AccountState::Failed).await);
}

async fn accounts_page_from_the_newest(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    let other = verified(world, world.tenant).await;
    let strange = open(world, &other, Gbp).await;
    let mut all = Vec::new();
    for currency in [Gbp, Usd, Eur] {
        all.insert(0, open(world, &customer, currency).await);
    }
    let page = async |limit, after| {
        let request = AccountPageRequest {
            customer: by_reference(&customer),
            limit,
            after,
        };
        let page = world.store().accounts_page(world.tenant, &request).await?;
        let page = page.unwrap();
        Ok::<_, PageError>((page.accounts, page.has_more))
    };
    assert_eq!(page(2, None).await, Ok((all[..2].to_vec(), true)));
    let second = page(2, Some(all[1].id)).await;
    assert_eq!(second, Ok((all[2..].to_vec(), false)));
    assert_eq!(page(2, Some(all[2].id)).await, Ok((vec![], false)));
    for unknown in [strange.id, world.ids.mint()] {
        let refused = page(2, Some(unknown)).await;
        assert_eq!(refused, Err(PageError::UnknownCursor));
    }
}

async fn accounts_of_strangers_do_not_exist(world: &World<impl Adapter>) {
    let customer = verified(world, world.tenant).await;
    open(world, &customer, Gbp).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [world.new_tenant(Env::Test).await, live] {
        let request = AccountPageRequest {
            customer: by_id(&customer),
            limit: 10,
            after: None,
        };
        let page = world.store().accounts_page(tenant, &request).await;
        assert_eq!(page, Ok(None));
        let handle = by_id(&customer);
        let claim = account_claim(&handle);
        let basis = world
            .store()
            .account_basis(tenant, &handle, Some(Gbp), &claim);
        let basis = basis.await.unwrap();
        assert_eq!((basis.customer, basis.open), (None, None));
    }
    let of_live = world.store().take_due_accounts(Env::Live, LEASE, 100).await;
    assert_eq!(of_live, Ok(vec![]));
}
