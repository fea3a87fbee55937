//! Wallets, virtual bank accounts and payouts.

pub(crate) mod account;
pub(crate) mod account_routes;
pub(crate) mod currency;
pub(crate) mod payout;
pub(crate) mod payout_order;
pub(crate) mod payout_routes;
pub(crate) mod payouts;
pub(crate) mod wallet;
pub(crate) mod wallet_routes;
