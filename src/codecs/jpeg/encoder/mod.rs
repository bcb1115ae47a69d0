//! Planes into a JPEG file, baseline or progressive, without metadata.
//!
//! Baseline in two passes, so that the codes fit the picture: rows of units become tokens, which are counted; then the tokens become codes.
//! Of a unit's blocks the luma comes first, from left to right and from top to bottom (T.81 A.2.3).
#![expect(
    clippy::inline_always,
    reason = "without it the hot loops call instead of computing, and without the caller's instructions"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bits;
mod component;
mod huffman;
mod markers;
mod progressive;
mod quantiser;
mod scan;
mod steps;
mod tokens;
mod transform;

use self::bits::Writer;
use self::component::Component;
use self::huffman::Codes;
use self::progressive::Progressive;
use self::quantiser::Quantiser;
use self::tokens::{ROOM, Statistics, Table};
use self::transform::SIDE;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Encoding, Error, Model, Shape, Sink};

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(model: Model) -> bool {
    matches!(
        model,
        Model::Gray
            | Model::YCbCr {
                across: 1 | 2,
                down: 1 | 2
            }
    )
}

/// Peak bytes: the tokens of the whole picture with the file, and what makes a row of units.
///
/// A block has [`tokens::MOST`] tokens of two bytes at most, 2.6 bytes a sample. Codes of noise, which nothing makes
/// longer, take 1.2 bytes a sample. Progressive files hold coefficients in the tokens' place, and their noise takes more.
pub(in crate::codecs) fn encode_bytes(encoding: Encoding, shape: Shape) -> u64 {
    let samples = |width: u32, height: u32| {
        let side = |side: u32| u64::from(side).next_multiple_of(16);
        let pixels = side(width) * side(height);
        match shape.model {
            Model::Gray => pixels,
            Model::YCbCr { across: 2, down: 2 } => pixels * 3 / 2,
            Model::YCbCr { across: 1, down: 1 } => pixels * 3,
            _ => pixels * 2,
        }
    };
    // Staged samples, their blocks, the room for tokens, and three bytes for each of those.
    let row = samples(shape.width, 16) * (1 + 3 + 3 + 4);
    let all = samples(shape.width, shape.height);
    let held = if encoding.interlaced {
        all * progressive::HELD_EIGHTHS / 8 + all * 2
    } else {
        all * 4
    };
    held + row + (64 << 10)
}

/// Starts an encode.
pub(in crate::codecs) fn create<'a>(
    encoding: Encoding,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Sink + 'a> {
    Box::new(JpegSink::new(encoding, shape, checkpoint))
}

struct JpegSink<'a> {
    components: Vec<Component>,
    /// Units in a row.
    units: usize,
    /// Of luma, and of chroma.
    statistics: [Statistics; 2],
    /// Tokens of the rows of units so far.
    rows: Vec<Box<[u16]>>,
    /// Their coefficients in the tokens' place.
    progressive: Option<Progressive>,
    /// Where those of a row are made.
    room: Vec<u16>,
    shape: Shape,
    steps: [[u16; 64]; 3],
    checkpoint: &'a Checkpoint,
}

impl Sink for JpegSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        let mut rows: Vec<_> = band.planes.iter().map(|plane| plane.rows(1)).collect();
        loop {
            let mut moved = false;
            for (component, rows) in self.components.iter_mut().zip(&mut rows) {
                moved |= component.stage(rows);
            }
            if !moved {
                return Ok(());
            }
            if self.components.iter().all(Component::is_full) {
                self.make_tokens()?;
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Error> {
        if !self.components.iter().all(Component::is_empty) {
            self.components.iter_mut().for_each(Component::fill_up);
            self.make_tokens()?;
        }
        self.write()
    }
}

impl<'a> JpegSink<'a> {
    fn new(encoding: Encoding, shape: Shape, checkpoint: &'a Checkpoint) -> Self {
        let steps = steps::tables(encoding.quality, shape.model.factors(1) == (2, 2));
        let components: Vec<_> = (0..shape.model.planes())
            .zip(&steps)
            .map(|(index, steps)| Component::new(shape, index, Quantiser::new(steps, index > 0)))
            .collect();
        let across = components.first().map_or(1, |luma| luma.across);
        let units = (shape.width as usize).div_ceil(across * SIDE);
        Self {
            progressive: encoding
                .interlaced
                .then(|| Progressive::new(&components, units)),
            units,
            statistics: [Statistics::NONE; 2],
            rows: Vec::new(),
            room: Vec::new(),
            components,
            shape,
            steps,
            checkpoint,
        }
    }

    /// Makes tokens of the row of units that is there.
    fn make_tokens(&mut self) -> Result<(), Error> {
        self.checkpoint.check(Stage::Encode)?;
        self.components.iter_mut().for_each(Component::transform);
        if let Some(progressive) = &mut self.progressive {
            progressive.take(&self.components);
            return Ok(());
        }
        if self.room.is_empty() {
            let blocks = self.components.iter().map(|c| c.across * c.down);
            let most = self.units * blocks.sum::<usize>() * tokens::MOST;
            self.room.resize(most + ROOM, 0);
        }
        let count = self.tokens();
        let tokens = self.room.get(..count).unwrap_or_default();
        self.rows.push(tokens.into());
        Ok(())
    }

    /// Leaves tokens in the room for them; how many there are.
    fn tokens(&mut self) -> usize {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
        {
            #[expect(unsafe_code, reason = "the call of a function with other instructions")]
            // SAFETY: the features it needs were just detected.
            return unsafe { self.tokens_bmi() };
        }
        self.tokens_with()
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "bmi1,bmi2,lzcnt")]
    fn tokens_bmi(&mut self) -> usize {
        self.tokens_with()
    }

    #[inline(always)]
    fn tokens_with(&mut self) -> usize {
        let [luma, chroma] = &mut self.statistics;
        let mut count = 0;
        for unit in 0..self.units {
            for (index, component) in self.components.iter_mut().enumerate() {
                let statistics = if index == 0 { &mut *luma } else { &mut *chroma };
                let mut last = component.last;
                for y in 0..component.down {
                    for x in 0..component.across {
                        let room = self.room.get_mut(count..).unwrap_or_default();
                        let Some(room) = room.first_chunk_mut() else {
                            return count;
                        };
                        count += match component.block(unit * component.across + x, y) {
                            Some(block) => tokens::block(block, &mut last, statistics, room),
                            None => tokens::nothing(statistics, room),
                        };
                    }
                }
                component.last = last;
            }
        }
        count
    }

    /// Writes the file.
    fn write(mut self) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let progressive = self.progressive.take();
        let mut file = markers::begin(self.shape, &self.steps, progressive.is_some());
        match progressive {
            Some(progressive) => progressive.write(&mut file, self.checkpoint)?,
            None => self.write_tokens(&mut file)?,
        }
        file.extend([0xff, 0xd9]);
        file.shrink_to_fit();
        Ok(file)
    }

    /// Appends the codes of all tokens, in one scan.
    fn write_tokens(self, file: &mut Vec<u8>) -> Result<(), Error> {
        let used = self.components.len().min(2);
        let counts = self.statistics.iter().take(used);
        let counts: Vec<_> = counts.map(|s| [s.direct, s.alternating()]).collect();
        let codes: Vec<_> = counts
            .iter()
            .map(|both| both.each_ref().map(Codes::new))
            .collect();
        let tables: Vec<[Table; 2]> = codes
            .iter()
            .map(|both| both.each_ref().map(tokens::table))
            .collect();
        let mut order = Vec::new();
        for (component, index) in self.components.iter().zip([0, 1, 1]) {
            if let Some([direct, alternating]) = tables.get(index) {
                let blocks = component.across * component.down;
                order.extend(std::iter::repeat_n((direct, alternating), blocks));
            }
        }
        for (slot, [direct, alternating]) in (0..).zip(&codes) {
            markers::codes(file, slot, direct);
            markers::codes(file, 0x10 | slot, alternating);
        }
        let planes: Vec<_> = (0..self.components.len()).collect();
        markers::scan(file, &planes, (0, 63), (0, false));
        let pairs = counts.as_flattened().iter().zip(codes.as_flattened());
        let bits: u64 = pairs
            .map(|(counts, codes)| tokens::bits(counts, codes))
            .sum();
        // And as many zeros behind bytes of ones as are usual.
        let bytes = usize::try_from(bits / 8).unwrap_or(0);
        file.reserve_exact(bytes + bytes / 64 + 64);
        let mut writer = Writer::default();
        for row in self.rows {
            self.checkpoint.check(Stage::Encode)?;
            writer.write(&row, &order, file);
        }
        writer.finish(file);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
