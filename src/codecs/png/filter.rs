//! The five filters of PNG (12.2), which leave what is left of a row after a guess from its neighbours.

/// One of the five filters, by its number in the file, of rows of pixels of `step` bytes.
#[expect(
    clippy::indexing_slicing,
    reason = "all slices have the row's length, and the first pixel is split off before"
)]
pub(super) fn apply(number: u8, step: usize, row: &[u8], above: &[u8], out: &mut [u8]) {
    let length = row.len();
    let (row, above, out) = (&row[..length], &above[..length], &mut out[..length]);
    // The first pixel has no left neighbour: it counts as zero.
    for index in 0..step {
        out[index] = row[index].wrapping_sub(match number {
            2 | 4 => above[index],
            3 => above[index] / 2,
            _ => 0,
        });
    }
    let left = &row[..length - step];
    let corner = &above[..length - step];
    let (row, above, out) = (&row[step..], &above[step..], &mut out[step..]);
    let length = out.len();
    let (left, corner) = (&left[..length], &corner[..length]);
    match number {
        0 => out.copy_from_slice(row),
        1 => {
            for i in 0..length {
                out[i] = row[i].wrapping_sub(left[i]);
            }
        }
        2 => {
            for i in 0..length {
                out[i] = row[i].wrapping_sub(above[i]);
            }
        }
        3 => {
            for i in 0..length {
                let mean = u16::midpoint(u16::from(left[i]), u16::from(above[i]));
                #[expect(clippy::cast_possible_truncation, reason = "a mean of two bytes")]
                let mean = mean as u8;
                out[i] = row[i].wrapping_sub(mean);
            }
        }
        _ => {
            for i in 0..length {
                out[i] = row[i].wrapping_sub(paeth(left[i], above[i], corner[i]));
            }
        }
    }
}

/// The neighbour nearest to left + above - corner, ties in that order. Without branches, so that it vectorises.
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let to_left = (b - c).abs();
    let to_above = (a - c).abs();
    let to_corner = (a + b - 2 * c).abs();
    let upper = if to_above <= to_corner { above } else { corner };
    if to_left <= to_above && to_left <= to_corner {
        left
    } else {
        upper
    }
}

/// How far filtered bytes are from zero, as signed numbers: the sum that the heuristic of PNG, 12.7, compares.
pub(super) fn weight(filtered: &[u8]) -> u64 {
    // Short sums stay in 16 bits, which the compiler turns into wide adds.
    filtered
        .chunks(256)
        .map(|part| {
            let sum: u16 = part
                .iter()
                .map(|&byte| u16::from(byte.min(byte.wrapping_neg())))
                .sum();
            u64::from(sum)
        })
        .sum()
}

/// Rows through the filters, each with its filter's number before it.
pub(super) struct Filtered {
    /// Bytes of a pixel.
    step: usize,
    /// Whether each row gets the filter that suits it; else none is filtered.
    adaptive: bool,
    bytes: Vec<u8>,
    previous: Vec<u8>,
    /// The row through each of the five filters.
    candidates: [Vec<u8>; 5],
}

impl Filtered {
    /// For so many rows of `row` bytes in pixels of `step` bytes.
    pub(super) fn new(step: usize, row: usize, rows: usize, adaptive: bool) -> Self {
        Self {
            step,
            adaptive,
            bytes: Vec::with_capacity((row + 1) * rows),
            previous: vec![0; row],
            candidates: std::array::from_fn(|_| vec![0; if adaptive { row } else { 0 }]),
        }
    }

    /// Begins a picture of rows of so many bytes, at most as many as there is room for.
    pub(super) fn begin(&mut self, row: usize) {
        self.previous.clear();
        self.previous.resize(row, 0);
        for candidate in &mut self.candidates {
            candidate.truncate(row);
            candidate.resize(if self.adaptive { row } else { 0 }, 0);
        }
    }

    /// Takes the next row.
    pub(super) fn push(&mut self, row: &[u8]) {
        if !self.adaptive {
            self.bytes.push(0);
            self.bytes.extend_from_slice(row);
            return;
        }
        let mut best = (u64::MAX, 0_u8);
        for (number, candidate) in (0_u8..).zip(&mut self.candidates) {
            apply(number, self.step, row, &self.previous, candidate);
            let weight = weight(candidate);
            if weight < best.0 {
                best = (weight, number);
            }
        }
        self.bytes.push(best.1);
        if let Some(candidate) = self.candidates.get(usize::from(best.1)) {
            self.bytes.extend_from_slice(candidate);
        }
        self.previous.copy_from_slice(row);
    }

    /// All rows.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
