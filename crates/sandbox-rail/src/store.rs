//! The state while the sandbox runs: customers in memory, every change on disk before it is answered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::{
    customer::Customer,
    customers::Customers,
    journal::{Journal, Opened},
    refusal::Refusal,
};

/// Customers and their journal.
pub(crate) struct Store {
    /// Names this state for ever; also the id of the platform that all customers belong to.
    pub(crate) instance_id: Uuid,
    customers: Mutex<Customers>,
    journal: Journal,
}

impl From<Opened> for Store {
    fn from(opened: Opened) -> Self {
        Self {
            instance_id: opened.instance_id,
            customers: Mutex::new(opened.customers),
            journal: opened.journal,
        }
    }
}

impl Store {
    /// Looks at the customers.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Customers) -> T) -> T {
        look(&self.lock())
    }

    /// Stores the customer that `change` makes of the present state, and returns it once it is on disk.
    ///
    /// The change is decided and queued on the first poll, so a client that leaves cannot undo it. When the disk
    /// fails, this and every later change is refused until a restart, which returns to what was synced.
    pub(crate) async fn change(
        &self,
        change: impl FnOnce(&Customers) -> Result<Customer, Refusal>,
    ) -> Result<Customer, Refusal> {
        let (customer, synced) = {
            let mut customers = self.lock();
            let customer = change(&customers)?;
            let synced = self
                .journal
                .append(&customer)
                .map_err(|_| Refusal::Unwritable)?;
            customers.put(customer.clone());
            (customer, synced)
        };
        synced.await.map_err(|_| Refusal::Unwritable)?;
        Ok(customer)
    }

    /// Writes what is queued and releases the folder. Blocks; changes are refused from now on.
    pub(crate) fn close(&self) {
        self.journal.close();
    }

    fn lock(&self) -> MutexGuard<'_, Customers> {
        self.customers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
