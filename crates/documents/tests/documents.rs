//! What is put comes back, and nothing that anybody did to it in between.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use tempfile::TempDir;
use uuid::Uuid;
use vouch_documents::ObjectDocuments;
use vouch_domain::{
    id::{FileId, OrganisationId},
    ports::{
        BrokenOff, ByteSource, DocumentKey, DocumentPlace, Documents, DocumentsError,
        PutDocumentError,
    },
    tenant::{Env, Tenant},
};

const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const HEADER: usize = 8;

/// Gives pieces, and then breaks off or ends.
struct Pieces {
    pieces: Vec<Vec<u8>>,
    breaks_off: bool,
}

impl Pieces {
    fn of(bytes: &[u8], length: usize) -> Self {
        let mut pieces: Vec<_> = bytes.chunks(length).map(<[u8]>::to_vec).collect();
        pieces.reverse();
        Self {
            pieces,
            breaks_off: false,
        }
    }
}

#[async_trait]
impl ByteSource for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        match self.pieces.pop() {
            None if self.breaks_off => Err(BrokenOff::Interrupted),
            piece => Ok(piece),
        }
    }
}

fn place() -> DocumentPlace {
    DocumentPlace {
        tenant: Tenant {
            organisation: OrganisationId::from_uuid(Uuid::now_v7()).unwrap(),
            env: Env::Test,
        },
        file: FileId::from_uuid(Uuid::now_v7()).unwrap(),
        object: Uuid::now_v7(),
    }
}

fn key() -> DocumentKey {
    DocumentKey::new([7; 32])
}

fn bytes(length: usize) -> Vec<u8> {
    // Chunks differ from each other.
    (0..length).map(|at| (at / 251 + at) as u8).collect()
}

async fn read(
    documents: &ObjectDocuments,
    place: &DocumentPlace,
    key: &DocumentKey,
) -> Result<Vec<u8>, BrokenOff> {
    let mut source = documents
        .get(place, key)
        .await
        .map_err(|_| BrokenOff::Damaged)?;
    let mut all = Vec::new();
    while let Some(piece) = source.next().await? {
        all.extend(piece);
    }
    Ok(all)
}

/// A folder with one object of so many bytes.
struct Kept {
    documents: ObjectDocuments,
    folder: TempDir,
    place: DocumentPlace,
    bytes: Vec<u8>,
}

impl Kept {
    async fn new(length: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let documents = ObjectDocuments::in_folder(&folder.path().join("documents")).unwrap();
        let (place, bytes) = (place(), bytes(length));
        let mut source = Pieces::of(&bytes, 10_000);
        documents.put(&place, &key(), &mut source).await.unwrap();
        Self {
            documents,
            folder,
            place,
            bytes,
        }
    }

    fn object(&self) -> PathBuf {
        let mut files = files(self.folder.path());
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    /// What a reader gets after this was done to the object.
    async fn altered(&self, alter: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, BrokenOff> {
        let object = self.object();
        let whole = fs::read(&object).unwrap();
        let mut sealed = whole.clone();
        alter(&mut sealed);
        fs::write(&object, sealed).unwrap();
        let outcome = read(&self.documents, &self.place, &key()).await;
        fs::write(&object, whole).unwrap();
        outcome
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

#[tokio::test]
async fn what_is_put_comes_back_whatever_its_length() {
    let folder = TempDir::new().unwrap();
    let in_folder = ObjectDocuments::in_folder(folder.path()).unwrap();
    for documents in [in_folder, ObjectDocuments::in_memory()] {
        for length in [
            1,
            CHUNK - 1,
            CHUNK,
            CHUNK + 1,
            3 * CHUNK,
            // More than a part, and a little more than two of them.
            5 * 1024 * 1024 + 1,
            10 * 1024 * 1024 + CHUNK,
        ] {
            let (place, bytes) = (place(), bytes(length));
            let mut source = Pieces::of(&bytes, 100_000);
            documents.put(&place, &key(), &mut source).await.unwrap();
            let found = read(&documents, &place, &key()).await;
            assert!(found == Ok(bytes), "{length}");
        }
    }
}

#[tokio::test]
async fn nothing_is_readable_where_it_lies() {
    let marked = b"MARKED-BYTES-".repeat(20_000);
    let kept = Kept::new(1).await;
    let (place, mut source) = (place(), Pieces::of(&marked, 1_000));
    kept.documents
        .put(&place, &key(), &mut source)
        .await
        .unwrap();
    for file in files(kept.folder.path()) {
        let sealed = fs::read(&file).unwrap();
        let is_marked = sealed.windows(6).any(|window| window == b"MARKED");
        assert!(!is_marked);
        let path = file.display().to_string();
        assert!(path.ends_with("/sealed"), "{path}");
    }
}

#[tokio::test]
async fn an_object_opens_in_its_place_with_its_key_alone() {
    let kept = Kept::new(100).await;
    assert!(read(&kept.documents, &kept.place, &key()).await == Ok(kept.bytes.clone()));
    let object = kept.object();
    let other_key = DocumentKey::new([8; 32]);
    assert_eq!(
        read(&kept.documents, &kept.place, &other_key).await,
        Err(BrokenOff::Damaged)
    );
    for other in [
        DocumentPlace {
            file: place().file,
            ..kept.place
        },
        DocumentPlace {
            tenant: Tenant {
                env: Env::Live,
                ..kept.place.tenant
            },
            ..kept.place
        },
        DocumentPlace {
            tenant: place().tenant,
            ..kept.place
        },
    ] {
        let mut moved = kept.folder.path().join("documents");
        moved.push(other.tenant.organisation.uuid().to_string());
        moved.push(other.tenant.env.as_str());
        moved.push(other.file.uuid().to_string());
        moved.push(other.object.to_string());
        fs::create_dir_all(&moved).unwrap();
        fs::copy(&object, moved.join("sealed")).unwrap();
        assert_eq!(
            read(&kept.documents, &other, &key()).await,
            Err(BrokenOff::Damaged)
        );
        fs::remove_dir_all(&moved).unwrap();
    }
}

#[tokio::test]
async fn whatever_was_altered_cut_repeated_or_reordered_is_noticed() {
    let kept = Kept::new(2 * CHUNK + 100).await;
    let sealed = CHUNK + TAG;
    for position in [0, 1, HEADER, HEADER + sealed, HEADER + 2 * sealed + 50] {
        let altered = kept.altered(|object| object[position] ^= 1).await;
        assert_eq!(altered, Err(BrokenOff::Damaged), "{position}");
    }
    // Cut within a chunk, between chunks, after the header, within it, and to nothing.
    for length in [
        HEADER + 2 * sealed + 50,
        HEADER + 2 * sealed,
        HEADER + sealed,
        HEADER,
        3,
        0,
    ] {
        let cut = kept.altered(|object| object.truncate(length)).await;
        assert_eq!(cut, Err(BrokenOff::Damaged), "{length}");
    }
    let reordered = kept.altered(|object| object[HEADER..HEADER + 2 * sealed].rotate_left(sealed));
    assert_eq!(reordered.await, Err(BrokenOff::Damaged));
    let repeated = kept.altered(|object| {
        let first = object[HEADER..HEADER + sealed].to_vec();
        object.splice(HEADER..HEADER, first);
    });
    assert_eq!(repeated.await, Err(BrokenOff::Damaged));
    let lengthened = kept.altered(|object| object.extend([0; 100]));
    assert_eq!(lengthened.await, Err(BrokenOff::Damaged));
    assert!(kept.altered(|_| ()).await == Ok(kept.bytes.clone()));
}

#[tokio::test]
async fn what_breaks_off_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let documents = ObjectDocuments::in_folder(folder.path()).unwrap();
    let place = place();
    let mut source = Pieces {
        breaks_off: true,
        ..Pieces::of(&bytes(6 * 1024 * 1024), 100_000)
    };
    let outcome = documents.put(&place, &key(), &mut source).await;
    assert_eq!(
        outcome,
        Err(PutDocumentError::BrokenOff(BrokenOff::Interrupted))
    );
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    let missing = documents.get(&place, &key()).await.err();
    assert_eq!(missing, Some(DocumentsError::Missing));
}

#[tokio::test]
async fn an_object_is_removed_with_all_that_is_beside_it() {
    let kept = Kept::new(100).await;
    // As a process leaves it that was killed while it wrote.
    let left = kept.object().with_file_name("sealed#1");
    fs::write(&left, "half").unwrap();
    kept.documents.remove(&kept.place).await.unwrap();
    assert_eq!(files(kept.folder.path()), Vec::<PathBuf>::new());
    kept.documents.remove(&kept.place).await.unwrap();
    let in_memory = ObjectDocuments::in_memory();
    in_memory.remove(&kept.place).await.unwrap();
}

#[tokio::test]
async fn the_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let kept = Kept::new(1).await;
    let folder = fs::metadata(kept.folder.path().join("documents")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}
