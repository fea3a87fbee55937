//! Rows in the order of their creation, found by their id.

use std::collections::HashMap;

use uuid::Uuid;

/// Something with an id of its own.
pub(crate) trait Identified {
    /// The id, which never changes.
    fn id(&self) -> Uuid;
}

/// All rows of one kind.
pub(crate) struct Table<T> {
    rows: Vec<T>,
    positions: HashMap<Uuid, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            positions: HashMap::new(),
        }
    }
}

impl<T: Identified> Table<T> {
    /// Adds the row, or replaces the one with its id. Tells the row's position, and what it replaced.
    pub(crate) fn put(&mut self, row: T) -> (usize, Option<T>) {
        let next = self.rows.len();
        let position = *self.positions.entry(row.id()).or_insert(next);
        match self.rows.get_mut(position) {
            Some(kept) => (position, Some(std::mem::replace(kept, row))),
            None => {
                self.rows.push(row);
                (position, None)
            }
        }
    }

    /// The row with this id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&T> {
        self.at(*self.positions.get(&id)?)
    }

    /// The row at this position.
    pub(crate) fn at(&self, position: usize) -> Option<&T> {
        self.rows.get(position)
    }

    /// Every row, oldest first.
    pub(crate) fn all(&self) -> &[T] {
        &self.rows
    }
}
