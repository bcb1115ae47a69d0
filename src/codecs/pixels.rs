//! Pixels in memory: how samples are laid out, a band of rows, a whole raster.
//!
//! Samples are 8 bit. A model says how many planes there are; each plane has
//! its own size, so that chroma may be subsampled. Knows nothing of formats.

use serde::{Deserialize, Serialize};

/// What the samples mean and how they are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Model {
    /// One plane, one sample per pixel.
    Gray,
    /// One plane, interleaved grey and alpha (straight).
    GrayAlpha,
    /// One plane, interleaved R, G, B.
    Rgb,
    /// One plane, interleaved R, G, B and alpha (straight).
    Rgba,
    /// One plane, interleaved C, M, Y, K; 255 is full ink.
    Cmyk,
    /// Three planes, full-range BT.601 Y, Cb, Cr; chroma is smaller by these factors.
    YCbCr {
        /// How many luma columns share one chroma sample: 1, 2, 4, …
        across: u8,
        /// How many luma rows share one chroma sample: 1, 2, 4, …
        down: u8,
    },
}

impl Model {
    /// Interleaved samples per pixel of each plane.
    pub fn channels(self) -> u32 {
        match self {
            Self::Gray | Self::YCbCr { .. } => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// How many planes.
    pub fn planes(self) -> usize {
        match self {
            Self::YCbCr { .. } => 3,
            _ => 1,
        }
    }

    /// Whether there is transparency.
    pub fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }

    /// How many columns and rows of the picture share a sample of plane `index`.
    pub fn factors(self, index: usize) -> (u8, u8) {
        match self {
            Self::YCbCr { across, down } if index > 0 => (across, down),
            _ => (1, 1),
        }
    }

    /// Size in samples of plane `index` of a picture of `width`×`height` pixels.
    pub fn plane_size(self, index: usize, width: u32, height: u32) -> (u32, u32) {
        let (across, down) = self.factors(index);
        (
            width.div_ceil(u32::from(across)),
            height.div_ceil(u32::from(down)),
        )
    }

    /// Bytes of a whole picture of `width`×`height` pixels, all planes.
    pub fn bytes(self, width: u32, height: u32) -> u64 {
        (0..self.planes())
            .map(|index| {
                let (w, h) = self.plane_size(index, width, height);
                u64::from(w) * u64::from(h) * u64::from(self.channels())
            })
            .sum()
    }
}

/// Size in pixels and the layout of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Pixels in a row, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// Layout of the samples.
    pub model: Model,
}

impl Shape {
    /// Bytes of the whole picture.
    pub fn bytes(self) -> u64 {
        self.model.bytes(self.width, self.height)
    }
}

/// One plane of samples, rows one after the other.
///
/// Only planes that a decoder of planes fills have padding behind their rows; interleaved
/// pictures never have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plane {
    /// Pixels in a row.
    pub width: u32,
    /// Rows held.
    pub height: u32,
    /// Samples from the beginning of a row to that of the next.
    pub stride: usize,
    /// At least `height` rows of `stride` samples.
    pub samples: Vec<u8>,
}

impl Plane {
    /// A plane of zeros.
    pub fn new(width: u32, height: u32, channels: u32) -> Self {
        Self {
            width,
            height,
            stride: width as usize * channels as usize,
            samples: vec![0; width as usize * height as usize * channels as usize],
        }
    }

    /// The rows of a plane with so many samples per pixel, without padding.
    pub fn rows(&self, channels: u32) -> impl Iterator<Item = &[u8]> {
        let length = self.width as usize * channels as usize;
        self.samples
            .chunks(self.stride.max(1))
            .take(self.height as usize)
            .map(move |row| row.get(..length).unwrap_or(row))
    }
}

/// Some consecutive rows of a picture; with all of its rows it is a [`Raster`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Layout of the samples.
    pub model: Model,
    /// As many as the model says. Plane 0 has the picture's width; its height counts the band's rows.
    pub planes: Vec<Plane>,
}

/// A whole picture.
pub type Raster = Band;

impl Band {
    /// A picture of zeros.
    pub fn new(shape: Shape) -> Self {
        Self {
            model: shape.model,
            planes: (0..shape.model.planes())
                .map(|index| {
                    let (w, h) = shape.model.plane_size(index, shape.width, shape.height);
                    Plane::new(w, h, shape.model.channels())
                })
                .collect(),
        }
    }

    /// An interleaved picture from its samples: `width * height * channels` of them.
    pub fn interleaved(shape: Shape, samples: Vec<u8>) -> Self {
        debug_assert_eq!(samples.len() as u64, shape.bytes());
        Self {
            model: shape.model,
            planes: vec![Plane {
                width: shape.width,
                height: shape.height,
                stride: shape.width as usize * shape.model.channels() as usize,
                samples,
            }],
        }
    }

    /// Makes an interleaved band hold so many rows of a picture, and gives their samples to be filled.
    ///
    /// The band keeps its capacity; what was in it may still be there.
    pub(super) fn make_rows(&mut self, shape: Shape, rows: u32) -> &mut [u8] {
        self.model = shape.model;
        self.planes.resize_with(1, Plane::default);
        let stride = shape.width as usize * shape.model.channels() as usize;
        self.planes.first_mut().map_or(&mut [], |plane| {
            (plane.width, plane.height) = (shape.width, rows);
            plane.stride = stride;
            plane.samples.resize(rows as usize * stride, 0);
            &mut plane.samples
        })
    }

    /// Size and layout. A band's height is the number of rows it holds.
    pub fn shape(&self) -> Shape {
        let (width, height) = self.planes.first().map_or((0, 0), |p| (p.width, p.height));
        Shape {
            width,
            height,
            model: self.model,
        }
    }
}
