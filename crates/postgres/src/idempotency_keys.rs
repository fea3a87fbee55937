//! Binding idempotency keys.

use vouch_domain::{id::CustomerId, idempotency::KeyClaim, tenant::Tenant};

use crate::{database::Store, error::Failure, statement::statement};

impl Store {
    /// Binds a free key to a customer.
    pub(crate) async fn insert_key(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
    ) -> Result<(), Failure> {
        self.database.affected(|| {
            statement::<()>(
                "INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .uuid(tenant.organisation.uuid())
            .text(tenant.env.as_str())
            .bytes(self.hashing.key(tenant, claim))
            .text(claim.contract.as_str())
            .bytes(claim.fingerprint.0)
            .uuid(customer.uuid())
        })
        .await?;
        Ok(())
    }
}
