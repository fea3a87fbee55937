//! What the rail has called about, shared among processes.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{Binary, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    ports::{CallbackInbox, KeptCallback, StoreError},
    tenant::Env,
};

use crate::{
    database::Store,
    leases::readable,
    rows::broken,
    statement::{Statement, millis, statement},
};

/// The next attempt comes after 0.25 s to 0.5 s at first, doubling up to 2 min to 4 min: a callback that outruns our own
/// commit is matched soon, and one about a stranger is asked for seldom.
const TAKE_DUE: &str = "
    WITH due AS (
        SELECT digest FROM rail_callbacks
        WHERE env = $1 AND ended_at IS NULL AND next_attempt_at <= now() AND leased_until <= now()
        ORDER BY next_attempt_at LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    UPDATE rail_callbacks r
    SET lease_token = gen_random_uuid(), leased_until = now() + $3 * interval '1 millisecond',
        attempts = r.attempts + 1,
        next_attempt_at = now() + 2 ^ least(r.attempts, 9) * (0.25 + random() / 4) * interval '1 second'
    FROM due
    WHERE r.env = $1 AND r.digest = due.digest
    RETURNING r.digest, r.data_key, r.body, r.lease_token";

type DueSql = (Binary, Binary, Binary, SqlUuid);
type DueRow = (Vec<u8>, Vec<u8>, Vec<u8>, Uuid);

const END: &str = "
    UPDATE rail_callbacks SET ended_at = now(), data_key = NULL, body = NULL, lease_token = NULL
    WHERE env = $1 AND digest = $2 AND lease_token = $3";

const FREE: &str = "
    UPDATE rail_callbacks SET leased_until = now() WHERE env = $1 AND digest = $2 AND lease_token = $3";

const GIVE_UP: &str = "
    WITH tried AS (
        SELECT digest, received_at < now() - $2 * interval '1 millisecond' AS is_old,
               row_number() OVER (ORDER BY received_at DESC) AS place
        FROM rail_callbacks WHERE env = $1 AND ended_at IS NULL AND attempts > 0 AND leased_until <= now()
    )
    UPDATE rail_callbacks r
    SET ended_at = now(), given_up = true, data_key = NULL, body = NULL, lease_token = NULL
    FROM tried
    WHERE r.env = $1 AND r.digest = tried.digest AND r.ended_at IS NULL AND r.leased_until <= now()
      AND (tried.is_old OR tried.place > $3)";

#[async_trait]
impl CallbackInbox for Store {
    async fn keep_callback(&self, env: Env, body: &[u8]) -> Result<bool, StoreError> {
        let digest = self.hashing.callback(body);
        let sealed = self
            .master_keys
            .seal_with_data_key(&place(env, &digest), body)?;
        let kept = self
            .database
            .affected(|| {
                statement(
                    "INSERT INTO rail_callbacks (env, digest, data_key, body) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (env, digest) DO NOTHING",
                )
                .text(env.as_str())
                .bytes(digest)
                .bytes(sealed.data_key.clone())
                .bytes(sealed.value.clone())
            })
            .await?;
        Ok(kept > 0)
    }

    async fn take_due_callbacks(
        &self,
        env: Env,
        lease: Duration,
        limit: u8,
    ) -> Result<Vec<KeptCallback>, StoreError> {
        let rows = self
            .take_due_rows::<DueSql, DueRow>(TAKE_DUE, env, lease, limit)
            .await?;
        // It has no id of its own.
        Ok(readable("lease of a callback", rows, |row| {
            (row.3, self.kept_callback(env, row))
        }))
    }

    async fn end_callback(&self, callback: &KeptCallback) -> Result<(), StoreError> {
        self.database.affected(|| held(END, callback)).await?;
        Ok(())
    }

    async fn free_callback(&self, callback: &KeptCallback) -> Result<(), StoreError> {
        self.database.affected(|| held(FREE, callback)).await?;
        Ok(())
    }

    async fn give_up_callbacks(
        &self,
        env: Env,
        age: Duration,
        most: u32,
    ) -> Result<usize, StoreError> {
        let given_up = self
            .database
            .affected(|| {
                statement(GIVE_UP)
                    .text(env.as_str())
                    .big_int(millis(age))
                    .big_int(i64::from(most))
            })
            .await?;
        Ok(given_up)
    }
}

impl Store {
    fn kept_callback(&self, env: Env, row: DueRow) -> Result<KeptCallback, StoreError> {
        let (digest, data_key, body, lease) = row;
        let digest: [u8; 32] = digest.try_into().map_err(|_| broken("digest"))?;
        let opened = self
            .master_keys
            .open_with_data_key(&place(env, &digest), &data_key, &body)?;
        Ok(KeptCallback {
            env,
            digest,
            body: opened.to_vec(),
            lease,
        })
    }
}

/// The three placeholders name a row and the lease that is held on it.
fn held(sql: &'static str, callback: &KeptCallback) -> Statement<()> {
    statement(sql)
        .text(callback.env.as_str())
        .bytes(callback.digest)
        .uuid(callback.lease)
}

fn place(env: Env, digest: &[u8; 32]) -> String {
    let mut place = format!("rail_callbacks.body {} ", env.as_str());
    for byte in digest {
        place.push_str(&format!("{byte:02x}"));
    }
    place
}
