//! BMP, through the `image` crate: OS/2's longer headers, and runs from the top down, are put into a form that it reads.

use super::{Error, Format, Header, Rows, Shape, bridge, whole};
use crate::checkpoint::{Checkpoint, Stage};

/// Bytes before the header.
const BEFORE: usize = 14;

/// Bytes of the usual header.
const USUAL: usize = 40;

/// What is looked at of a file for its header: that, and the longest palette.
const START_BYTES: usize = 4 << 10;

/// A file in another form.
struct Rewritten {
    bytes: Vec<u8>,
    /// Rows come from the top down, though the file now says otherwise.
    upside_down: bool,
}

/// Puts `bytes`, or their first part, into the usual form; `None` for a file that has it.
fn rewritten(bytes: &[u8]) -> Option<Rewritten> {
    let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let size = usize::try_from(number(BEFORE)?).ok()?;
    // OS/2 may leave out what is zero. Of these sizes other programs have headers of their own.
    let other = (16..=64).contains(&size) && !matches!(size, USUAL | 52 | 56);
    let height = number(22)?.cast_signed();
    let packing = if size >= 20 { number(30)? } else { 0 };
    let runs = matches!(packing, 1 | 2);
    let upside_down = height < 0 && height > i32::MIN && runs && (other || size >= USUAL);
    if !other && !upside_down {
        return None;
    }
    let (mut head, rest) = (bytes.get(..BEFORE)?.to_vec(), bytes.get(BEFORE + size..)?);
    let header = bytes.get(BEFORE..BEFORE + size)?;
    let kept = if other { size.min(USUAL) } else { size };
    head.extend_from_slice(header.get(..kept)?);
    if other {
        head.resize(BEFORE + USUAL, 0);
        // Where the pixels are.
        let moved = number(10)?.wrapping_add(40).wrapping_sub(number(BEFORE)?);
        set(&mut head, 10, moved);
        set(&mut head, BEFORE, 40);
        // OS/2's other two ways to compress have the numbers of something else.
        if packing > 2 {
            set(&mut head, 30, u32::MAX);
        }
    }
    if upside_down {
        set(&mut head, 22, height.unsigned_abs());
    }
    head.extend_from_slice(rest);
    Some(Rewritten {
        bytes: head,
        upside_down,
    })
}

fn set(head: &mut [u8], at: usize, number: u32) {
    if let Some(place) = head.get_mut(at..at + 4) {
        place.copy_from_slice(&number.to_le_bytes());
    }
}

/// Reads the header.
pub(super) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let start = bytes.get(..START_BYTES).unwrap_or(bytes);
    match rewritten(start) {
        Some(file) => Ok(Header {
            held: bytes.len() as u64 + USUAL as u64,
            reading: 0,
            ..bridge::probe(Format::Bmp, &file.bytes)?
        }),
        None => bridge::probe(Format::Bmp, bytes),
    }
}

/// Peak bytes of a decode, a file in another form included.
pub(super) fn decode_bytes(header: &Header) -> u64 {
    bridge::decode_bytes(header) + header.held
}

/// Prepares a decode.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    if header.held == 0 {
        return bridge::open(bytes, header, checkpoint);
    }
    let shape = header.shape();
    whole::rows(shape, checkpoint, move || {
        let Some(file) = rewritten(bytes) else {
            return Err(Error::Internal("a BMP has changed its form".to_owned()));
        };
        let mut samples = bridge::picture(Format::Bmp, &file.bytes, shape, checkpoint)?;
        if file.upside_down {
            turn_over(&mut samples, shape, checkpoint)?;
        }
        Ok(samples)
    })
}

/// Puts the last row first.
fn turn_over(samples: &mut [u8], shape: Shape, checkpoint: &Checkpoint) -> Result<(), Error> {
    let stride = shape.width as usize * shape.model.channels() as usize;
    let (above, below) = samples.split_at_mut(shape.height as usize / 2 * stride);
    let pairs = above
        .chunks_exact_mut(stride)
        .zip(below.rchunks_exact_mut(stride));
    for (first, last) in pairs {
        checkpoint.check(Stage::Decode)?;
        first.swap_with_slice(last);
    }
    Ok(())
}
