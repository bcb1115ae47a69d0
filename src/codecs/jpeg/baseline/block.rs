//! The coefficients of one block, out of the bits of a scan.

use super::bits::Place;
use super::huffman::{TO_THE_END, Table};
use super::tables::PLACES;

/// Reads a block into zeros; whether it has more than its mean. `None` for bits that are no code.
#[inline(always)]
pub(super) fn decode_block(
    chunk: &[u8],
    at: &mut Place,
    direct: &Table,
    alternating: &Table,
    last: &mut i32,
    coefficients: &mut [i16; 64],
) -> Option<bool> {
    let mut place = *at;
    place.refill(chunk);
    let entry = direct.look(place);
    let difference = if entry.bits > 0 {
        let difference = entry.first(place);
        place.skip(u32::from(entry.bits));
        difference
    } else {
        direct.take(&mut place)?.1
    };
    *last = last.checked_add(difference)?;
    coefficients[0] = truncated(*last);
    let mut put = |index: usize, value: i32| {
        // A run may lead past the block, for whatever reason; the last place then has it.
        let place = PLACES.get(index).copied().unwrap_or_default();
        coefficients[usize::from(place & 63)] = truncated(value);
    };
    let mut index = 1;
    while index < 64 {
        place.refill(chunk);
        let entry = alternating.look(place);
        let (run, at) = (usize::from(entry.run), usize::from(entry.at));
        if entry.bits > 0 && index + run < 63 {
            let first = entry.first(place);
            place.skip(u32::from(entry.bits));
            put(index + run, first);
            let second = i32::from(entry.second);
            put(index + at, if at == run { first } else { second });
            index += usize::from(entry.step);
        } else {
            // A long code; or the last of the block: what follows that belongs to the next.
            let (run, value) = alternating.take(&mut place)?;
            put(index + run as usize, value);
            index += run as usize + 1;
        }
    }
    *at = place;
    // The end came first.
    Some(index != 1 + TO_THE_END as usize)
}

/// The 16 bits that are kept of a coefficient.
#[expect(clippy::cast_possible_truncation, reason = "as every decoder does")]
fn truncated(value: i32) -> i16 {
    value as i16
}
