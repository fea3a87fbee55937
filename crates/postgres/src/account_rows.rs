//! How virtual accounts lie in their table.

use diesel::sql_types::{Binary, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    ports::StoreError,
    tenant::Tenant,
    values::{CustomerReference, FiatCurrency},
    virtual_account::{AccountState, AccountStatus, VirtualAccount},
};

use crate::{
    database::Store,
    money_sealing::open_details,
    rows::{broken, id},
    sealing::Sealed,
};

/// The columns of a virtual account `a` of customer `o`.
macro_rules! account_columns {
    () => {
        "a.id, o.id, o.reference, a.currency, a.status, a.data_key, a.details"
    };
}
pub(crate) use account_columns;

/// What [`account_columns`] selects.
pub(crate) type AccountSql = (
    SqlUuid,
    SqlUuid,
    Text,
    Text,
    Text,
    Nullable<Binary>,
    Nullable<Binary>,
);
/// One row of it.
pub(crate) type AccountRow = (
    Uuid,
    Uuid,
    String,
    String,
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

/// [`AccountSql`] on the far side of an outer join.
pub(crate) type MaybeAccountSql = (
    Nullable<SqlUuid>,
    Nullable<SqlUuid>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Binary>,
    Nullable<Binary>,
);
/// One row of it.
pub(crate) type MaybeAccountRow = (
    Option<Uuid>,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

/// The account of an outer join that found a row.
pub(crate) fn present(row: MaybeAccountRow) -> Option<AccountRow> {
    let (id, customer, reference, currency, status, data_key, details) = row;
    Some((
        id?, customer?, reference?, currency?, status?, data_key, details,
    ))
}

impl Store {
    /// An account as it was stored, opened.
    pub(crate) fn virtual_account(
        &self,
        tenant: Tenant,
        row: AccountRow,
    ) -> Result<VirtualAccount, StoreError> {
        let (uuid, customer, reference, currency, status, data_key, details) = row;
        let sealed = data_key.zip(details);
        let sealed = sealed.map(|(data_key, value)| Sealed { data_key, value });
        let status = AccountStatus::parse(&status).map_err(|_| broken("account status"))?;
        Ok(VirtualAccount {
            id: id(uuid)?,
            customer: id(customer)?,
            reference: CustomerReference::restore(reference).map_err(|_| broken("reference"))?,
            currency: FiatCurrency::of_account(&currency).map_err(|_| broken("currency"))?,
            state: match status {
                AccountStatus::Provisioning => AccountState::Provisioning,
                AccountStatus::Failed => AccountState::Failed,
                AccountStatus::Closed => AccountState::Closed,
                AccountStatus::Active => {
                    let sealed = sealed.ok_or_else(|| broken("account"))?;
                    let details = open_details(&self.master_keys, tenant, uuid, &sealed)?;
                    AccountState::Active(details)
                }
            },
        })
    }
}
