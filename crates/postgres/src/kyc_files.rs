//! Files of customers: asked for, uploaded, attached.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::CustomerHandle,
    id::{CustomerId, FileId},
    idempotency::KeyClaim,
    kyc::{ContentType, FileCategory, KycFile, Sha256, Slot, StoredContent},
    ports::{
        BeginUpload, DocumentPlace, FinishUpload, KycBasis, KycFiles, StoreError, UPLOAD_ABANDONED,
        UPLOAD_DEADLINE, UPLOADS_AT_ONCE,
    },
    tenant::{Env, Tenant},
};

use crate::{
    database::Store,
    error::{Failure, unless_taken},
    rows::{broken, id},
    statement::{in_tenant, millis, statement},
};

/// The file refers to the key, which is there once the statement ends.
const ADD: &str = "
    WITH keyed AS (
        INSERT INTO document_keys (organisation_id, env, customer_id, key) VALUES ($1, $2, $3, $4)
        ON CONFLICT (organisation_id, env, customer_id) DO NOTHING
    ), bound AS (
        INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id, subject)
        SELECT $1, $2, $8, $9, $10, $3, $5 WHERE $11
    )
    INSERT INTO files (organisation_id, env, id, customer_id, category, content_type) VALUES ($1, $2, $5, $3, $6, $7)";

const OF_CUSTOMER: &str = "
    SELECT id, category, content_type, object, size, sha256 FROM files
    WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND id = ANY ($4::text[]::uuid[])";

type FileSql = (
    SqlUuid,
    Text,
    Text,
    Nullable<SqlUuid>,
    Nullable<BigInt>,
    Nullable<Binary>,
);
type FileRow = (
    Uuid,
    String,
    String,
    Option<Uuid>,
    Option<i64>,
    Option<Vec<u8>>,
);

/// What was begun too long ago to be finished, by a process that died perhaps, gives its number back before a free one is
/// looked for: so the numbers wait for the count of those.
const BEGIN: &str = "
    WITH file AS (
        SELECT f.content_type, f.customer_id, k.key, f.object IS NOT NULL AS is_filled, c.status = 'closed' AS is_closed
        FROM files f
        JOIN document_keys k ON k.organisation_id = $1 AND k.env = $2 AND k.customer_id = f.customer_id
        JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = f.customer_id
        WHERE f.organisation_id = $1 AND f.env = $2 AND f.id = $3
    ), given_back AS (
        UPDATE upload_attempts SET attempt = NULL
        WHERE organisation_id = $1 AND env = $2 AND file_id = $3 AND attempt IS NOT NULL
          AND begun_at <= now() - $6 * interval '1 millisecond'
        RETURNING object
    ), noted AS (
        INSERT INTO upload_attempts (organisation_id, env, object, file_id, attempt)
        SELECT $1, $2, $4, $3, free.attempt
        FROM file, (SELECT count(*) FROM given_back) AS over, generate_series(1, $5::integer) AS free (attempt)
        WHERE NOT is_filled AND NOT is_closed AND over.count >= 0
          AND NOT EXISTS (SELECT FROM upload_attempts a
                          WHERE a.organisation_id = $1 AND a.env = $2 AND a.file_id = $3 AND a.attempt = free.attempt
                            AND a.begun_at > now() - $6 * interval '1 millisecond')
        LIMIT 1
        RETURNING object
    )
    SELECT content_type, customer_id, key, is_filled, is_closed, EXISTS (SELECT FROM noted) FROM file";

type BeginSql = (Text, SqlUuid, Binary, Bool, Bool, Bool);
type BeginRow = (String, Uuid, Vec<u8>, bool, bool, bool);

/// Whoever closes the customer or finishes another upload meanwhile is waited for, or waits: so what stood against this one
/// is told as it is then. The customer is locked first, as by whoever closes it.
const FINISH: &str = "
    WITH file AS MATERIALIZED (
        SELECT f.object IS NOT NULL AS is_filled, c.status = 'closed' AS is_closed
        FROM files f
        JOIN customers c ON c.organisation_id = $1 AND c.env = $2 AND c.id = f.customer_id
        WHERE f.organisation_id = $1 AND f.env = $2 AND f.id = $3
        FOR SHARE OF c FOR NO KEY UPDATE OF f
    ), filled AS (
        UPDATE files f SET object = $4, size = $5, sha256 = $6
        FROM file, upload_attempts a
        WHERE NOT file.is_filled AND NOT file.is_closed
          AND a.organisation_id = $1 AND a.env = $2 AND a.object = $4 AND a.file_id = $3
          AND a.begun_at > now() - $7 * interval '1 millisecond'
          AND f.organisation_id = $1 AND f.env = $2 AND f.id = $3
        RETURNING f.id
    ), forgotten AS (
        DELETE FROM upload_attempts a USING filled
        WHERE a.organisation_id = $1 AND a.env = $2 AND a.object = $4
    )
    SELECT is_filled, is_closed, EXISTS (SELECT FROM filled) FROM file";

type FinishSql = (Bool, Bool, Bool);
type FinishRow = (bool, bool, bool);

const ABANDONED: &str = "
    SELECT organisation_id, env, file_id, object FROM upload_attempts
    WHERE begun_at < now() - $1 * interval '1 millisecond' AND object > $2 ORDER BY object LIMIT $3";

const ATTACH: &str = "
    WITH put AS (
        INSERT INTO kyc_slots AS s (organisation_id, env, customer_id, slot, file_id)
        SELECT $1, $2, $3, slot, file::uuid FROM unnest($4::text[], $5::text[]) AS new (slot, file)
        ON CONFLICT (organisation_id, env, customer_id, slot) DO UPDATE SET file_id = EXCLUDED.file_id
        RETURNING s.slot, s.file_id
    ), bound AS (
        INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id)
        SELECT $1, $2, $6, $7, $8, $3 WHERE $9
    )
    SELECT slot, file_id FROM put
    UNION ALL
    SELECT slot, file_id FROM kyc_slots
    WHERE organisation_id = $1 AND env = $2 AND customer_id = $3 AND slot <> ALL ($4)";

#[async_trait]
impl KycFiles for Store {
    async fn kyc_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<KycBasis>, StoreError> {
        self.read_kyc_basis(tenant, customer, claim).await
    }

    async fn add_file(
        &self,
        tenant: Tenant,
        file: &KycFile,
        claim: Option<&KeyClaim>,
    ) -> Result<bool, StoreError> {
        let sealed = self.new_document_key(tenant, file.customer.uuid())?;
        let added = self
            .database
            .affected(|| {
                let add = in_tenant(ADD, tenant)
                    .uuid(file.customer.uuid())
                    .bytes(sealed.clone())
                    .uuid(file.id.uuid())
                    .text(file.category.as_str())
                    .text(file.content_type.as_str());
                self.bind_claim(add, tenant, claim)
            })
            .await;
        Ok(unless_taken(added)?.is_some())
    }

    async fn files_of(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        files: &[FileId],
    ) -> Result<Vec<KycFile>, StoreError> {
        let rows: Vec<FileRow> = self
            .database
            .rows(|| {
                in_tenant::<FileSql>(OF_CUSTOMER, tenant)
                    .uuid(customer.uuid())
                    .texts(files.iter().map(|file| file.uuid().to_string()).collect())
            })
            .await?;
        rows.into_iter().map(|row| file(customer, row)).collect()
    }

    async fn begin_upload(&self, place: &DocumentPlace) -> Result<BeginUpload, StoreError> {
        // Another one that begins may take the same number: each time that happens, one of them has it.
        for _ in 0..UPLOADS_AT_ONCE {
            if let Some(row) = unless_taken(self.begin(place).await)? {
                return self.begun(place.tenant, row);
            }
        }
        Ok(BeginUpload::TooMany)
    }

    async fn finish_upload(
        &self,
        tenant: Tenant,
        file: FileId,
        content: &StoredContent,
    ) -> Result<FinishUpload, StoreError> {
        let size = i64::try_from(content.size).unwrap_or(i64::MAX);
        let row: Option<FinishRow> = self
            .database
            .row(|| {
                in_tenant::<FinishSql>(FINISH, tenant)
                    .uuid(file.uuid())
                    .uuid(content.object)
                    .big_int(size)
                    .bytes(content.sha256.0)
                    .big_int(millis(UPLOAD_DEADLINE))
            })
            .await?;
        Ok(match row {
            None => FinishUpload::Unknown,
            Some((_, _, true)) => FinishUpload::Finished,
            Some((_, true, false)) => FinishUpload::Closed,
            Some((true, false, false)) => FinishUpload::AlreadyUploaded,
            Some((false, false, false)) => FinishUpload::TooLate,
        })
    }

    async fn forget_upload(&self, place: &DocumentPlace) -> Result<(), StoreError> {
        self.database
            .affected(|| {
                in_tenant(
                    "DELETE FROM upload_attempts WHERE organisation_id = $1 AND env = $2 AND object = $3",
                    place.tenant,
                )
                .uuid(place.object)
            })
            .await?;
        Ok(())
    }

    async fn abandoned_uploads(
        &self,
        after: Option<Uuid>,
        limit: u8,
    ) -> Result<Vec<DocumentPlace>, StoreError> {
        let rows: Vec<(Uuid, String, Uuid, Uuid)> = self
            .database
            .rows(|| {
                statement::<(SqlUuid, Text, SqlUuid, SqlUuid)>(ABANDONED)
                    .big_int(millis(UPLOAD_ABANDONED))
                    .uuid(after.unwrap_or_default())
                    .big_int(i64::from(limit))
            })
            .await?;
        let place = |(organisation, env, file, object): (Uuid, String, Uuid, Uuid)| {
            Ok(DocumentPlace {
                tenant: Tenant {
                    organisation: id(organisation)?,
                    env: Env::parse(&env).map_err(|_| broken("env"))?,
                },
                file: id(file)?,
                object,
            })
        };
        rows.into_iter().map(place).collect()
    }

    async fn attach(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        slots: &[Slot],
        claim: Option<&KeyClaim>,
    ) -> Result<Option<Vec<Slot>>, StoreError> {
        let names: Vec<_> = slots
            .iter()
            .map(|slot| slot.category.as_str().to_owned())
            .collect();
        let files: Vec<_> = slots
            .iter()
            .map(|slot| slot.file.uuid().to_string())
            .collect();
        let attached = self
            .database
            .rows(|| {
                let attach = in_tenant::<(Text, SqlUuid)>(ATTACH, tenant)
                    .uuid(customer.uuid())
                    .texts(names.clone())
                    .texts(files.clone());
                self.bind_claim(attach, tenant, claim)
            })
            .await;
        let rows: Option<Vec<(String, Uuid)>> = unless_taken(attached)?;
        rows.map(slots_of).transpose()
    }
}

impl Store {
    async fn begin(&self, place: &DocumentPlace) -> Result<Option<BeginRow>, Failure> {
        self.database
            .row(|| {
                in_tenant::<BeginSql>(BEGIN, place.tenant)
                    .uuid(place.file.uuid())
                    .uuid(place.object)
                    .integer(i32::from(UPLOADS_AT_ONCE))
                    .big_int(millis(UPLOAD_DEADLINE))
            })
            .await
    }

    fn begun(&self, tenant: Tenant, row: Option<BeginRow>) -> Result<BeginUpload, StoreError> {
        let Some((content_type, customer, sealed, is_filled, is_closed, is_noted)) = row else {
            return Ok(BeginUpload::Unknown);
        };
        if is_closed {
            return Ok(BeginUpload::Closed);
        }
        if is_filled {
            return Ok(BeginUpload::AlreadyUploaded);
        }
        if !is_noted {
            return Ok(BeginUpload::TooMany);
        }
        Ok(BeginUpload::Begun {
            content_type: ContentType::parse(&content_type).map_err(|_| broken("content type"))?,
            key: self.document_key(tenant, customer, &sealed)?,
        })
    }
}

/// The contents of slots, in the order of their categories.
fn slots_of(rows: Vec<(String, Uuid)>) -> Result<Vec<Slot>, StoreError> {
    let read = rows
        .into_iter()
        .map(|(category, file)| slot(&category, file));
    let mut slots = read.collect::<Result<Vec<_>, _>>()?;
    slots.sort_by_key(|slot| slot.category);
    Ok(slots)
}

pub(crate) fn slot(category: &str, file: Uuid) -> Result<Slot, StoreError> {
    Ok(Slot {
        category: FileCategory::parse(category).map_err(|_| broken("slot"))?,
        file: id(file)?,
    })
}

fn file(customer: CustomerId, row: FileRow) -> Result<KycFile, StoreError> {
    let (uuid, category, content_type, object, size, sha256) = row;
    let stored = match (object, size, sha256) {
        (Some(object), Some(size), Some(sha256)) => Some(stored(object, size, sha256)?),
        _ => None,
    };
    Ok(KycFile {
        id: id(uuid)?,
        customer,
        category: FileCategory::parse(&category).map_err(|_| broken("category"))?,
        content_type: ContentType::parse(&content_type).map_err(|_| broken("content type"))?,
        stored,
    })
}

/// The content of a file that has one.
pub(crate) fn stored(
    object: Uuid,
    size: i64,
    sha256: Vec<u8>,
) -> Result<StoredContent, StoreError> {
    Ok(StoredContent {
        object,
        size: u64::try_from(size).map_err(|_| broken("size"))?,
        sha256: Sha256(sha256.try_into().map_err(|_| broken("digest"))?),
    })
}
