//! All customers in memory, in the order of their creation.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::customer::Customer;

/// Fields that the rail filters by or keeps unique, and that are therefore indexed.
const INDEXED: [&str; 3] = ["email", "id_number", "registration_number"];

/// The records and their indexes.
#[derive(Default)]
pub(crate) struct Customers {
    records: Vec<Customer>,
    positions: HashMap<Uuid, usize>,
    by_value: HashMap<(&'static str, String), BTreeSet<usize>>,
}

impl Customers {
    /// Adds the record, or replaces the one with its id.
    pub(crate) fn put(&mut self, customer: Customer) {
        let position = self
            .positions
            .get(&customer.id)
            .copied()
            .unwrap_or(self.records.len());
        for key in self
            .records
            .get(position)
            .map(index_keys)
            .unwrap_or_default()
        {
            if let Some(positions) = self.by_value.get_mut(&key) {
                positions.remove(&position);
            }
        }
        for key in index_keys(&customer) {
            self.by_value.entry(key).or_default().insert(position);
        }
        self.positions.insert(customer.id, position);
        match self.records.get_mut(position) {
            Some(record) => *record = customer,
            None => self.records.push(customer),
        }
    }

    /// The record with this id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&Customer> {
        self.records.get(*self.positions.get(&id)?)
    }

    /// Every record, oldest first.
    pub(crate) fn all(&self) -> &[Customer] {
        &self.records
    }

    /// The records whose fields equal every one of `filters`, oldest first.
    pub(crate) fn matching<'a>(&'a self, filters: &'a [(&str, &str)]) -> Vec<&'a Customer> {
        let matches = |customer: &&Customer| {
            filters
                .iter()
                .all(|(field, value)| customer.text(field) == Some(value))
        };
        let indexed = filters.iter().find_map(|(field, value)| {
            INDEXED
                .into_iter()
                .find(|name| name == field)
                .map(|name| (name, *value))
        });
        let Some((field, value)) = indexed else {
            return self.records.iter().filter(matches).collect();
        };
        let positions = self
            .by_value
            .get(&(field, value.to_owned()))
            .into_iter()
            .flatten();
        positions
            .filter_map(|position| self.records.get(*position))
            .filter(matches)
            .collect()
    }
}

fn index_keys(customer: &Customer) -> Vec<(&'static str, String)> {
    INDEXED
        .into_iter()
        .filter_map(|field| Some((field, customer.text(field)?.to_owned())))
        .collect()
}
