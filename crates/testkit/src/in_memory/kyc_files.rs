use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_trait::async_trait;
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    id::{CustomerId, FileId},
    idempotency::KeyClaim,
    kyc::{FileCategory, KycFile, Slot, StoredContent, SubmissionBasis},
    ports::{
        BeginUpload, BoundKey, DocumentKey, DocumentPlace, FinishUpload, KycBasis, KycFiles,
        StoreError, UPLOAD_ABANDONED, UPLOAD_DEADLINE, UPLOADS_AT_ONCE,
    },
    tenant::Tenant,
    values::CustomerType,
};

use super::{InMemory, State};

/// Files, and what the next submission of each customer takes.
#[derive(Default)]
pub(super) struct Files {
    keys: HashMap<(Tenant, CustomerId), DocumentKey>,
    pub(super) files: BTreeMap<FileId, (Tenant, KycFile)>,
    /// Since when each object is being written; none of those that nobody writes any more.
    attempts: HashMap<DocumentPlace, Option<Duration>>,
    slots: HashMap<(Tenant, CustomerId), BTreeMap<FileCategory, FileId>>,
}

impl Files {
    pub(super) fn key(&self, tenant: Tenant, customer: CustomerId) -> Option<DocumentKey> {
        self.keys.get(&(tenant, customer)).cloned()
    }

    pub(super) fn slots(&self, tenant: Tenant, customer: CustomerId) -> Vec<Slot> {
        let slots = self.slots.get(&(tenant, customer)).into_iter().flatten();
        slots
            .map(|(category, file)| Slot {
                category: *category,
                file: *file,
            })
            .collect()
    }

    fn file(&self, tenant: Tenant, id: FileId) -> Option<&KycFile> {
        let (owner, file) = self.files.get(&id)?;
        (*owner == tenant).then_some(file)
    }
}

/// Whether an upload that began then may still be finished.
fn lasts(begun: Duration, now: Duration) -> bool {
    now < begun + UPLOAD_DEADLINE
}

#[async_trait]
impl KycFiles for InMemory {
    async fn kyc_basis(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<KycBasis>, StoreError> {
        let mut state = self.state().await?;
        let Some(summary) = state
            .find(tenant, customer)
            .map(|found| found.summary.clone())
        else {
            return Ok(None);
        };
        let bound = claim.and_then(|claim| state.bound(tenant, claim));
        let customer_type = state.customer_type(tenant, summary.id);
        let rejection = match summary.status {
            Status::Rejected => state.present_rejection(tenant, summary.id),
            Status::Pending | Status::Verified | Status::Closed => None,
        };
        Ok(Some(KycBasis {
            customer: summary.id,
            has_identity: customer_type.is_some(),
            standing: SubmissionBasis {
                status: summary.status,
                customer_type: customer_type.unwrap_or(CustomerType::Individual),
                slots: state.files.slots(tenant, summary.id),
                is_open: state.has_open_submission(tenant, summary.id),
                rejection,
            },
            bound: bound.map(|bound| BoundKey {
                used_with: bound.fingerprint,
                subject: bound.subject,
            }),
        }))
    }

    async fn add_file(
        &self,
        tenant: Tenant,
        file: &KycFile,
        claim: Option<&KeyClaim>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state().await?;
        if !state.bind_made(tenant, claim, file.customer, Some(file.id.uuid())) {
            return Ok(false);
        }
        let fresh = || {
            let (one, two) = (Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes());
            let mut key = [0_u8; 32];
            key[..16].copy_from_slice(&one);
            key[16..].copy_from_slice(&two);
            DocumentKey::new(key)
        };
        let keys = &mut state.files.keys;
        keys.entry((tenant, file.customer)).or_insert_with(fresh);
        state.files.files.insert(file.id, (tenant, file.clone()));
        Ok(true)
    }

    async fn files_of(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        files: &[FileId],
    ) -> Result<Vec<KycFile>, StoreError> {
        let state = self.state().await?;
        let found = files
            .iter()
            .filter_map(|file| state.files.file(tenant, *file));
        let theirs = found.filter(|file| file.customer == customer);
        Ok(theirs.cloned().collect())
    }

    async fn begin_upload(&self, place: &DocumentPlace) -> Result<BeginUpload, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let Some(file) = state.files.file(place.tenant, place.file).cloned() else {
            return Ok(BeginUpload::Unknown);
        };
        if state.is_closed(place.tenant, file.customer) {
            return Ok(BeginUpload::Closed);
        }
        if file.stored.is_some() {
            return Ok(BeginUpload::AlreadyUploaded);
        }
        let attempts = state.files.attempts.iter();
        let open = attempts.filter(|(known, begun)| {
            known.file == place.file && begun.is_some_and(|begun| lasts(begun, now))
        });
        if open.count() >= usize::from(UPLOADS_AT_ONCE) {
            return Ok(BeginUpload::TooMany);
        }
        state.files.attempts.insert(*place, Some(now));
        let key = state.files.key(place.tenant, file.customer);
        Ok(BeginUpload::Begun {
            content_type: file.content_type,
            key: key.expect("a key for every customer with files"),
        })
    }

    async fn finish_upload(
        &self,
        tenant: Tenant,
        file: FileId,
        content: &StoredContent,
    ) -> Result<FinishUpload, StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        let Some(known) = state.files.file(tenant, file).cloned() else {
            return Ok(FinishUpload::Unknown);
        };
        if state.is_closed(tenant, known.customer) {
            return Ok(FinishUpload::Closed);
        }
        if known.stored.is_some() {
            return Ok(FinishUpload::AlreadyUploaded);
        }
        let place = DocumentPlace {
            tenant,
            file,
            object: content.object,
        };
        let begun = state.files.attempts.get(&place).copied().flatten();
        if !begun.is_some_and(|begun| lasts(begun, now)) {
            return Ok(FinishUpload::TooLate);
        }
        let stored = Some(content.clone());
        state
            .files
            .files
            .insert(file, (tenant, KycFile { stored, ..known }));
        state.files.attempts.remove(&place);
        Ok(FinishUpload::Finished)
    }

    async fn forget_upload(&self, place: &DocumentPlace) -> Result<(), StoreError> {
        self.state().await?.files.attempts.remove(place);
        Ok(())
    }

    async fn abandoned_uploads(
        &self,
        after: Option<Uuid>,
        limit: u8,
    ) -> Result<Vec<DocumentPlace>, StoreError> {
        let state = self.state().await?;
        let now = state.now;
        let attempts = state.files.attempts.iter();
        let abandoned = attempts.filter(|(place, begun)| {
            begun.is_none_or(|begun| now > begun + UPLOAD_ABANDONED) && Some(place.object) > after
        });
        let mut places: Vec<_> = abandoned.map(|(place, _)| *place).collect();
        places.sort_by_key(|place| place.object);
        places.truncate(usize::from(limit));
        Ok(places)
    }

    async fn attach(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        slots: &[Slot],
        claim: Option<&KeyClaim>,
    ) -> Result<Option<Vec<Slot>>, StoreError> {
        let mut state = self.state().await?;
        if !state.bind_made(tenant, claim, customer, None) {
            return Ok(None);
        }
        let filled = state.files.slots.entry((tenant, customer)).or_default();
        filled.extend(slots.iter().map(|slot| (slot.category, slot.file)));
        Ok(Some(state.files.slots(tenant, customer)))
    }
}

impl State {
    fn is_closed(&mut self, tenant: Tenant, customer: CustomerId) -> bool {
        let record = self.records_mut(tenant).get(&customer);
        record.is_some_and(|record| record.customer.summary.status == Status::Closed)
    }

    /// Leaves the bytes of a closed customer's files to the sweeper.
    pub(super) fn discard_files(&mut self, tenant: Tenant, customer: CustomerId) {
        let Files {
            files, attempts, ..
        } = &mut self.files;
        let theirs = files
            .values()
            .filter(|(owner, file)| *owner == tenant && file.customer == customer);
        let places = theirs.filter_map(|(_, file)| {
            Some(DocumentPlace {
                tenant,
                file: file.id,
                object: file.stored.as_ref()?.object,
            })
        });
        attempts.extend(places.map(|place| (place, None)));
    }

    /// Nothing for a customer without an identity.
    pub(super) fn customer_type(
        &mut self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Option<CustomerType> {
        let record = self.records_mut(tenant).get(&customer)?;
        Some(record.customer.identity.name.customer_type())
    }

    /// Binds the key of a request, if it has one. Answers false when the key is bound.
    pub(super) fn bind_made(
        &mut self,
        tenant: Tenant,
        claim: Option<&KeyClaim>,
        customer: CustomerId,
        made: Option<Uuid>,
    ) -> bool {
        let Some(claim) = claim else {
            return true;
        };
        if self.bound(tenant, claim).is_some() {
            return false;
        }
        self.bind(tenant, claim, customer);
        self.bound_mut(tenant, claim).subject = made;
        true
    }
}
