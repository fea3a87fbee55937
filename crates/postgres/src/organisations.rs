//! Organisations.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use vouch_domain::{
    access::{Organisation, OrganisationStanding},
    id::OrganisationId,
    ports::{Organisations, StoreError},
};

use crate::{database::Store, statement::statement};

#[async_trait]
impl Organisations for Store {
    async fn add(&self, organisation: &Organisation) -> Result<(), StoreError> {
        // Its primary customers come with it, by a trigger.
        self.database
            .affected(|| {
                statement::<()>(
                    "INSERT INTO organisations (id, name, email, suspended, remittances_enabled)
                 VALUES ($1, $2, $3, $4, $5)",
                )
                .uuid(organisation.id.uuid())
                .text(organisation.name.as_str())
                .text(organisation.email.expose())
                .bool(organisation.standing.suspended)
                .bool(organisation.standing.remittances_enabled)
            })
            .await?;
        Ok(())
    }

    async fn count(&self) -> Result<i64, StoreError> {
        let count: Option<(i64,)> = self
            .database
            .row(|| statement::<(BigInt,)>("SELECT count(*) FROM organisations"))
            .await?;
        Ok(count.map_or(0, |(count,)| count))
    }

    async fn set_standing(
        &self,
        id: OrganisationId,
        standing: OrganisationStanding,
    ) -> Result<bool, StoreError> {
        let changed = self
            .database
            .affected(|| {
                statement::<()>(
                    "WITH changed AS (
                         UPDATE organisations SET suspended = $2, remittances_enabled = $3
                         WHERE id = $1 RETURNING id
                     )
                     UPDATE installation SET revocation_epoch = revocation_epoch + 1 FROM changed",
                )
                .uuid(id.uuid())
                .bool(standing.suspended)
                .bool(standing.remittances_enabled)
            })
            .await?;
        Ok(changed > 0)
    }
}
