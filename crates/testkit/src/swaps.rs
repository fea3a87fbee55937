//! Swaps with sensible contents.

use vouch_domain::{
    customer::Holder,
    id::SwapId,
    idempotency::Grant,
    money::{Amount, AtomicUnits, BasisPoints, Rate},
    swap::{Pair, Swap, SwapOrder, SwapStep, SwapTerms},
    values::{Base58Address, ChainAddress, CurrencyCode, TransactionHash},
};

/// An order of 100.5 USDC for EURC.
#[must_use]
pub fn swap_order() -> SwapOrder {
    let code = |code| CurrencyCode::parse(code).expect("a currency");
    SwapOrder {
        pair: Pair {
            from: code("USDC"),
            to: code("EURC"),
        },
        amount: Amount::parse("100.5").expect("an amount"),
        destination: Base58Address::parse("9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin")
            .expect("an address"),
    }
}

/// The swap that this grant's operation opens for this holder.
#[must_use]
pub fn opened_swap(grant: &Grant, holder: Holder) -> Swap {
    let address = |text| ChainAddress::parse_account(text).expect("an address");
    let terms = SwapTerms {
        rate: Rate::from_millionths(920_000).expect("a rate"),
        fee: BasisPoints::new(30).expect("a fee"),
        deposit_address: address("deposit-account"),
        deposit_wallet: address("deposit-wallet"),
    };
    let id = SwapId::of_time_ordered(grant.subject);
    Swap::opened(id, holder, swap_order(), terms)
}

/// The end of such a swap, when all of it was deposited.
#[must_use]
pub fn swap_completion() -> SwapStep {
    let hash = |text| TransactionHash::parse(text).expect("a hash");
    SwapStep::Complete {
        output: AtomicUnits::new(92_460_000).expect("a sum"),
        swap_transaction: hash("exchange"),
        payout_transaction: hash("payout"),
    }
}
