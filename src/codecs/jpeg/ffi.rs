//! The shim's functions as Rust sees them; `shim.h` says what they do.
#![expect(unsafe_code, reason = "the declarations of the C side")]

use std::ffi::{c_char, c_int, c_uint, c_void};

// The static library is linked through this crate; only our shim calls it.
use turbojpeg_sys as _;

pub(super) const OK: c_int = 0;
pub(super) const STOPPED: c_int = -2;
pub(super) const SCANS: c_int = -3;

#[repr(C)]
pub(super) struct Decoder {
    _private: [u8; 0],
}

pub(super) type Poll = unsafe extern "C" fn(*mut c_void) -> c_int;

unsafe extern "C" {
    pub(super) fn pm_decoder_new() -> *mut Decoder;
    pub(super) fn pm_decoder_free(decoder: *mut Decoder);
    pub(super) fn pm_decoder_open(
        decoder: *mut Decoder,
        data: *const u8,
        length: usize,
        eighths: c_uint,
        chroma: c_uint,
        width: *mut c_uint,
        height: *mut c_uint,
        components: *mut c_uint,
        adobe: *mut c_int,
    ) -> c_int;
    pub(super) fn pm_decoder_start(
        decoder: *mut Decoder,
        poll: Poll,
        context: *mut c_void,
        scan_limit: c_int,
    ) -> c_int;
    pub(super) fn pm_decoder_read(
        decoder: *mut Decoder,
        samples: *mut u8,
        stride: usize,
        rows: c_uint,
    ) -> c_int;
    pub(super) fn pm_decoder_room(
        decoder: *const Decoder,
        plane: c_uint,
        rows: *mut c_uint,
        width: *mut c_uint,
    ) -> c_int;
    pub(super) fn pm_decoder_read_planes(
        decoder: *mut Decoder,
        samples: *const *mut u8,
        planes: c_uint,
    ) -> c_int;
    pub(super) fn pm_decoder_finish(decoder: *mut Decoder) -> c_int;
    pub(super) fn pm_decoder_message(decoder: *const Decoder) -> *const c_char;
}
