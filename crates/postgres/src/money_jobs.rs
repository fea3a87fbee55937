//! What the jobs of payouts and of virtual accounts have in common.

use std::time::Duration;

use diesel::sql_types::Text;
use uuid::Uuid;
use vouch_domain::{
    customer::Status,
    ports::{AbsenceClear, StoreError},
    tenant::Tenant,
};

use crate::{
    database::Store,
    leases::absence_parts,
    rows::broken,
    statement::{Statement, in_tenant, millis},
};

/// How the customer of a row stands, by which it is judged.
macro_rules! status_of_customer {
    ($table:literal) => {
        concat!(
            "SELECT c.status FROM ",
            $table,
            " t
             JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = t.customer_id
             WHERE t.organisation_id = $1 AND t.env = $2 AND t.id = $3"
        )
    };
}
pub(crate) use status_of_customer;

/// Gives a job back that `$1` to `$4` name and hold; see [`given_back`] for the next four. `$9` is the table's own, for
/// what it sets besides and for when it is due. Whoever wanted it looked at meanwhile is not kept waiting.
macro_rules! release {
    (table: $table:literal, set: $set:literal, due: $due:literal) => {
        concat!(
            "UPDATE ",
            $table,
            "
             SET lease_token = NULL, leased_until = now(), ",
            $set,
            "
                 absence_clear_at = CASE
                     WHEN $5 THEN absence_clear_at
                     WHEN $6 IS NULL THEN NULL
                     ELSE GREATEST(absence_clear_at, now() + $6 * interval '1 millisecond')
                 END,
                 due_at = CASE
                     WHEN hastened <> $8 THEN now() ",
            $due,
            "
                     WHEN $7 IS NULL THEN due_at
                     ELSE now() + $7 * interval '1 millisecond'
                 END
             WHERE organisation_id = $1 AND env = $2 AND id = $3 AND lease_token = $4"
        )
    };
}
pub(crate) use release;

/// Binds when absence at the rail is clear, after which pause the job is due, if not when its next attempt is, and how
/// often it had been hastened.
pub(crate) fn given_back(
    held: Statement<()>,
    absence: AbsenceClear,
    pause: Option<Duration>,
    hastened: i32,
) -> Statement<()> {
    let (keep, clear) = absence_parts(absence);
    held.bool(keep)
        .big_int(clear)
        .big_int(pause.map(millis))
        .integer(hastened)
}

impl Store {
    /// The status of the customer on whose behalf something is done, see [`status_of_customer!`].
    pub(crate) async fn status_of_customer(
        &self,
        sql: &'static str,
        tenant: Tenant,
        id: Uuid,
    ) -> Result<Status, StoreError> {
        let row: Option<(String,)> = self
            .database
            .row(|| in_tenant::<(Text,)>(sql, tenant).uuid(id))
            .await?;
        let (status,) = row.ok_or_else(|| broken("customer"))?;
        Status::parse(&status).map_err(|_| broken("status"))
    }
}
