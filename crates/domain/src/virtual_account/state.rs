//! How far a virtual account has come, and what the rail's word makes of it.

use crate::values::{AccountDetail, Rejected};

/// The word for how far an account has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// The rail has not opened it.
    Provisioning,
    /// It can be paid into.
    Active,
    /// It was not opened, because the rail would not or because its customer was no longer verified; or the rail gave it
    /// up. Final.
    Failed,
    /// The rail closed it, or its customer was closed. Final.
    Closed,
}

impl AccountStatus {
    /// All, in the order of an account's life.
    pub const ALL: [Self; 4] = [Self::Provisioning, Self::Active, Self::Failed, Self::Closed];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Closed => "closed",
        }
    }

    /// Reads the word, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other word.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(Rejected("must be a status of a virtual account"))
    }

    /// What follows when the rail says this of an account in this status; nothing when it stays as it is. A late word never
    /// takes an account back, and what has ended stays so.
    #[must_use]
    pub fn after(self, told: AccountState) -> Option<AccountState> {
        let moves = match (self, told.status()) {
            (Self::Provisioning, to) => to != Self::Provisioning,
            (Self::Active, to) => !to.is_open(),
            (Self::Failed | Self::Closed, _) => false,
        };
        moves.then_some(told)
    }

    /// Whether the customer has the account, now or soon: then it can have no second one in that currency.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Provisioning | Self::Active)
    }
}

/// How far an account has come, with all that is known by then: here, or by the word of the rail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountState {
    /// The rail has not opened it.
    Provisioning,
    /// It can be paid into.
    Active(AccountDetails),
    /// It was not opened, or the rail gave it up.
    Failed,
    /// The rail closed it, or its customer was closed.
    Closed,
}

impl AccountState {
    /// The word for it.
    #[must_use]
    pub fn status(&self) -> AccountStatus {
        match self {
            Self::Provisioning => AccountStatus::Provisioning,
            Self::Active(_) => AccountStatus::Active,
            Self::Failed => AccountStatus::Failed,
            Self::Closed => AccountStatus::Closed,
        }
    }
}

/// What the holder gives to whoever pays. Sealed at rest, because it is a real person's account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountDetails {
    /// The account number; an IBAN where the currency is the euro.
    pub account_number: Option<AccountDetail>,
    /// In whose name the account is.
    pub account_name: Option<AccountDetail>,
    /// The bank's name.
    pub bank_name: Option<AccountDetail>,
    /// By which code payers name the bank: a sort code, a routing number or a BIC.
    pub bank_code: Option<AccountDetail>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccountStatus::{Active, Closed, Failed, Provisioning};

    fn state(status: AccountStatus) -> AccountState {
        match status {
            Provisioning => AccountState::Provisioning,
            Active => AccountState::Active(AccountDetails::default()),
            Failed => AccountState::Failed,
            Closed => AccountState::Closed,
        }
    }

    /// Every change that there is.
    const MOVES: [(AccountStatus, AccountStatus); 5] = [
        (Provisioning, Active),
        (Provisioning, Failed),
        (Provisioning, Closed),
        (Active, Failed),
        (Active, Closed),
    ];

    #[test]
    fn the_whole_matrix_follows_the_table() {
        for from in AccountStatus::ALL {
            for told in AccountStatus::ALL {
                let after = from.after(state(told));
                let expected = MOVES.contains(&(from, told)).then(|| state(told));
                assert_eq!(after, expected, "{from:?}, told {told:?}");
            }
        }
    }

    #[test]
    fn words_read_back() {
        for status in AccountStatus::ALL {
            assert_eq!(AccountStatus::parse(status.as_str()), Ok(status));
            assert_eq!(state(status).status(), status);
        }
        assert!(AccountStatus::parse("ACTIVE").is_err());
    }

    #[test]
    fn an_account_is_open_until_it_has_ended() {
        let open = AccountStatus::ALL.map(AccountStatus::is_open);
        assert_eq!(open, [true, true, false, false]);
    }
}
