//! The socket that listens.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};
use tokio::net::TcpListener;

/// Connections that the system may hold for us, at most; it cuts this to its own limit.
const BACKLOG: i32 = 1024;

/// Lets every packet pass but those that ask for a new connection: of a TCP header's flags, SYN without ACK.
///
/// Classic BPF: load the byte of flags, mask the two, and drop where SYN is alone.
const NO_NEW_CONNECTIONS: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x54, 0, 0, 0x12),
    SockFilter::new(0x15, 0, 1, 0x02),
    SockFilter::new(0x06, 0, 0, 0),
    SockFilter::new(0x06, 0, 0, u32::MAX),
];

/// Binds the address.
///
/// # Errors
/// The system's, for example when the port is taken.
pub fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restart must not wait for old connections' last packets.
    socket.set_reuse_address(true)?;
    undelayed(&socket)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Takes a socket over that listens already. Connections that have waited in it keep the delays that it had: who opens it for us
/// says `NoDelay=yes`.
///
/// # Errors
/// It is something else, or doesn't speak TCP.
pub fn adopt(socket: OwnedFd) -> io::Result<std::net::TcpListener> {
    let socket = Socket::from(socket);
    // An error is an answer, too: of a file that is no socket.
    let listens = socket.is_listener().unwrap_or(false);
    let is_tcp = matches!(socket.domain(), Ok(Domain::IPV4 | Domain::IPV6))
        && matches!(socket.r#type(), Ok(Type::STREAM));
    if !(listens && is_tcp) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no TCP socket that listens",
        ));
    }
    undelayed(&socket)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Has packets of its connections sent at once: on Linux they inherit that. Answers are written in one go; waiting for more only
/// delays them.
fn undelayed(socket: &Socket) -> io::Result<()> {
    let told = |error: io::Error| io::Error::new(error.kind(), format!("TCP_NODELAY: {error}"));
    socket.set_tcp_nodelay(true).map_err(told)
}

/// Stops the system from accepting for us, so that the accept queue can be emptied for good; whether that worked.
///
/// Otherwise it would accept up to the moment when the listener is closed, and reset what came after
/// our last look into the queue. A client that is turned away here isn't told: it asks again after a second,
/// and is refused then, or served by the next process.
pub(super) fn begin_no_more(listener: &TcpListener) -> bool {
    let attached = SockRef::from(listener).attach_filter(&NO_NEW_CONNECTIONS);
    if let Err(error) = &attached {
        tracing::debug!(%error, "connections can't be kept from beginning");
    }
    attached.is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn answers_are_sent_at_once() {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let ours = bind(local).unwrap();
        let theirs = TcpListener::bind(local).unwrap();
        let theirs = adopt(theirs.into()).unwrap();
        for listener in [ours, theirs] {
            listener.set_nonblocking(false).unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (connection, _address) = listener.accept().unwrap();
            assert!(connection.nodelay().unwrap());
            drop(client);
        }
    }
}
