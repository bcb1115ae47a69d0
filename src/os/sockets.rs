//! What the system knows of a connection.
#![expect(unsafe_code, reason = "the call has no safe wrapper")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Bytes that were written to a TCP connection and that the other side hasn't acknowledged yet.
///
/// # Errors
/// It is no such connection, or the call may not be made.
pub fn unacknowledged(connection: impl AsFd) -> io::Result<u64> {
    let mut bytes: libc::c_int = 0;
    let number = connection.as_fd().as_raw_fd();
    // SAFETY: the file is open as long as it is borrowed, and the call writes one C int, into a local that lives through it.
    match unsafe { libc::ioctl(number, libc::TIOCOUTQ, &raw mut bytes) } {
        0 => Ok(u64::try_from(bytes).unwrap_or(0)),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn what_nobody_reads_stays_unacknowledged() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut served, _) = listener.accept().unwrap();
        assert_eq!(unacknowledged(&served).unwrap(), 0);
        served.set_nonblocking(true).unwrap();
        let mut written = 0;
        while let Ok(count) = served.write(&[7; 1 << 12]) {
            written += count;
        }
        let queued = unacknowledged(&served).unwrap();
        assert!(queued > 0 && queued <= written as u64, "{queued} {written}");
        client.read_exact(&mut vec![0; written]).unwrap();
        while unacknowledged(&served).unwrap() > 0 {
            std::thread::yield_now();
        }
    }
}
