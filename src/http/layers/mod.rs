//! Our own tower layers, where tower-http has none.

mod account;
mod cancel;
mod clients;
mod deadline;
mod host;
mod record;
mod request_id;
mod traced;
mod unread;

pub(super) use self::account::Facts;
pub(super) use self::cancel::CancelLayer;
pub(super) use self::clients::{Clients, limit_clients};
pub(super) use self::deadline::DeadlineLayer;
pub(super) use self::host::check_host;
pub(super) use self::record::{RecordLayer, Recorder};
pub(super) use self::request_id::{NewId, drop_insane_id, of};
pub(super) use self::traced::{join, onward, trace_id};
pub(super) use self::unread::announce_close;
