//! What closing a customer does to its payouts and its accounts, and what they do to it.

use vouch_domain::{
    customer::{Cause::Merchant, Status::Closed},
    event::EventDetail,
    payout::PayoutEnd,
    ports::{AccountJobs, TransitionOutcome},
    tenant::Env,
    values::FiatCurrency::{Eur, Gbp, Usd},
    virtual_account::AccountState,
};
use vouch_testkit::{account_claim, interac_email, payout_claim, payout_request};

use crate::{
    harness::{Adapter, World, by_id, contract, rail_id},
    payouts,
    status_changes::moved,
    virtual_accounts::{
        PATIENT, active, all, bind, details, open, rail_account, settle, take, take_one, try_open,
        verified,
    },
};

contract![
    a_customer_is_closed_only_when_its_payouts_have_ended,
    closing_and_paying_never_both_win,
    accounts_are_closed_with_their_customer,
    closing_and_opening_never_both_win,
];

async fn a_customer_is_closed_only_when_its_payouts_have_ended(world: &World<impl Adapter>) {
    let customer = payouts::verified(world, world.tenant).await;
    payouts::insert(world, &customer).await;
    payouts::insert(world, &customer).await;
    for job in payouts::take(world).await {
        let refused = moved(world, &customer, Closed, Merchant).await;
        assert_eq!(refused, TransitionOutcome::PayoutsProcessing);
        assert!(payouts::end(world, &job, PayoutEnd::Paid).await);
    }
    let closed = moved(world, &customer, Closed, Merchant).await;
    assert!(
        matches!(closed, TransitionOutcome::Changed { .. }),
        "{closed:?}"
    );
}

async fn closing_and_paying_never_both_win(world: &World<impl Adapter>) {
    for _ in 0..8 {
        let customer = payouts::verified(world, world.tenant).await;
        let address = interac_email("grace@example.com");
        let request = payout_request(&by_id(&customer), Some(address));
        let claim = payout_claim();
        let (closed, made) = futures_util::future::join(
            moved(world, &customer, Closed, Merchant),
            payouts::try_insert(world, world.tenant, &request, &claim),
        )
        .await;
        match closed {
            TransitionOutcome::Changed { .. } => assert_eq!(made, None),
            TransitionOutcome::PayoutsProcessing => assert!(made.is_some()),
            other => panic!("{other:?}"),
        }
    }
}

async fn accounts_are_closed_with_their_customer(world: &World<impl Adapter>) {
    let (ours, other) = (
        verified(world, world.tenant).await,
        verified(world, world.tenant).await,
    );
    active(world, &ours).await;
    open(world, &ours, Eur).await;
    let held = take_one(world).await;
    open(world, &ours, Usd).await;
    open(world, &other, Gbp).await;
    assert!(matches!(
        moved(world, &ours, Closed, Merchant).await,
        TransitionOutcome::Changed { .. }
    ));
    let states: Vec<_> = all(world, &ours)
        .await
        .into_iter()
        .map(|account| account.state)
        .collect();
    assert_eq!(states, [const { AccountState::Closed }; 3]);
    // Whoever looks after one has lost it, and nobody else comes to.
    assert!(!bind(world, &held, "account-2").await);
    assert!(!settle(world, &held, AccountState::Failed).await);
    let told = details(world, &ours).await;
    assert_eq!(told.last(), Some(&EventDetail::Closed));
    world.adapter.advance(PATIENT).await;
    let due = take_one(world).await;
    assert_eq!(due.rail_customer, rail_id(&other.id.to_string()));
    let id = rail_account("account-1");
    let hastened = world.store().hasten_accounts(Env::Test, &id, None).await;
    assert_eq!(hastened, Ok(false));
}

async fn closing_and_opening_never_both_win(world: &World<impl Adapter>) {
    for _ in 0..8 {
        let customer = verified(world, world.tenant).await;
        let claim = account_claim(&by_id(&customer));
        let opening = try_open(world, world.tenant, &customer, Gbp, &claim);
        let (closed, _) =
            futures_util::future::join(moved(world, &customer, Closed, Merchant), opening).await;
        assert!(matches!(closed, TransitionOutcome::Changed { .. }));
        for account in all(world, &customer).await {
            assert_eq!(account.state, AccountState::Closed);
        }
        assert_eq!(take(world).await, []);
    }
}
