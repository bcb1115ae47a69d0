//! Where operators ask.

use std::net::SocketAddr;

use super::reader::Reader;

/// The listener of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether others than this machine may connect.
    pub is_public: bool,
}

/// `None` is no such listener. Who can connect to it needs no key, so it is this machine's alone unless that is asked for.
pub(super) fn read(reader: &mut Reader) -> Option<Admin> {
    let is_public = reader.boolean("admin_public");
    let text = reader.text("admin_address");
    if text == "none" {
        return None;
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if is_public || address.ip().is_loopback() => {
            return Some(Admin { address, is_public });
        }
        Ok(_open) => reader.complain(
            "admin_address",
            "a loopback address such as 127.0.0.1:9090, which it has to be unless admin_public = true",
        ),
        Err(_nonsense) => reader.complain(
            "admin_address",
            "none, or an IP address with a port such as 127.0.0.1:9090",
        ),
    }
    None
}
