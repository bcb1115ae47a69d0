//! A picture that was decoded, in planes.

/// A decoded picture: up to three planes, rows without padding.
pub(super) struct Frame {
    pub(super) planes: Vec<Plane>,
}

/// One of them.
pub(super) struct Plane {
    /// Columns.
    pub(super) width: usize,
    pub(super) samples: Owned,
}

/// Its samples, row by row.
pub(super) enum Owned {
    /// Of 8 bit.
    Eight(Vec<u8>),
    /// Of more.
    More(Vec<u16>),
}

/// A row of samples.
#[derive(Clone, Copy)]
pub(super) enum Samples<'a> {
    /// Of 8 bit.
    Eight(&'a [u8]),
    /// Of more, up to 12.
    More(&'a [u16]),
}

impl Samples<'_> {
    /// Some of them.
    pub(super) fn part(self, range: std::ops::Range<usize>) -> Self {
        match self {
            Self::Eight(samples) => Self::Eight(samples.get(range).unwrap_or_default()),
            Self::More(samples) => Self::More(samples.get(range).unwrap_or_default()),
        }
    }
}

impl Frame {
    /// Columns and rows of a plane; 0 where there is none.
    pub(super) fn size(&self, plane: usize) -> (usize, usize) {
        self.planes.get(plane).map_or((0, 0), |plane| {
            let samples = match &plane.samples {
                Owned::Eight(samples) => samples.len(),
                Owned::More(samples) => samples.len(),
            };
            (plane.width, samples / plane.width.max(1))
        })
    }

    /// A row of a plane; an empty one beyond the last.
    pub(super) fn row(&self, plane: usize, row: usize) -> Samples<'_> {
        let Some(plane) = self.planes.get(plane) else {
            return Samples::Eight(&[]);
        };
        let range = row * plane.width..(row + 1) * plane.width;
        match &plane.samples {
            Owned::Eight(samples) => Samples::Eight(samples.get(range).unwrap_or_default()),
            Owned::More(samples) => Samples::More(samples.get(range).unwrap_or_default()),
        }
    }
}
