//! Room for libaom's frames: as much as was promised, and no more, however many of them a stream asks for.
#![expect(unsafe_code, reason = "libaom asks for room by calling back")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::{c_int, c_void};

use libaom_sys as aom;

/// What frames may still take.
pub(super) struct Room {
    /// Bytes.
    pub(super) left: u64,
    /// More was asked for than there is.
    pub(super) exceeded: bool,
}

/// What libaom takes for "there is none".
const REFUSED: c_int = -1;

impl Room {
    /// Gives a decoder its frames out of `room`.
    ///
    /// # Safety
    /// The decoder is open and has decoded nothing; `room` is valid until it is closed, and nobody else uses it until then.
    pub(super) unsafe fn give(
        room: *mut Self,
        decoder: *mut aom::aom_codec_ctx_t,
    ) -> aom::aom_codec_err_t {
        // SAFETY: as the caller says. The functions take what they are given here: this room.
        unsafe {
            aom::aom_codec_set_frame_buffer_functions(
                decoder,
                Some(get),
                Some(release),
                room.cast(),
            )
        }
    }
}

fn layout(size: usize) -> Option<Layout> {
    Layout::array::<u8>(size).ok().filter(|_| size > 0)
}

unsafe extern "C" fn get(
    room: *mut c_void,
    size: usize,
    buffer: *mut aom::aom_codec_frame_buffer_t,
) -> c_int {
    // SAFETY: libaom hands over the room that it was given, from within a call of the thread that has the decoder, and a
    // buffer of its own that is never null.
    let (room, buffer) = unsafe { (&mut *room.cast::<Room>(), &mut *buffer) };
    let (Some(left), Some(layout)) = (room.left.checked_sub(size as u64), layout(size)) else {
        room.exceeded = true;
        return REFUSED;
    };
    // SAFETY: the layout isn't of nothing.
    let data = unsafe { alloc_zeroed(layout) };
    if data.is_null() {
        return REFUSED;
    }
    room.left = left;
    (buffer.data, buffer.size) = (data, size);
    0
}

unsafe extern "C" fn release(
    room: *mut c_void,
    buffer: *mut aom::aom_codec_frame_buffer_t,
) -> c_int {
    // SAFETY: as above.
    let (room, buffer) = unsafe { (&mut *room.cast::<Room>(), &mut *buffer) };
    if let Some(layout) = layout(buffer.size).filter(|_| !buffer.data.is_null()) {
        // SAFETY: it was allocated above by this layout, and libaom has no use for it any more.
        unsafe { dealloc(buffer.data, layout) };
        room.left += buffer.size as u64;
        (buffer.data, buffer.size) = (std::ptr::null_mut(), 0);
    }
    0
}
