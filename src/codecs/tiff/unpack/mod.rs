//! What undoes compression, as many bytes at a time as are asked for.

mod bits;
mod codes;
mod deflate;
mod fax;
mod lzw;
mod packbits;
mod zstd;

use std::borrow::Cow;

use super::kinds::Packing;
use super::layout::Layout;

/// Bytes, or codes, from which nothing comes, at most: between two rows nobody asks whether to go on, and no writer makes any.
const IDLE: usize = 1 << 16;

/// Why bytes can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// There are no more.
    Short,
    /// They contradict themselves.
    Corrupt,
}

/// The bytes of a strip or tile, from its first to its last.
pub(super) trait Unpack {
    /// The next ones, all that there is room for.
    fn fill(&mut self, room: &mut [u8]) -> Result<(), Fault>;
}

/// Unpacks `data`; not for what is a picture of its own.
pub(super) fn open<'a>(layout: &Layout<'_>, data: &'a [u8]) -> Result<Box<dyn Unpack + 'a>, Fault> {
    let data = if layout.reversed {
        data.iter().map(|byte| byte.reverse_bits()).collect()
    } else {
        Cow::Borrowed(data)
    };
    let (width, _) = layout.chunk;
    Ok(match layout.packing {
        Packing::PackBits => Box::new(packbits::PackBits::new(data)),
        Packing::Lzw => lzw::open(data),
        Packing::Deflate => Box::new(deflate::Deflate::new(data)),
        Packing::Zstd => Box::new(zstd::Zstd::new(data)?),
        Packing::FaxRows => Box::new(fax::Fax::new(data, width, fax::Scheme::Rows)),
        Packing::Fax3 { two } => Box::new(fax::Fax::new(data, width, fax::Scheme::Marked { two })),
        Packing::Fax4 => Box::new(fax::Fax::new(data, width, fax::Scheme::Two)),
        Packing::Stored | Packing::Jpeg | Packing::WebP => Box::new(Stored { data, at: 0 }),
    })
}

/// Unpacks a row of `PackBits`, as other formats have it too; whether all of it was there.
pub(in crate::codecs) fn unpacked(data: &[u8], row: &mut [u8]) -> bool {
    packbits::PackBits::new(Cow::Borrowed(data))
        .fill(row)
        .is_ok()
}

/// Bytes that one of them holds besides what it reads.
pub(super) fn held_bytes(layout: &Layout<'_>) -> u64 {
    let (width, height) = layout.chunk;
    match layout.packing {
        Packing::Stored | Packing::PackBits | Packing::Jpeg | Packing::WebP => 1 << 10,
        Packing::Lzw => lzw::held_bytes(layout.raw_bytes() as u64 * u64::from(height)),
        Packing::Deflate => deflate::HELD_BYTES,
        Packing::Zstd => zstd::HELD_BYTES,
        Packing::FaxRows | Packing::Fax3 { .. } | Packing::Fax4 => fax::held_bytes(width),
    }
}

/// Bytes that are there already.
pub(super) fn stored<'a>(bytes: Vec<u8>) -> Box<dyn Unpack + 'a> {
    Box::new(Stored {
        data: Cow::Owned(bytes),
        at: 0,
    })
}

struct Stored<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
}

impl Unpack for Stored<'_> {
    fn fill(&mut self, room: &mut [u8]) -> Result<(), Fault> {
        let rest = self.data.get(self.at..).ok_or(Fault::Short)?;
        room.copy_from_slice(rest.get(..room.len()).ok_or(Fault::Short)?);
        self.at += room.len();
        Ok(())
    }
}
