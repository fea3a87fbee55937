//! The keys that seal customers' files.

use uuid::Uuid;
use vouch_domain::{
    ports::{DocumentKey, StoreError},
    tenant::Tenant,
};
use zeroize::Zeroizing;

use crate::{database::Store, rows::broken, sealing::fill_random};

impl Store {
    /// A new key, sealed for a customer.
    pub(crate) fn new_document_key(
        &self,
        tenant: Tenant,
        customer: Uuid,
    ) -> Result<Vec<u8>, StoreError> {
        let mut key = Zeroizing::new([0_u8; 32]);
        fill_random(&mut *key)
            .and_then(|()| self.master_keys.seal(&place(tenant, customer), &*key))
            .map_err(|error| StoreError::Defect(error.to_string()))
    }

    /// Opens a customer's document key.
    pub(crate) fn document_key(
        &self,
        tenant: Tenant,
        customer: Uuid,
        sealed: &[u8],
    ) -> Result<DocumentKey, StoreError> {
        let key = self
            .master_keys
            .open(&place(tenant, customer), sealed)
            .map_err(|error| StoreError::Defect(error.to_string()))?;
        let key: &[u8; 32] = key
            .as_slice()
            .try_into()
            .map_err(|_| broken("document key"))?;
        Ok(DocumentKey::new(*key))
    }
}

fn place(tenant: Tenant, customer: Uuid) -> String {
    format!(
        "document_keys.key {} {} {customer}",
        tenant.organisation.uuid(),
        tenant.env.as_str()
    )
}
