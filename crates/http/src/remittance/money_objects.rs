//! The objects of the Remittance contract, section 9: virtual accounts and payouts.

use chrono::{DateTime, Utc};
use serde::Serialize;
use vouch_domain::{
    customer::CustomerSummary,
    event::{AccountMark, PayoutMark},
    id::{CustomerId, PayoutId, VirtualAccountId},
    money::MinorUnits,
    payout::{Payout, PayoutEnd, PayoutFailure},
    tenant::Env,
    values::AccountDetail,
    virtual_account::{AccountDetails, AccountState, AccountStatus, VirtualAccount},
};

use super::objects::{display, seconds};

/// A virtual account without what only its owner is shown on asking: as an event names it.
#[derive(Serialize)]
pub(super) struct AccountMarkObject<'a> {
    object: &'static str,
    #[serde(serialize_with = "display")]
    id: VirtualAccountId,
    env: &'static str,
    #[serde(serialize_with = "display")]
    customer_id: CustomerId,
    customer_reference: &'a str,
    currency: &'static str,
    status: &'static str,
    #[serde(serialize_with = "seconds")]
    created_at: DateTime<Utc>,
}

impl<'a> AccountMarkObject<'a> {
    pub(super) fn new(
        mark: &AccountMark,
        status: AccountStatus,
        customer: &'a CustomerSummary,
        env: Env,
    ) -> Self {
        Self {
            object: "virtual_account",
            id: mark.account,
            env: env.as_str(),
            customer_id: customer.id,
            customer_reference: customer.reference.as_str(),
            currency: mark.currency.as_str(),
            status: status.as_str(),
            created_at: mark.account.created_at(),
        }
    }
}

/// A virtual account.
#[derive(Serialize)]
pub(super) struct AccountObject<'a> {
    object: &'static str,
    #[serde(serialize_with = "display")]
    id: VirtualAccountId,
    env: &'static str,
    #[serde(serialize_with = "display")]
    customer_id: CustomerId,
    customer_reference: &'a str,
    currency: &'static str,
    status: &'static str,
    account_number: Option<&'a str>,
    account_name: Option<&'a str>,
    bank_name: Option<&'a str>,
    bank_code: Option<&'a str>,
    #[serde(serialize_with = "seconds")]
    created_at: DateTime<Utc>,
}

impl<'a> AccountObject<'a> {
    pub(super) fn new(account: &'a VirtualAccount, env: Env) -> Self {
        let details = match &account.state {
            AccountState::Active(details) => Some(details),
            AccountState::Provisioning | AccountState::Failed | AccountState::Closed => None,
        };
        let detail = |of: fn(&AccountDetails) -> &Option<AccountDetail>| {
            let detail = of(details?).as_ref()?;
            Some(detail.expose())
        };
        Self {
            object: "virtual_account",
            id: account.id,
            env: env.as_str(),
            customer_id: account.customer,
            customer_reference: account.reference.as_str(),
            currency: account.currency.as_str(),
            status: account.state.status().as_str(),
            account_number: detail(|details| &details.account_number),
            account_name: detail(|details| &details.account_name),
            bank_name: detail(|details| &details.bank_name),
            bank_code: detail(|details| &details.bank_code),
            created_at: account.id.created_at(),
        }
    }
}

/// A payout. Nobody is shown its recipient.
#[derive(Serialize)]
pub(super) struct PayoutObject<'a> {
    object: &'static str,
    #[serde(serialize_with = "display")]
    id: PayoutId,
    env: &'static str,
    #[serde(serialize_with = "display")]
    customer_id: CustomerId,
    customer_reference: &'a str,
    currency: &'static str,
    #[serde(serialize_with = "display")]
    amount_minor: MinorUnits,
    merchant_reference: &'a str,
    status: &'static str,
    failure_code: Option<&'static str>,
    #[serde(serialize_with = "seconds")]
    created_at: DateTime<Utc>,
}

impl<'a> PayoutObject<'a> {
    pub(super) fn new(payout: &'a Payout, env: Env) -> Self {
        Self {
            object: "payout",
            id: payout.id,
            env: env.as_str(),
            customer_id: payout.customer,
            customer_reference: payout.reference.as_str(),
            currency: payout.currency.as_str(),
            amount_minor: payout.amount,
            merchant_reference: payout.merchant_reference.as_str(),
            status: payout.state.status().as_str(),
            failure_code: payout.state.failure().map(PayoutFailure::as_str),
            created_at: payout.id.created_at(),
        }
    }

    /// A payout that has ended, as its event tells it.
    pub(super) fn ended(
        mark: &'a PayoutMark,
        end: PayoutEnd,
        customer: &'a CustomerSummary,
        env: Env,
    ) -> Self {
        Self {
            object: "payout",
            id: mark.payout,
            env: env.as_str(),
            customer_id: customer.id,
            customer_reference: customer.reference.as_str(),
            currency: mark.currency.as_str(),
            amount_minor: mark.amount,
            merchant_reference: mark.merchant_reference.as_str(),
            status: end.status().as_str(),
            failure_code: end.failure().map(PayoutFailure::as_str),
            created_at: mark.payout.created_at(),
        }
    }
}
