//! All customers in memory, in the order of their creation.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::{customer::Customer, refusal::Refusal, table::Table};

/// Fields that the rail filters by or keeps unique, and that are therefore indexed.
const INDEXED: [&str; 3] = ["email", "id_number", "registration_number"];

/// The records and their indexes.
#[derive(Default)]
pub(crate) struct Customers {
    records: Table<Customer>,
    by_value: HashMap<(&'static str, String), BTreeSet<usize>>,
}

impl Customers {
    /// Adds the record, or replaces the one with its id.
    pub(crate) fn put(&mut self, customer: Customer) {
        let keys = index_keys(&customer);
        let (position, previous) = self.records.put(customer);
        for key in previous.iter().flat_map(index_keys) {
            if let Some(positions) = self.by_value.get_mut(&key) {
                positions.remove(&position);
            }
        }
        for key in keys {
            self.by_value.entry(key).or_default().insert(position);
        }
    }

    /// The record with this id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&Customer> {
        self.records.get(id)
    }

    /// The record with this id, or the rail's 404.
    pub(crate) fn existing(&self, id: Uuid) -> Result<&Customer, Refusal> {
        self.get(id).ok_or(Refusal::Unknown("Customer"))
    }

    /// Every record, oldest first.
    pub(crate) fn all(&self) -> &[Customer] {
        self.records.all()
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
            return self.all().iter().filter(matches).collect();
        };
        let positions = self
            .by_value
            .get(&(field, value.to_owned()))
            .into_iter()
            .flatten();
        positions
            .filter_map(|position| self.records.at(*position))
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
