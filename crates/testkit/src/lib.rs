//! What the tests of all crates share: builders, a clock that stands still, the ports in memory, a rail that does as it
//! is told, and a PostgreSQL database per test. Never part of the service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod builders;
mod clock;
mod database;
mod in_memory;
mod kyc;
mod money;
mod money_rail;
mod payment_routes;
mod proxy;
mod rail;
mod rail_kyc;
mod server;
mod swaps;

pub use builders::{
    amend_claim, business, claim, email, ids, individual, interac_email, new_key, new_tenant,
    organisation, phone, rail_customer, reference, treasury_claim, treasury_customer, unique_claim,
    unique_treasury_claim,
};
pub use clock::FixedClock;
pub use database::{ScratchDatabase, TestDatabase};
pub use in_memory::InMemory;
pub use kyc::{Pieces, StoredFile, pdf, stored_file};
pub use money::{account_claim, account_details, payout_claim, payout_request};
pub use money_rail::{MoneyCall, MoneyScript, ScriptedMoneyRail};
pub use payment_routes::{
    failed_deposit, opened_route, passed_on_deposit, pending_deposit, route_order,
};
pub use proxy::{Parsed, Wiretap};
pub use rail::{Call, Gate, Script, ScriptedRail};
pub use rail_kyc::{KycCall, KycScript};
pub use swaps::{opened_swap, swap_completion, swap_order};
