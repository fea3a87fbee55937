//! Binding idempotency keys.

use uuid::Uuid;
use vouch_domain::{id::CustomerId, idempotency::KeyClaim, ports::StoreError, tenant::Tenant};

use crate::{
    database::Store,
    error::{Failure, unless_taken},
    statement::{Statement, in_tenant},
};

const BIND: &str = "
    INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id, subject)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

impl Store {
    /// The four placeholders of a key that is to be bound, the last of which says whether there is one.
    pub(crate) fn bind_claim<Row>(
        &self,
        statement: Statement<Row>,
        tenant: Tenant,
        claim: Option<&KeyClaim>,
    ) -> Statement<Row> {
        statement
            .maybe_bytes(claim.map(|claim| self.hashing.key(tenant, claim)))
            .maybe_text(claim.map(|claim| claim.contract.as_str()))
            .maybe_bytes(claim.map(|claim| claim.fingerprint.0))
            .bool(claim.is_some())
    }

    /// Binds a free key to a customer.
    pub(crate) async fn insert_key(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        claim: &KeyClaim,
    ) -> Result<(), Failure> {
        self.insert_key_to(tenant, customer, None, claim).await
    }

    /// Binds a key to what belongs to a customer. Answers whether the key was free.
    pub(crate) async fn bind_key_to(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        subject: Uuid,
        claim: &KeyClaim,
    ) -> Result<bool, StoreError> {
        let subject = Some(subject);
        let bound = self.insert_key_to(tenant, customer, subject, claim).await;
        Ok(unless_taken(bound)?.is_some())
    }

    async fn insert_key_to(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        subject: Option<Uuid>,
        claim: &KeyClaim,
    ) -> Result<(), Failure> {
        self.database
            .affected(|| {
                in_tenant::<()>(BIND, tenant)
                    .bytes(self.hashing.key(tenant, claim))
                    .text(claim.contract.as_str())
                    .bytes(claim.fingerprint.0)
                    .uuid(customer.uuid())
                    .uuid(subject)
            })
            .await?;
        Ok(())
    }
}
