//! The coefficients of one block, out of the bits of a scan.

use super::bits::Place;
use super::huffman::{TO_THE_END, Table};
use super::samples::Coefficients;
use super::tables::PLACES;

/// Reads a block into zeros; whether it has more than its mean. `None` for bits that are no code.
#[inline(always)]
pub(super) fn decode_block(
    chunk: &[u8],
    at: &mut Place,
    (direct, alternating): (&Table, &Table),
    last: &mut i32,
    coefficients: &mut Coefficients,
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
    *last = last.checked_add(i32::from(difference))?;
    #[expect(clippy::cast_possible_truncation, reason = "as every decoder does")]
    let mean = *last as i16;
    coefficients[0] = mean;
    let mut put = |index: usize, value: i16| {
        let place = PLACES.get(index).copied().unwrap_or_default();
        coefficients[usize::from(place)] = value;
    };
    let mut index = 1;
    while index < 64 {
        place.refill(chunk);
        let entry = alternating.look(place);
        let first = index + usize::from(entry.run);
        // What follows the last coefficient belongs to the next block, a pair's second symbol too.
        if entry.bits > 0 && first != 63 {
            put(first, entry.first(place));
            put(index + usize::from(entry.at), entry.second);
            place.skip(u32::from(entry.bits));
            index += usize::from(entry.step);
        } else {
            let (run, value) = alternating.take(&mut place)?;
            put(index + run as usize, value);
            index += run as usize + 1;
        }
    }
    *at = place;
    // The end came first.
    Some(index != 1 + TO_THE_END as usize)
}
