//! Addresses that outlive the processes that listen on them.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A port that is ours even while nobody listens on it: bound here without listening, which keeps the system from giving
/// it to anybody else, and still lets a child listen, as both allow the address to be reused.
pub(crate) struct Port {
    _bound: TcpSocket,
    pub(crate) address: SocketAddr,
}

impl Port {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option of a socket");
        socket
            .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .expect("a free port");
        Self {
            address: socket.local_addr().expect("an address"),
            _bound: socket,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
