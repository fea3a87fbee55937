//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use actix_web::{HttpRequest, http::header::X_FORWARDED_FOR};
use vouch_domain::access::Network;

/// The address of the caller: the peer's, unless the peer is a trusted proxy; then the last address in `X-Forwarded-For`
/// that is not one. Each proxy appends the address that it saw, so only what trusted ones appended can be believed.
///
/// Nothing when a trusted proxy forwarded something that is no address.
pub(crate) fn client_address(request: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = request.peer_addr()?.ip();
    if !is_trusted(address) {
        return Some(address);
    }
    let lines: Vec<_> = request.headers().get_all(X_FORWARDED_FOR).collect();
    for line in lines.into_iter().rev() {
        for hop in line.to_str().ok()?.rsplit(',') {
            address = parse_hop(hop.trim())?;
            if !is_trusted(address) {
                return Some(address);
            }
        }
    }
    Some(address)
}

/// An address, with or without a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port)
}
