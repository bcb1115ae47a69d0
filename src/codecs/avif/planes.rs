//! Samples of a picture that is to be written, in planes.

/// What a sample is stored in.
pub(super) trait Sample: Copy + Default + Ord + Into<i32> {
    /// The nearest to that many steps, of which there are 2 to the power of `depth`.
    fn nearest(steps: i32, depth: u8) -> Self;
}

impl Sample for u8 {
    fn nearest(steps: i32, _depth: u8) -> Self {
        Self::try_from(steps.clamp(0, 255)).unwrap_or(Self::MAX)
    }
}

impl Sample for u16 {
    fn nearest(steps: i32, depth: u8) -> Self {
        Self::try_from(steps.clamp(0, (1 << depth) - 1)).unwrap_or(Self::MAX)
    }
}

/// A picture to write: luma, or luma and two planes of chroma, rows without padding.
pub(super) struct Planes<'a, S> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bits of a sample: 8 in a byte, 10 or 12 in two.
    pub(super) depth: u8,
    /// Columns and rows of pixels that share their chroma: one or two, and not one and two.
    pub(super) chroma: (u8, u8),
    /// Luma, and of each its samples; two empty ones where there is no chroma.
    pub(super) samples: [&'a [S]; 3],
}

impl<S: Sample> Planes<'_, S> {
    pub(super) fn is_mono(&self) -> bool {
        self.samples.iter().skip(1).all(|plane| plane.is_empty())
    }

    /// Whether the planes are as large as they should be.
    pub(super) fn is_whole(&self) -> bool {
        let (width, height) = (self.width as usize, self.height as usize);
        let chroma = self.chroma_samples();
        let [luma, blue, red] = self.samples.map(<[S]>::len);
        let fits = (size_of::<S>() == 1) == (self.depth == 8);
        fits && luma == width * height && (self.is_mono() || (blue, red) == (chroma, chroma))
    }

    /// Samples of a plane of chroma, which what has none is to have in memory nevertheless.
    pub(super) fn chroma_samples(&self) -> usize {
        let (across, down) = self.chroma;
        let (width, height) = (self.width as usize, self.height as usize);
        width.div_ceil(across.into()) * height.div_ceil(down.into())
    }

    /// The profile of AV1 that has such pictures (5.5.1 and 6.4.1 of its specification).
    pub(super) fn profile(&self) -> u32 {
        match self.chroma {
            _ if self.depth > 10 => 2,
            (2, 2) => 0,
            (1, 1) => 1,
            _ => 2,
        }
    }
}
