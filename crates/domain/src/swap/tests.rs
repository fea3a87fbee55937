#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
use super::*;
use crate::{
    id::CustomerId,
    values::{DisplayName, TransactionHash},
};
use SwapStatus::{
    AwaitingDeposit, Cancelled, Completed, DepositReceived, Expired, Failed, Swapping,
};

/// Every pair of statuses between which there is a step.
const ALLOWED: [(SwapStatus, SwapStatus); 7] = [
    (AwaitingDeposit, DepositReceived),
    (AwaitingDeposit, Expired),
    (AwaitingDeposit, Cancelled),
    (DepositReceived, Swapping),
    (DepositReceived, Failed),
    (Swapping, Completed),
    (Swapping, Failed),
];

fn swap() -> Swap {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let holder = Holder {
        id: CustomerId::parse_hyphenated(id).unwrap(),
        name: DisplayName::parse("Ada Obi").unwrap(),
    };
    let order = SwapOrder {
        pair: Pair {
            from: CurrencyCode::parse("USDC").unwrap(),
            to: CurrencyCode::parse("EURC").unwrap(),
        },
        amount: Amount::parse("100.5").unwrap(),
        destination: Base58Address::parse(&"1".repeat(32)).unwrap(),
    };
    let terms = SwapTerms {
        rate: Rate::from_millionths(920_000).unwrap(),
        fee: BasisPoints::new(30).unwrap(),
        deposit_address: ChainAddress::parse_account("deposit-account").unwrap(),
        deposit_wallet: ChainAddress::parse_account("deposit-wallet").unwrap(),
    };
    Swap::opened(SwapId::parse_hyphenated(id).unwrap(), holder, order, terms)
}

fn late() -> DateTime<Utc> {
    swap().expires_at()
}

fn steps() -> [SwapStep; 6] {
    let hash = |text| TransactionHash::parse(text).unwrap();
    [
        SwapStep::ReceiveDeposit {
            received: Amount::parse("99").unwrap(),
        },
        SwapStep::Begin,
        SwapStep::Complete {
            output: AtomicUnits::new(91_080_000).unwrap(),
            swap_transaction: hash("swap"),
            payout_transaction: hash("payout"),
        },
        SwapStep::Fail {
            failure: SwapFailure::Exchange,
        },
        SwapStep::Expire,
        SwapStep::Cancel,
    ]
}

/// A swap that has come so far.
fn swap_in(status: SwapStatus) -> Swap {
    let [receive, begin, complete, fail, expire, cancel] = steps();
    let way = match status {
        AwaitingDeposit => vec![],
        DepositReceived => vec![receive],
        Swapping => vec![receive, begin],
        Completed => vec![receive, begin, complete],
        Failed => vec![receive, fail],
        Expired => vec![expire],
        Cancelled => vec![cancel],
    };
    way.into_iter()
        .fold(swap(), |swap, step| swap.after(step, late()).unwrap())
}

#[test]
fn the_whole_matrix_follows_the_table() {
    for from in SwapStatus::ALL {
        for step in steps() {
            let to = step.leads_to();
            let before = swap_in(from);
            let after = before.after(step, late());
            if ALLOWED.contains(&(from, to)) {
                assert_eq!(after.unwrap().state.status(), to, "{from:?} → {to:?}");
            } else {
                assert_eq!(after, Err(StepRefused { from, to }));
            }
        }
    }
}

#[test]
fn no_step_leads_out_of_a_final_status() {
    for status in SwapStatus::ALL {
        let leads_on = ALLOWED.iter().any(|(from, _)| *from == status);
        assert_eq!(status.is_final(), !leads_on, "{status:?}");
    }
}

#[test]
fn what_is_known_stays_known() {
    let received = Amount::parse("99").unwrap();
    for (status, expected) in [
        (AwaitingDeposit, None),
        (DepositReceived, Some(received)),
        (Swapping, Some(received)),
        (Completed, Some(received)),
        (Failed, Some(received)),
        (Expired, None),
        (Cancelled, None),
    ] {
        assert_eq!(swap_in(status).state.received(), expected, "{status:?}");
    }
    let SwapState::Completed(completion) = swap_in(Completed).state else {
        unreachable!("a completed swap")
    };
    assert_eq!(completion.at, late());
}

#[test]
fn a_deposit_is_waited_for_half_an_hour() {
    let swap = swap();
    assert_eq!(
        (swap.expires_at() - swap.id.created_at()).num_seconds(),
        1_800
    );
    let too_early = swap.expires_at() - TimeDelta::milliseconds(1);
    assert!(swap.after(SwapStep::Expire, too_early).is_err());
    let expired = swap.after(SwapStep::Expire, swap.expires_at()).unwrap();
    assert_eq!(expired.updated_at, swap.expires_at());
}

#[test]
fn the_time_of_the_last_change_never_runs_back() {
    let received = swap_in(DepositReceived);
    let earlier = received.updated_at - TimeDelta::seconds(1);
    let after = received.after(SwapStep::Begin, earlier).unwrap();
    assert_eq!(after.updated_at, received.updated_at);
}

#[test]
fn only_what_went_wrong_has_a_sentence() {
    for (status, expected) in [
        (Failed, Some("The exchange could not be carried out.")),
        (Expired, Some("No deposit arrived within 30 minutes.")),
        (Cancelled, None),
        (Completed, None),
        (AwaitingDeposit, None),
    ] {
        let sentence = swap_in(status).state.problem().map(SwapProblem::sentence);
        assert_eq!(sentence, expected, "{status:?}");
    }
}

#[test]
fn the_output_is_the_amount_at_the_rate() {
    assert_eq!(swap().expected_output().decimal(), "92.46");
}

#[test]
fn words_read_back() {
    for status in SwapStatus::ALL {
        assert_eq!(SwapStatus::parse(status.as_str()), Ok(status));
    }
    for failure in SwapFailure::ALL {
        assert_eq!(SwapFailure::parse(failure.as_str()), Ok(failure));
    }
    assert!(SwapStatus::parse("COMPLETED").is_err());
    assert!(SwapFailure::parse("").is_err());
}
