//! The sealed parts of payouts and virtual accounts: each under a data key of its own, bound to its row.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;
use vouch_domain::{
    payout::Recipient,
    ports::StoreError,
    tenant::Tenant,
    values::{AccountDetail, InteracEmail, Name, Rejected},
    virtual_account::AccountDetails,
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    rows::broken,
    sealing::{MasterKeys, Sealed},
};

/// Who gets a payout, as stored.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct StoredRecipient {
    interac_email: String,
    first_name: String,
    last_name: String,
}

/// The details of an account, as stored.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct StoredDetails {
    account_number: Option<String>,
    account_name: Option<String>,
    bank_name: Option<String>,
    bank_code: Option<String>,
}

/// Seals the recipient of one payout.
pub(crate) fn seal_recipient(
    keys: &MasterKeys,
    tenant: Tenant,
    payout: Uuid,
    recipient: &Recipient,
) -> Result<Sealed, StoreError> {
    let stored = StoredRecipient {
        interac_email: recipient.interac_email.as_str().to_owned(),
        first_name: recipient.first_name.as_str().to_owned(),
        last_name: recipient.last_name.as_str().to_owned(),
    };
    seal(keys, &place("payouts.recipient", tenant, payout), &stored)
}

/// Opens the recipient of one payout.
pub(crate) fn open_recipient(
    keys: &MasterKeys,
    tenant: Tenant,
    payout: Uuid,
    sealed: &Sealed,
) -> Result<Recipient, StoreError> {
    let place = place("payouts.recipient", tenant, payout);
    let stored: StoredRecipient = open(keys, &place, sealed)?;
    let read = || -> Result<Recipient, Rejected> {
        Ok(Recipient {
            interac_email: InteracEmail::restore(stored.interac_email.clone())?,
            first_name: Name::restore(stored.first_name.clone())?,
            last_name: Name::restore(stored.last_name.clone())?,
        })
    };
    read().map_err(|_| broken("recipient"))
}

/// Seals the details of one account.
pub(crate) fn seal_details(
    keys: &MasterKeys,
    tenant: Tenant,
    account: Uuid,
    details: &AccountDetails,
) -> Result<Sealed, StoreError> {
    let text = |detail: &Option<AccountDetail>| {
        let detail = detail.as_ref()?;
        Some(detail.expose().to_owned())
    };
    let stored = StoredDetails {
        account_number: text(&details.account_number),
        account_name: text(&details.account_name),
        bank_name: text(&details.bank_name),
        bank_code: text(&details.bank_code),
    };
    let place = place("virtual_accounts.details", tenant, account);
    seal(keys, &place, &stored)
}

/// Opens the details of one account.
pub(crate) fn open_details(
    keys: &MasterKeys,
    tenant: Tenant,
    account: Uuid,
    sealed: &Sealed,
) -> Result<AccountDetails, StoreError> {
    let place = place("virtual_accounts.details", tenant, account);
    let stored: StoredDetails = open(keys, &place, sealed)?;
    let detail = |text: &Option<String>| text.clone().map(AccountDetail::restore).transpose();
    let read = || -> Result<AccountDetails, Rejected> {
        Ok(AccountDetails {
            account_number: detail(&stored.account_number)?,
            account_name: detail(&stored.account_name)?,
            bank_name: detail(&stored.bank_name)?,
            bank_code: detail(&stored.bank_code)?,
        })
    };
    read().map_err(|_| broken("account detail"))
}

fn place(column: &str, tenant: Tenant, row: Uuid) -> String {
    let organisation = tenant.organisation.uuid();
    format!("{column} {organisation} {} {row}", tenant.env.as_str())
}

fn seal(keys: &MasterKeys, place: &str, value: &impl Serialize) -> Result<Sealed, StoreError> {
    let json = serde_json::to_vec(value).map_err(|_| broken("sealed value"))?;
    let json = Zeroizing::new(json);
    keys.seal_with_data_key(place, &json)
        .map_err(|error| StoreError::Defect(error.to_string()))
}

fn open<T: DeserializeOwned>(
    keys: &MasterKeys,
    place: &str,
    sealed: &Sealed,
) -> Result<T, StoreError> {
    let json = keys
        .open_with_data_key(place, &sealed.data_key, &sealed.value)
        .map_err(|error| StoreError::Defect(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|_| broken("sealed value"))
}
