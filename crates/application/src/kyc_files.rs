//! Files of customers: asking for an upload, and putting what was uploaded into slots.

use std::sync::Arc;

use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, Status},
    form::FieldProblem,
    id::FileId,
    idempotency::{KeyClaim, KeyConflict},
    kyc::{KycFile, NewFile, Slot},
    ports::{BoundKey, KycBasis, KycFiles, StoreError},
    tenant::Tenant,
    values::CustomerType,
};

use crate::{ids::IdMint, patience::Patience};

/// Judges a caller's form against the type of the customer.
pub type Judge<'a, Form> =
    &'a (dyn Fn(CustomerType) -> Result<Form, Vec<FieldProblem>> + Send + Sync);

/// A success, and whether an earlier request under the same key had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done<T> {
    /// As it is now.
    pub now: T,
    /// Whether it repeats an earlier request.
    pub replayed: bool,
}

/// Why no upload was opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddFileError {
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The form breaks rules.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// The customer is closed.
    #[error("the customer is closed")]
    Closed,
    /// The customer was made by the Treasury API: there is nothing that files could prove.
    #[error("the customer has no identity")]
    NoIdentity,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nothing was attached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// The tenant has no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// The form breaks rules.
    #[error("the body is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The key was used with another body.
    #[error("the key was used with another body")]
    KeyConflict,
    /// The customer is closed.
    #[error("the customer is closed")]
    Closed,
    /// The customer was made by the Treasury API.
    #[error("the customer has no identity")]
    NoIdentity,
    /// The customer has no such file.
    #[error("the customer has no such file")]
    UnknownFile,
    /// The file has not been uploaded.
    #[error("a file has not been uploaded")]
    NotUploaded,
    /// The file at this position of the request shows something else.
    #[error("a file is of another category than its slot")]
    WrongSlot(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use cases.
#[derive(Clone)]
pub struct FileDesk {
    store: Arc<dyn KycFiles>,
    ids: Arc<IdMint>,
}

impl FileDesk {
    /// The use cases on this store.
    #[must_use]
    pub fn new(store: Arc<dyn KycFiles>, ids: Arc<IdMint>) -> Self {
        Self { store, ids }
    }

    /// Opens the upload of a file.
    ///
    /// # Errors
    /// See [`AddFileError`].
    pub async fn add(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
        judge: Judge<'_, NewFile>,
    ) -> Result<Done<KycFile>, AddFileError> {
        let mut patience = Patience::new();
        loop {
            let basis = self.store.kyc_basis(tenant, customer, claim).await?;
            let basis = basis.ok_or(AddFileError::NotFound)?;
            match earlier(&basis, claim) {
                Earlier::None => {}
                Earlier::Conflict => return Err(AddFileError::KeyConflict),
                Earlier::Same(subject) => return self.added_before(tenant, &basis, subject).await,
            }
            if !basis.has_identity {
                return Err(AddFileError::NoIdentity);
            }
            let new = judge(basis.standing.customer_type).map_err(AddFileError::Invalid)?;
            if basis.standing.status == Status::Closed {
                return Err(AddFileError::Closed);
            }
            let file = KycFile {
                id: self.ids.mint(),
                customer: basis.customer,
                category: new.category,
                content_type: new.content_type,
                stored: None,
            };
            if self.store.add_file(tenant, &file, claim).await? {
                return Ok(Done {
                    now: file,
                    replayed: false,
                });
            }
            patience.again().await?;
        }
    }

    async fn added_before(
        &self,
        tenant: Tenant,
        basis: &KycBasis,
        subject: Option<Uuid>,
    ) -> Result<Done<KycFile>, AddFileError> {
        let vanished = || StoreError::Defect("a file has vanished".to_owned());
        let id = subject.and_then(|uuid| FileId::from_uuid(uuid).ok());
        let id = id.ok_or_else(vanished)?;
        let found = self.store.files_of(tenant, basis.customer, &[id]).await?;
        let file = found.into_iter().next().ok_or_else(vanished)?;
        Ok(Done {
            now: file,
            replayed: true,
        })
    }

    /// Puts uploaded files into slots. Answers with all slots of the customer.
    ///
    /// # Errors
    /// See [`AttachError`].
    pub async fn attach(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
        claim: Option<&KeyClaim>,
        judge: Judge<'_, Vec<Slot>>,
    ) -> Result<Done<Vec<Slot>>, AttachError> {
        let mut patience = Patience::new();
        loop {
            let basis = self.store.kyc_basis(tenant, customer, claim).await?;
            let basis = basis.ok_or(AttachError::NotFound)?;
            match earlier(&basis, claim) {
                Earlier::None => {}
                Earlier::Conflict => return Err(AttachError::KeyConflict),
                Earlier::Same(_) => {
                    return Ok(Done {
                        now: in_order(basis.standing.slots),
                        replayed: true,
                    });
                }
            }
            if !basis.has_identity {
                return Err(AttachError::NoIdentity);
            }
            let slots = judge(basis.standing.customer_type).map_err(AttachError::Invalid)?;
            if basis.standing.status == Status::Closed {
                return Err(AttachError::Closed);
            }
            let files: Vec<_> = slots.iter().map(|slot| slot.file).collect();
            let known = self.store.files_of(tenant, basis.customer, &files).await?;
            fits(&slots, &known)?;
            let attached = self
                .store
                .attach(tenant, basis.customer, &slots, claim)
                .await?;
            if let Some(slots) = attached {
                return Ok(Done {
                    now: slots,
                    replayed: false,
                });
            }
            patience.again().await?;
        }
    }
}

/// What an earlier request under the same key means for this one.
pub(crate) enum Earlier {
    /// There was none.
    None,
    /// It had another body.
    Conflict,
    /// It was the same, and made this.
    Same(Option<Uuid>),
}

pub(crate) fn earlier(basis: &KycBasis, claim: Option<&KeyClaim>) -> Earlier {
    let Some((BoundKey { used_with, subject }, claim)) = basis.bound.as_ref().zip(claim) else {
        return Earlier::None;
    };
    match claim.repeats(*used_with) {
        Ok(_) => Earlier::Same(*subject),
        Err(KeyConflict) => Earlier::Conflict,
    }
}

/// Whether every file may go into its slot. What is known of a file here never changes again: what arrived stays.
fn fits(slots: &[Slot], known: &[KycFile]) -> Result<(), AttachError> {
    for (position, slot) in slots.iter().enumerate() {
        let file = known.iter().find(|file| file.id == slot.file);
        let file = file.ok_or(AttachError::UnknownFile)?;
        if file.category != slot.category {
            return Err(AttachError::WrongSlot(position));
        }
        if file.stored.is_none() {
            return Err(AttachError::NotUploaded);
        }
    }
    Ok(())
}

fn in_order(mut slots: Vec<Slot>) -> Vec<Slot> {
    slots.sort_by_key(|slot| slot.category);
    slots
}
