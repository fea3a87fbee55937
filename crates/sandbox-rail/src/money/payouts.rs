//! All payouts in memory, with what they have in common.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::{
    money::{
        currency::{Amount, Currency},
        payout::Payout,
    },
    table::Table,
};

/// The records, the platform's references to them, and what they took out of the wallets.
#[derive(Default)]
pub(crate) struct Payouts {
    records: Table<Payout>,
    by_reference: HashMap<String, Uuid>,
    spent: BTreeMap<Currency, i64>,
}

impl Payouts {
    /// Adds the record, or replaces the one with its id.
    pub(crate) fn put(&mut self, payout: Payout) {
        if let Some(reference) = &payout.merchant_reference {
            self.by_reference.insert(reference.clone(), payout.id);
        }
        let (currency, taken) = (payout.currency, payout.taken());
        let (_, previous) = self.records.put(payout);
        let returned = previous.map_or(0, |previous| previous.taken().0);
        *self.spent.entry(currency).or_default() += taken.0 - returned;
    }

    /// The record with this id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&Payout> {
        self.records.get(id)
    }

    /// The record that the platform calls so.
    pub(crate) fn of_reference(&self, reference: &str) -> Option<&Payout> {
        self.get(*self.by_reference.get(reference)?)
    }

    /// Every record, oldest first.
    pub(crate) fn all(&self) -> &[Payout] {
        self.records.all()
    }

    /// What payouts took out of the wallet and did not bring back.
    pub(crate) fn spent(&self, currency: Currency) -> Amount {
        Amount(self.spent.get(&currency).copied().unwrap_or_default())
    }
}
