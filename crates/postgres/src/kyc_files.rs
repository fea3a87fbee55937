//! Files of customers: asked for, uploaded, attached.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, Rejection, Status},
    id::{CustomerId, FileId},
    idempotency::{Fingerprint, KeyClaim},
    kyc::{ContentType, FileCategory, KycFile, Sha256, Slot, StoredContent, SubmissionBasis},
    ports::{
        BegunUpload, BoundKey, DocumentKey, DocumentPlace, KycBasis, KycFiles, StoreError,
        UPLOAD_ABANDONED, UPLOAD_DEADLINE,
    },
    tenant::{Env, Tenant},
    values::CustomerType,
};
use zeroize::Zeroizing;

use crate::{
    database::Store,
    error::Failure,
    rows::{broken, handle_parts, id},
    sealing::fill_random,
    statement::{Statement, millis, statement},
};

const BASIS: &str = "
    SELECT c.id, c.provisioning = 'provisioned', c.status, c.customer_type,
           ARRAY(SELECT s.slot FROM kyc_slots s
                 WHERE s.organisation_id = $1 AND s.env = $2 AND s.customer_id = c.id ORDER BY s.slot),
           ARRAY(SELECT s.file_id FROM kyc_slots s
                 WHERE s.organisation_id = $1 AND s.env = $2 AND s.customer_id = c.id ORDER BY s.slot),
           EXISTS (SELECT FROM kyc_submissions s
                   WHERE s.organisation_id = $1 AND s.env = $2 AND s.customer_id = c.id
                     AND s.status IN ('submitted', 'in_review')),
           (SELECT d.rejection FROM status_changes d
            WHERE d.organisation_id = $1 AND d.env = $2 AND d.customer_id = c.id AND d.applied
            ORDER BY d.sequence DESC LIMIT 1),
           k.fingerprint, k.subject
    FROM customers c
    LEFT JOIN idempotency_keys k
      ON k.organisation_id = $1 AND k.env = $2 AND k.digest = $5
    WHERE c.organisation_id = $1 AND c.env = $2 AND (c.id = $3 OR c.reference = $4)
      AND c.provisioning <> 'reserved' AND NOT c.is_primary";

type BasisSql = (
    SqlUuid,
    Bool,
    Text,
    Text,
    Array<Text>,
    Array<SqlUuid>,
    Bool,
    Nullable<Text>,
    Nullable<Binary>,
    Nullable<SqlUuid>,
);
type BasisRow = (
    Uuid,
    bool,
    String,
    String,
    Vec<String>,
    Vec<Uuid>,
    bool,
    Option<String>,
    Option<Vec<u8>>,
    Option<Uuid>,
);

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

const BEGIN: &str = "
    WITH file AS (
        SELECT f.content_type, f.customer_id, k.key, f.object IS NOT NULL AS is_filled
        FROM files f
        JOIN document_keys k ON k.organisation_id = $1 AND k.env = $2 AND k.customer_id = f.customer_id
        WHERE f.organisation_id = $1 AND f.env = $2 AND f.id = $3
    ), noted AS (
        INSERT INTO upload_attempts (organisation_id, env, object, file_id)
        SELECT $1, $2, $4, $3 FROM file WHERE NOT is_filled
    )
    SELECT content_type, customer_id, key, is_filled FROM file";

const FINISH: &str = "
    WITH filled AS (
        UPDATE files f SET object = $4, size = $5, sha256 = $6
        FROM upload_attempts a
        WHERE a.organisation_id = $1 AND a.env = $2 AND a.object = $4 AND a.file_id = $3
          AND a.begun_at > now() - $7 * interval '1 millisecond'
          AND f.organisation_id = $1 AND f.env = $2 AND f.id = $3 AND f.object IS NULL
        RETURNING f.id
    )
    DELETE FROM upload_attempts a USING filled
    WHERE a.organisation_id = $1 AND a.env = $2 AND a.object = $4";

const ABANDONED: &str = "
    SELECT organisation_id, env, file_id, object FROM upload_attempts
    WHERE begun_at < now() - $1 * interval '1 millisecond' ORDER BY begun_at LIMIT $2";

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
        let (id, reference) = handle_parts(customer);
        let row: Option<BasisRow> = self
            .database
            .row(|| {
                in_tenant::<BasisSql>(BASIS, tenant)
                    .uuid(id)
                    .maybe_text(reference)
                    .maybe_bytes(claim.map(|claim| self.hashing.key(tenant, claim)))
            })
            .await?;
        row.map(basis).transpose()
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
        is_free(added.map(|_| ()))
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

    async fn begin_upload(&self, place: &DocumentPlace) -> Result<Option<BegunUpload>, StoreError> {
        let row: Option<(String, Uuid, Vec<u8>, bool)> = self
            .database
            .row(|| {
                in_tenant::<(Text, SqlUuid, Binary, Bool)>(BEGIN, place.tenant)
                    .uuid(place.file.uuid())
                    .uuid(place.object)
            })
            .await?;
        let Some((content_type, customer, sealed, is_filled)) = row else {
            return Ok(None);
        };
        Ok(Some(BegunUpload {
            content_type: ContentType::parse(&content_type).map_err(|_| broken("content type"))?,
            key: self.document_key(place.tenant, customer, &sealed)?,
            is_filled,
        }))
    }

    async fn finish_upload(
        &self,
        tenant: Tenant,
        file: FileId,
        content: &StoredContent,
    ) -> Result<bool, StoreError> {
        let size = i64::try_from(content.size).unwrap_or(i64::MAX);
        let finished = self
            .database
            .affected(|| {
                in_tenant(FINISH, tenant)
                    .uuid(file.uuid())
                    .uuid(content.object)
                    .big_int(size)
                    .bytes(content.sha256.0)
                    .big_int(millis(UPLOAD_DEADLINE))
            })
            .await?;
        Ok(finished == 1)
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

    async fn abandoned_uploads(&self, limit: u8) -> Result<Vec<DocumentPlace>, StoreError> {
        let rows: Vec<(Uuid, String, Uuid, Uuid)> = self
            .database
            .rows(|| {
                statement::<(SqlUuid, Text, SqlUuid, SqlUuid)>(ABANDONED)
                    .big_int(millis(UPLOAD_ABANDONED))
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
        let rows: Result<Vec<(String, Uuid)>, _> = self
            .database
            .rows(|| {
                let attach = in_tenant::<(Text, SqlUuid)>(ATTACH, tenant)
                    .uuid(customer.uuid())
                    .texts(names.clone())
                    .texts(files.clone());
                self.bind_claim(attach, tenant, claim)
            })
            .await;
        match rows {
            Ok(rows) => {
                let slots: Result<Vec<_>, _> = rows
                    .into_iter()
                    .map(|(category, file)| slot(&category, file))
                    .collect();
                let mut slots = slots?;
                slots.sort_by_key(|slot| slot.category);
                Ok(Some(slots))
            }
            Err(Failure::Taken { .. }) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }
}

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

    fn new_document_key(&self, tenant: Tenant, customer: Uuid) -> Result<Vec<u8>, StoreError> {
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

pub(crate) fn in_tenant<Row>(sql: &'static str, tenant: Tenant) -> Statement<Row> {
    statement(sql)
        .uuid(tenant.organisation.uuid())
        .text(tenant.env.as_str())
}

/// Whether the key of a step was free, which is all that can stand against it.
fn is_free(outcome: Result<(), Failure>) -> Result<bool, StoreError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(Failure::Taken { .. }) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

fn basis(row: BasisRow) -> Result<KycBasis, StoreError> {
    let (
        customer,
        has_identity,
        stands,
        kind,
        slots,
        files,
        is_open,
        rejection,
        used_with,
        subject,
    ) = row;
    let slots: Result<Vec<_>, _> = slots
        .iter()
        .zip(files)
        .map(|(category, file)| slot(category, file))
        .collect();
    let used_with = used_with
        .map(|bytes| bytes.try_into().map(Fingerprint))
        .transpose()
        .map_err(|_| broken("fingerprint"))?;
    Ok(KycBasis {
        customer: id(customer)?,
        has_identity,
        standing: SubmissionBasis {
            status: Status::parse(&stands).map_err(|_| broken("status"))?,
            customer_type: CustomerType::parse(&kind).map_err(|_| broken("type"))?,
            slots: slots?,
            is_open,
            rejection: rejection.map(|code| read_rejection(&code)).transpose()?,
        },
        bound: used_with.map(|used_with| BoundKey { used_with, subject }),
    })
}

pub(crate) fn read_rejection(code: &str) -> Result<Rejection, StoreError> {
    Rejection::parse(code).map_err(|_| broken("rejection"))
}

fn slot(category: &str, file: Uuid) -> Result<Slot, StoreError> {
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
