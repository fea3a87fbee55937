//! Virtual accounts: bank accounts that the rail keeps in a customer's name, to be paid into.

mod state;

pub use state::{AccountDetails, AccountState, AccountStatus};

use crate::{
    id::{CustomerId, VirtualAccountId},
    values::{CustomerReference, FiatCurrency},
};

/// One account of one customer. At a time it has one that is provisioning or active for each currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualAccount {
    /// Its id, which also tells when it was asked for.
    pub id: VirtualAccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// The organisation's own name for that customer.
    pub reference: CustomerReference,
    /// What is paid into it.
    pub currency: FiatCurrency,
    /// How far it has come.
    pub state: AccountState,
}
