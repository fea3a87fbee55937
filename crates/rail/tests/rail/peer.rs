//! A peer that speaks bytes, not HTTP, and remembers what it was sent.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What to do after a request.
pub(crate) enum Conduct {
    /// Send this and wait for the next request.
    Answer(Vec<u8>),
    /// Send this and close.
    Close(Vec<u8>),
    /// Send this, and nothing more until the client leaves.
    Stall(Vec<u8>),
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<String>,
}

pub(crate) struct Peer {
    address: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Peer {
    /// Starts a peer that does after each request, given its head, what `conduct` says.
    pub(crate) async fn start(conduct: impl Fn(&str) -> Conduct + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let conduct = Arc::new(conduct);
        let task = tokio::spawn({
            let seen = seen.clone();
            async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    seen.lock().unwrap().connections += 1;
                    tokio::spawn(serve(stream, seen.clone(), conduct.clone()));
                }
            }
        });
        Self {
            address,
            seen,
            task,
        }
    }

    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// How many requests started like this.
    pub(crate) fn requests(&self, start: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.requests
            .iter()
            .filter(|request| request.starts_with(start))
            .count()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: Arc<Mutex<Seen>>,
    conduct: Arc<impl Fn(&str) -> Conduct>,
) {
    while let Some(request) = read_request(&mut stream).await {
        seen.lock().unwrap().requests.push(request.clone());
        // The client may be gone; then there is nobody to write to, and that is all.
        match conduct(&request) {
            Conduct::Answer(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
            Conduct::Close(bytes) => {
                stream.write_all(&bytes).await.unwrap_or_default();
                return;
            }
            Conduct::Stall(bytes) => {
                stream.write_all(&bytes).await.unwrap_or_default();
                while stream
                    .read(&mut [0; 1024])
                    .await
                    .is_ok_and(|length| length > 0)
                {}
                return;
            }
        }
    }
}

/// A request's head, once its body has come too; none when the client has left.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return Some(head.to_owned());
        }
    }
}
