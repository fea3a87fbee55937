//! A handle on the client's connection, so that a fault can close it without an answer.

use std::{
    any::Any,
    net::{Shutdown, TcpStream},
    os::fd::AsFd,
};

use actix_web::{HttpRequest, dev::Extensions, rt::net};

struct Connection(TcpStream);

/// Remembers the socket of a new connection beside it.
pub(crate) fn remember(connection: &dyn Any, data: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<net::TcpStream>() else {
        return;
    };
    match stream.as_fd().try_clone_to_owned() {
        Ok(socket) => {
            data.insert(Connection(TcpStream::from(socket)));
        }
        Err(error) => tracing::warn!(%error, "a connection cannot be closed by a fault"),
    }
}

/// Closes the connection of this request; whatever is answered afterwards reaches nobody.
pub(crate) fn close(request: &HttpRequest) {
    if let Some(Connection(socket)) = request.conn_data() {
        // It fails only when the client has closed the connection already.
        let _ = socket.shutdown(Shutdown::Both);
    }
}
