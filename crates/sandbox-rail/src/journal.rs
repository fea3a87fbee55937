//! The state on disk: one append-only file of JSON lines.
//!
//! The first line names the instance; every other line is one step: whole records, of which the last one of an id
//! holds. A line is synced before the call that caused it is answered; calls that arrive meanwhile share the next
//! sync.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    customer::Customer,
    record::{Record, Step},
    state::State,
};

const FILE: &str = "journal.jsonl";
const LOCK: &str = "lock";

/// Why the state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another sandbox of this one, uses the folder.
    #[error("the sandbox rail's folder {0} is in use by another process")]
    InUse(PathBuf),
    /// The folder or a file in it could not be read or written.
    #[error("the sandbox rail's folder {folder} cannot be used")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A line other than the last is not one that the sandbox wrote.
    #[error("line {line} of the sandbox rail's {file} is damaged")]
    Damaged {
        /// The journal.
        file: PathBuf,
        /// One-based.
        line: usize,
    },
}

/// What an existing or new folder holds.
pub(crate) struct Opened {
    pub(crate) instance_id: Uuid,
    pub(crate) state: State,
    pub(crate) journal: Journal,
}

/// The open journal. Lines are written in the order of [`Journal::append`].
pub(crate) struct Journal {
    writer: Mutex<Option<Writer>>,
}

struct Writer {
    queue: mpsc::Sender<Entry>,
    thread: JoinHandle<()>,
}

struct Entry {
    line: Vec<u8>,
    synced: oneshot::Sender<()>,
}

/// The journal takes no more lines: the disk failed, or the sandbox is stopping.
#[derive(Debug, thiserror::Error)]
#[error("the journal takes no more lines")]
pub(crate) struct Closed;

#[derive(Serialize, Deserialize)]
struct Header {
    instance_id: Uuid,
}

/// What a line behind the first may be.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Step(Step),
    /// Written when the sandbox kept nothing but customers.
    Customer(Box<Customer>),
}

/// Locks `folder`, reads its journal (or starts one) and drops the lines that no longer count.
pub(crate) fn open(folder: &Path) -> Result<Opened, OpenError> {
    let io = |source| OpenError::Io {
        folder: folder.to_owned(),
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(io)?;
    let lock = lock(folder)?;
    let path = folder.join(FILE);
    let (header, state) = match fs::read(&path) {
        Ok(bytes) => parse(&bytes, &path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => (
            Header {
                instance_id: Uuid::new_v4(),
            },
            State::default(),
        ),
        Err(error) => return Err(io(error)),
    };
    rewrite(folder, &header, &state).map_err(io)?;
    let file = OpenOptions::new().append(true).open(&path).map_err(io)?;
    let journal = Journal::new(file, lock).map_err(io)?;
    Ok(Opened {
        instance_id: header.instance_id,
        state,
        journal,
    })
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Io {
        folder: folder.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(LOCK))
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

fn parse(bytes: &[u8], path: &Path) -> Result<(Header, State), OpenError> {
    let damaged = |line| OpenError::Damaged {
        file: path.to_owned(),
        line,
    };
    let mut lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .enumerate()
        .peekable();
    let header = lines
        .next()
        .and_then(|(_, line)| serde_json::from_slice(line).ok())
        .ok_or_else(|| damaged(1))?;
    let mut state = State::default();
    while let Some((index, line)) = lines.next() {
        match serde_json::from_slice(line) {
            Ok(Line::Step(step)) => step.into_iter().for_each(|record| state.put(record)),
            Ok(Line::Customer(customer)) => state.put(Record::Customer(customer)),
            // The process was killed while it wrote: nobody was told that this line exists.
            Err(_) if lines.peek().is_none() => {
                tracing::warn!("dropped a torn last line of the sandbox rail's journal");
            }
            Err(_) => return Err(damaged(index + 1)),
        }
    }
    Ok((header, state))
}

/// Replaces the journal by one line for each record. A crash leaves either the old file or the new one.
fn rewrite(folder: &Path, header: &Header, state: &State) -> io::Result<()> {
    let temporary = folder.join("journal.new");
    let mut lines = line(header)?;
    for record in state.records() {
        lines.extend(line(&[record])?);
    }
    let mut file = File::create(&temporary)?;
    file.write_all(&lines)?;
    file.sync_all()?;
    fs::rename(&temporary, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

impl Journal {
    fn new(file: File, lock: File) -> io::Result<Self> {
        let (queue, entries) = mpsc::channel();
        let thread = std::thread::Builder::new().name("sandbox-rail-journal".to_owned()).spawn(move || {
            let outcome = write(file, &entries);
            // What still waits is told so by the drop of its sender; later appends find the queue closed.
            drop(entries);
            drop(lock);
            if let Err(error) = outcome {
                tracing::error!(%error, "the sandbox rail cannot write its journal and refuses changes from now on");
            }
        })?;
        Ok(Self {
            writer: Mutex::new(Some(Writer { queue, thread })),
        })
    }

    /// Queues the step. The answer arrives once it is on disk; it is written even if nobody waits for that.
    pub(crate) fn append(&self, step: &[Record]) -> Result<oneshot::Receiver<()>, Closed> {
        let (synced, receiver) = oneshot::channel();
        let line = line(&step).map_err(|_| Closed)?;
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = &writer.as_ref().ok_or(Closed)?.queue;
        queue.send(Entry { line, synced }).map_err(|_| Closed)?;
        Ok(receiver)
    }

    /// Writes what is queued, then releases the folder. Blocks.
    pub(crate) fn close(&self) {
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Writer { queue, thread }) = writer else {
            return;
        };
        drop(queue);
        if thread.join().is_err() {
            tracing::error!("the sandbox rail's journal thread panicked");
        }
    }
}

fn write(mut file: File, entries: &mpsc::Receiver<Entry>) -> io::Result<()> {
    while let Ok(first) = entries.recv() {
        let batch: Vec<Entry> = std::iter::once(first).chain(entries.try_iter()).collect();
        let lines: Vec<u8> = batch
            .iter()
            .flat_map(|entry| entry.line.iter().copied())
            .collect();
        file.write_all(&lines)?;
        file.sync_data()?;
        for entry in batch {
            // The client may have left; the record stands all the same.
            let _ = entry.synced.send(());
        }
    }
    Ok(())
}
