//! Jobs that processes share: rows with a due time and a lease, and what is the same for all kinds of them.

use std::time::Duration;

use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, methods::LoadQuery};
use uuid::Uuid;
use vouch_domain::{
    ports::{AbsenceClear, StoreError},
    tenant::Env,
};

use crate::{
    database::Store,
    statement::{Statement, millis, statement},
};

/// Takes what is due in an env under leases; `then` says what of the rows, which are `taken` there.
///
/// `$1` is the env, `$2` how many at most, `$3` how many milliseconds a lease lasts. What somebody else is just taking is
/// passed over. The next attempt comes after 0.5 s to 1 s at first, and after twice as long each time, for so many
/// `doublings` (3: up to 4 s to 8 s; 6: up to 32 s to 64 s): jitter keeps the attempts of one outage apart.
macro_rules! take_due {
    (
        table: $table:literal,
        key: $key:literal,
        due: $due:literal,
        and: $condition:literal,
        doublings: $doublings:literal,
        then: $($then:expr),+ $(,)?
    ) => {
        concat!(
            "WITH due AS (
                 SELECT organisation_id, ", $key, " FROM ", $table, "
                 WHERE env = $1 AND ", $condition, " AND ", $due, " <= now() AND leased_until <= now()
                 ORDER BY ", $due, " LIMIT $2
                 FOR UPDATE SKIP LOCKED
             ), taken AS (
                 UPDATE ", $table, " j
                 SET lease_token = gen_random_uuid(), leased_until = now() + $3 * interval '1 millisecond',
                     attempts = j.attempts + 1,
                     ", $due, " = now() + 2 ^ least(j.attempts, ", $doublings, ") * (0.5 + random() / 2) * interval '1 second'
                 FROM due
                 WHERE j.organisation_id = due.organisation_id AND j.env = $1 AND j.", $key, " = due.", $key, "
                 RETURNING j.*
             )", $($then),+
        )
    };
}
pub(crate) use take_due;

/// In how many milliseconds the next job of the env `$1` is due that nobody holds then.
macro_rules! next_due {
    (table: $table:literal, and: $condition:literal) => {
        concat!(
            "SELECT (EXTRACT(EPOCH FROM greatest(due_at, now()) - now()) * 1000)::bigint
             FROM ",
            $table,
            "
             WHERE env = $1 AND ",
            $condition,
            " AND leased_until <= greatest(due_at, now())
             ORDER BY due_at LIMIT 1"
        )
    };
}
pub(crate) use next_due;

impl Store {
    /// The rows of what a statement takes, see [`take_due!`].
    pub(crate) async fn take_due_rows<Sql, Row>(
        &self,
        sql: &'static str,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<Row>, StoreError>
    where
        Statement<Sql>: LoadQuery<'static, AsyncPgConnection, Row>,
        Sql: 'static,
        Row: Send,
    {
        let taken = self.database.rows(|| {
            statement::<Sql>(sql)
                .text(env.as_str())
                .big_int(i64::from(limit))
                .big_int(millis(lease))
        });
        Ok(taken.await?)
    }

    /// In how long the first of what a statement finds is due, see [`next_due!`].
    pub(crate) async fn next_due(
        &self,
        sql: &'static str,
        env: Env,
    ) -> Result<Option<Duration>, StoreError> {
        let row: Option<(i64,)> = self
            .database
            .row(|| statement::<(BigInt,)>(sql).text(env.as_str()))
            .await?;
        Ok(row.map(|(millis,)| left(millis)))
    }
}

/// The jobs of these rows. One that cannot be read, as under a missing master key, is left to its lease: it must not hold up
/// the others. The log tells its id, and of what: `kind`.
pub(crate) fn readable<Row, Job>(
    kind: &'static str,
    rows: impl IntoIterator<Item = Row>,
    read: impl Fn(Row) -> (Uuid, Result<Job, StoreError>),
) -> Vec<Job> {
    let jobs = rows.into_iter().filter_map(|row| {
        let (id, job) = read(row);
        job.inspect_err(
            |error| tracing::error!(kind, %id, %error, "a job that is due cannot be read"),
        )
        .ok()
    });
    jobs.collect()
}

/// Whether absence at the rail is clear when it was, and else in how many milliseconds; nothing means at once.
pub(crate) fn absence_parts(absence: AbsenceClear) -> (bool, Option<i64>) {
    match absence {
        AbsenceClear::Now => (false, None),
        AbsenceClear::After(settle) => (false, Some(millis(settle))),
        AbsenceClear::AsBefore => (true, None),
    }
}

/// A time that is left.
pub(crate) fn left(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
