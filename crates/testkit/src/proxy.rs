//! Listening in on what is sent to PostgreSQL, to count round trips and to see the very statements.

use std::{
    future::pending,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};
use tokio_postgres::{Config, config::Host, types::Type};
use uuid::Uuid;

/// Stands between a pool and its server.
///
/// Of the [message formats](https://www.postgresql.org/docs/15/protocol-message-formats.html) only what counts: `Parse`
/// carries a statement to be planned, `Sync` ends what is answered in one go.
pub struct Wiretap {
    folder: PathBuf,
    database: String,
    user: String,
    heard: Arc<Mutex<Heard>>,
    /// Whether nothing is passed on any more.
    frozen: Arc<AtomicBool>,
    listening: JoinHandle<()>,
}

#[derive(Default)]
struct Heard {
    parsed: Vec<Parsed>,
    round_trips: usize,
}

/// A statement that was sent to be prepared.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// Its text.
    pub sql: String,
    /// The SQL types of its placeholders.
    pub types: Vec<String>,
}

impl Wiretap {
    /// Listens in on everything that is sent to this database by way of [`Self::url`].
    #[must_use]
    pub fn on(url: &str) -> Self {
        let config: Config = url.parse().expect("a URL");
        let Some(Host::Unix(server)) = config.get_hosts().first().cloned() else {
            panic!("a local server");
        };
        // Short, as the path of a socket must be.
        let folder = std::env::temp_dir().join(format!("vw-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        let listener = UnixListener::bind(folder.join(SOCKET)).expect("a socket");
        let heard = Arc::<Mutex<Heard>>::default();
        let frozen = Arc::<AtomicBool>::default();
        let passage = Passage {
            heard: Arc::clone(&heard),
            frozen: Arc::clone(&frozen),
        };
        let listening = tokio::spawn(listen(listener, server.join(SOCKET), passage));
        Self {
            folder,
            database: config.get_dbname().expect("a database").to_owned(),
            user: config.get_user().expect("a user").to_owned(),
            heard,
            frozen,
            listening,
        }
    }

    /// From now on the server seems to hang: connections are taken, and nothing is answered.
    pub fn freeze(&self) {
        self.frozen.store(true, Ordering::SeqCst);
    }

    /// Where to connect.
    #[must_use]
    pub fn url(&self) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgresql://{}@{folder}/{}", self.user, self.database)
    }

    /// Every statement that was prepared since the last call, and how many round trips there were.
    #[must_use]
    pub fn take(&self) -> (Vec<Parsed>, usize) {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        (heard.parsed, heard.round_trips)
    }
}

impl Drop for Wiretap {
    fn drop(&mut self) {
        self.listening.abort();
        // Nothing depends on it.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const SOCKET: &str = ".s.PGSQL.5432";

/// What every connection shares.
#[derive(Clone)]
struct Passage {
    heard: Arc<Mutex<Heard>>,
    frozen: Arc<AtomicBool>,
}

async fn listen(listener: UnixListener, server: PathBuf, passage: Passage) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&server).await.expect("the server");
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        tokio::spawn(forward(from_client, to_server, passage.clone()));
        tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    }
}

async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    passage: Passage,
) -> io::Result<()> {
    // The first message has no type.
    let start = body(&mut client).await?;
    passage.wait().await;
    server.write_all(&start).await?;
    loop {
        let kind = client.read_u8().await?;
        let message = body(&mut client).await?;
        passage.wait().await;
        note(&mut passage.heard.lock().unwrap(), kind, &message[4..]);
        server.write_u8(kind).await?;
        server.write_all(&message).await?;
    }
}

impl Passage {
    /// Waits for ever where nothing is passed on.
    async fn wait(&self) {
        if self.frozen.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
    }
}

/// A length, which counts itself, and what follows.
async fn body(client: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(usize::try_from(length).expect("a length"), 0);
    client.read_exact(&mut message[4..]).await?;
    Ok(message)
}

fn note(heard: &mut Heard, kind: u8, body: &[u8]) {
    match kind {
        b'P' => heard.parsed.push(parsed(body)),
        b'S' | b'Q' => heard.round_trips += 1,
        _ => {}
    }
}

/// The statement's name, its text, and the types of its placeholders.
fn parsed(body: &[u8]) -> Parsed {
    let mut parts = body.splitn(3, |byte| *byte == 0).skip(1);
    let sql = parts.next().expect("a text");
    let types = &parts.next().expect("types")[2..];
    let name = |oid: &[u8; 4]| {
        let known = Type::from_oid(u32::from_be_bytes(*oid)).expect("a built-in type");
        known.name().to_owned()
    };
    Parsed {
        sql: String::from_utf8(sql.to_vec()).expect("text"),
        types: types.as_chunks::<4>().0.iter().map(name).collect(),
    }
}
