//! What virtual accounts and payouts are asked for with.

use std::sync::atomic::{AtomicU64, Ordering};

use vouch_domain::{
    customer::CustomerHandle,
    idempotency::{KeyClaim, Operation},
    money::MinorUnits,
    payout::{PayoutRequest, RecipientRequest},
    values::{AccountDetail, FiatCurrency, InteracEmail, MerchantReference, Name},
    virtual_account::AccountDetails,
};

use crate::unique_claim;

/// 12.50 Canadian dollars for Grace Hopper at this address, or at the customer's own, under a merchant reference that
/// nobody used.
#[must_use]
pub fn payout_request(
    customer: &CustomerHandle,
    interac_email: Option<InteracEmail>,
) -> PayoutRequest {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = |text: &str| Name::restore(text.to_owned()).expect("a name");
    PayoutRequest {
        customer: Some(customer.clone()),
        currency: FiatCurrency::Cad,
        amount: MinorUnits::new(1_250).expect("a sum"),
        merchant_reference: MerchantReference::parse(&format!("invoice-{number}"))
            .expect("a reference"),
        recipient: RecipientRequest {
            interac_email,
            first_name: name("Grace"),
            last_name: name("Hopper"),
        },
    }
}

/// A claim on a key that nobody used, for a payout.
#[must_use]
pub fn payout_claim() -> KeyClaim {
    KeyClaim {
        operation: Operation::CreatePayout,
        ..unique_claim()
    }
}

/// A claim on a key that nobody used, for an account of this customer.
#[must_use]
pub fn account_claim(customer: &CustomerHandle) -> KeyClaim {
    KeyClaim {
        operation: Operation::OpenAccount(customer.clone()),
        ..unique_claim()
    }
}

/// The details of an account, all of them.
#[must_use]
pub fn account_details() -> AccountDetails {
    let detail = |text: &str| Some(AccountDetail::parse(text).expect("a detail"));
    AccountDetails {
        account_number: detail("12345678"),
        account_name: detail("Ada Obi"),
        bank_name: detail("Sandbox Bank"),
        bank_code: detail("00-00-00"),
    }
}
