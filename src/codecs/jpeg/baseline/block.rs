//! The coefficients of one block, out of the bits of a scan.
#![expect(
    clippy::inline_always,
    clippy::indexing_slicing,
    reason = "the hot loop: inlined where AVX2 is, and a byte is always a place in the array"
)]

use super::bits::{Place, WINDOW, Window};
use super::huffman::{LONGEST, NOWHERE, TO_THE_END, Table};
use super::samples::Coefficients;
use super::tables::PLACES;

/// Look-ups that a window is good for: loading it anew for each would make each wait for the one before.
const LOOKS: u32 = WINDOW / LONGEST;

/// Reads a block into zeros; whether it has more than its mean. `None` for bits that are no code.
///
/// Where only means are wanted (`MEAN`), the rest is read over.
#[inline(always)]
pub(super) fn decode_block<const MEAN: bool>(
    chunk: &[u8],
    at: &mut Place,
    (direct, alternating): (&Table, &Table),
    last: &mut i32,
    coefficients: &mut Coefficients,
) -> Option<bool> {
    let mut place = *at;
    let mut window = Window::at(chunk, place);
    let entry = direct.look(window);
    let difference = if entry.bits > 0 {
        place += usize::from(entry.bits);
        let difference = entry.first(window);
        window = window.behind(entry.bits);
        difference
    } else {
        let (bits, _, difference) = direct.take(window)?;
        place += bits;
        window = Window::at(chunk, place);
        difference
    };
    *last = last.checked_add(i32::from(difference))?;
    #[expect(clippy::cast_possible_truncation, reason = "as every decoder does")]
    let mean = *last as i16;
    coefficients[0] = mean;
    let mut put = |index: usize, value: i16| {
        if MEAN {
            return;
        }
        let place = PLACES.get(index).copied().unwrap_or_default();
        coefficients[usize::from(place)] = value;
    };
    let mut index = 1;
    let mut looks = LOOKS - 1;
    while index < 64 {
        let entry = alternating.look(window);
        let first = index + usize::from(entry.run);
        // What follows the last coefficient belongs to the next block, a pair's second symbol too.
        if entry.bits > 0 && !(63..NOWHERE as usize).contains(&first) {
            put(first, entry.first(window));
            put(index + usize::from(entry.at), entry.second);
            place += usize::from(entry.bits);
            index += usize::from(entry.step);
            window = window.behind(entry.bits);
            looks -= 1;
            if looks > 0 {
                continue;
            }
        } else {
            let (bits, run, value) = alternating.take(Window::at(chunk, place))?;
            put(index + run as usize, value);
            place += bits;
            index += run as usize + 1;
        }
        window = Window::at(chunk, place);
        looks = LOOKS;
    }
    *at = place;
    // Unless the end came first.
    Some(!MEAN && index != 1 + TO_THE_END as usize)
}
