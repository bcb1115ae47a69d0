//! Rows of a band out of frames: planes as they are or of another matrix, or pixels.

use std::iter::repeat;
use std::ops::Range;

use super::cells::Cells;
use super::convert::{self, Levels, MOST, Made, Matrix};
use super::picture::Picture;
use crate::checkpoint::Checkpoint;
use crate::codecs::samples::divide;
use crate::codecs::{Band, Plane, Shape};

/// What rows are made from.
pub(super) struct AvifRows<'a> {
    pub(super) picture: Picture<'a>,
    pub(super) shape: Shape,
    /// Rows that were handed out.
    pub(super) given: u32,
    /// Frames of colour and of alpha.
    pub(super) cells: [Cells; 2],
    pub(super) levels: [Levels; 3],
    pub(super) alpha: Option<Levels>,
    pub(super) matrix: Option<Matrix>,
    /// Levels of a row.
    pub(super) scratch: Scratch,
    pub(super) checkpoint: &'a Checkpoint,
}

/// Levels of a row of each plane, and what they are made from.
#[derive(Default)]
pub(super) struct Scratch {
    planes: [Vec<i32>; 3],
    near: Vec<i32>,
    far: Vec<i32>,
    alpha: Vec<i32>,
}

impl AvifRows<'_> {
    /// The columns of a plane that are shown.
    fn columns(&self, plane: usize) -> Range<usize> {
        let across = if plane == 0 {
            1
        } else {
            self.picture
                .colour
                .sequence
                .chroma
                .map_or(1, |(across, _)| across)
        };
        let across = u32::from(across);
        let cut = self.picture.cut;
        (cut.left / across) as usize..(cut.left + cut.width).div_ceil(across) as usize
    }

    pub(super) fn planes(&self, band: &mut Band, rows: Range<usize>) {
        let model = self.shape.model;
        prepare(band, self.shape, rows.len());
        let [colour, _] = &self.cells;
        for (index, (plane, levels)) in band.planes.iter_mut().zip(&self.levels).enumerate() {
            let down = usize::from(model.factors(index).1);
            let columns = self.columns(index);
            plane.samples.clear();
            for row in rows.start / down..rows.end.div_ceil(down) {
                colour.row(index, row, columns.clone(), |samples| {
                    levels.append(samples, &mut plane.samples);
                });
            }
        }
    }

    /// Planes of another matrix become BT.601's: chroma by itself, luma with the chroma that its pixels share.
    pub(super) fn planes_of_another_matrix(&mut self, band: &mut Band, rows: Range<usize>) {
        let Some(matrix) = self.matrix else { return };
        let (across, down) = self.shape.model.factors(1);
        let (across, down) = (usize::from(across), usize::from(down));
        prepare(band, self.shape, rows.len());
        let columns = [0, 1, 2].map(|plane| self.columns(plane));
        let Self {
            cells: [colour, _],
            levels,
            scratch,
            ..
        } = self;
        let [luma, blue, red] = &mut *band.planes else {
            return;
        };
        for plane in [&mut *luma, &mut *blue, &mut *red] {
            plane.samples.clear();
        }
        for row in rows.clone() {
            let all = scratch.planes.iter_mut().zip(&*levels).zip(&columns);
            for (index, ((out, levels), columns)) in all.enumerate() {
                let row = if index == 0 { row } else { row / down };
                out.clear();
                colour.row(index, row, columns.clone(), |samples| {
                    levels.append_exact(samples, out);
                });
            }
            let [ys, us, vs] = &scratch.planes;
            for (pixels, (&u, &v)) in ys.chunks(across).zip(us.iter().zip(vs)) {
                luma.samples.extend(pixels.iter().map(|&y| {
                    let [y, _, _]: [u8; 3] = matrix.apply([y, u, v]);
                    y
                }));
            }
            if (row - rows.start).is_multiple_of(down) {
                for (&u, &v) in us.iter().zip(vs) {
                    let [_, u, v] = matrix.apply([0, u, v]);
                    blue.samples.push(u);
                    red.samples.push(v);
                }
            }
        }
    }

    /// Grey or R, G, B, with alpha where there is some.
    pub(super) fn pixels(&mut self, band: &mut Band, rows: Range<usize>) {
        let count = u32::try_from(rows.len()).unwrap_or(0);
        let shape = self.shape;
        let samples = band.make_rows(shape, count);
        let stride = shape.width as usize * shape.model.channels() as usize;
        for (row, out) in rows.zip(samples.chunks_exact_mut(stride.max(1))) {
            self.pixels_of(row, out);
        }
    }

    /// The same of a row of the cells, in samples of that type.
    pub(super) fn pixels_of<S: Made>(&mut self, row: usize, out: &mut [S]) {
        self.read_alpha(row);
        let channels = self.shape.model.channels() as usize;
        if channels < 3 {
            self.grey(row, out, channels);
        } else {
            self.coloured(row, out, channels);
        }
        if self.picture.premultiplied {
            match channels {
                2 => divide::<2, S>(out),
                _ => divide::<4, S>(out),
            }
        }
    }

    /// Alpha of a row of the colours' cells, whose own may be others.
    fn read_alpha(&mut self, row: usize) {
        let columns = self.columns(0);
        let [colour, alpha] = &self.cells;
        let Some(levels) = &self.alpha else { return };
        let row = (row + colour.rows.0 as usize).saturating_sub(alpha.rows.0 as usize);
        let out = &mut self.scratch.alpha;
        out.clear();
        alpha.row(0, row, columns, |samples| levels.append_exact(samples, out));
    }

    fn grey<S: Made>(&mut self, row: usize, out: &mut [S], channels: usize) {
        let columns = self.columns(0);
        let Self {
            cells: [colour, _],
            levels: [levels, ..],
            scratch,
            ..
        } = self;
        let [luma, ..] = &mut scratch.planes;
        luma.clear();
        colour.row(0, row, columns, |samples| {
            levels.append_exact(samples, luma);
        });
        let alpha = scratch.alpha.iter().copied().chain(repeat(MOST));
        let pixels = out.chunks_exact_mut(channels);
        for (pixel, (&y, alpha)) in pixels.zip(luma.iter().zip(alpha)) {
            match pixel {
                [grey] => *grey = S::of(y),
                [grey, opacity] => (*grey, *opacity) = (S::of(y), S::of(alpha)),
                _ => {}
            }
        }
    }

    fn coloured<S: Made>(&mut self, row: usize, out: &mut [S], channels: usize) {
        let (across, down) = self.picture.colour.sequence.chroma.unwrap_or((1, 1));
        let shown = self.columns(0);
        let Self {
            cells: [colour, _],
            levels,
            scratch,
            matrix: Some(matrix),
            ..
        } = self
        else {
            return;
        };
        let (width, _) = colour.size(0);
        for (index, (plane, levels)) in scratch.planes.iter_mut().zip(&*levels).enumerate() {
            let (columns, rows) = colour.size(index);
            let read = |row: usize, out: &mut Vec<i32>| {
                out.clear();
                colour.row(index, row, 0..columns, |samples| {
                    levels.append_exact(samples, out);
                });
            };
            if index == 0 || (across, down) == (1, 1) {
                read(row, plane);
                continue;
            }
            let (near, far) = if down == 2 {
                beside(row, rows)
            } else {
                (row, row)
            };
            read(near, &mut scratch.near);
            read(far, &mut scratch.far);
            convert::widen(&scratch.near, &scratch.far, across, width, plane);
        }
        let [ys, us, vs] = &scratch.planes;
        let alpha = scratch.alpha.iter().copied().chain(repeat(MOST));
        let levels = ys.iter().zip(us).zip(vs).skip(shown.start);
        for ((pixel, ((&y, &u), &v)), alpha) in
            out.chunks_exact_mut(channels).zip(levels).zip(alpha)
        {
            if let [r, g, b, rest @ ..] = pixel {
                [*r, *g, *b] = matrix.apply([y, u, v]);
                if let [opacity] = rest {
                    *opacity = S::of(alpha);
                }
            }
        }
    }
}

/// The row of chroma that a row of luma shares, and the nearest beside that.
fn beside(row: usize, rows: usize) -> (usize, usize) {
    let near = row / 2;
    let far = if row.is_multiple_of(2) {
        near.saturating_sub(1)
    } else {
        (near + 1).min(rows.saturating_sub(1))
    };
    (near, far)
}

/// Gives a band of planes its sizes.
fn prepare(band: &mut Band, shape: Shape, rows: usize) {
    let rows = u32::try_from(rows).unwrap_or(0);
    band.model = shape.model;
    band.planes.resize_with(3, Plane::default);
    for (index, plane) in band.planes.iter_mut().enumerate() {
        (plane.width, plane.height) = shape.model.plane_size(index, shape.width, rows);
        plane.stride = plane.width as usize;
    }
}
