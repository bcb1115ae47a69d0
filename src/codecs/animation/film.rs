//! Frames on their way into a file: each waits until it is known what comes after it, and equal ones become one.

use super::FrameSink;
use crate::codecs::{Error, Raster};

/// A frame that is to be written.
pub(in crate::codecs) struct Cel<'a> {
    /// What is shown before it; `None` for the first.
    pub(in crate::codecs) before: Option<&'a Raster>,
    /// What is shown then.
    pub(in crate::codecs) picture: &'a Raster,
    /// What is shown after it; `None` for the last.
    pub(in crate::codecs) after: Option<&'a Raster>,
    /// For how long, in milliseconds.
    pub(in crate::codecs) milliseconds: u64,
}

/// A format's way to write frames.
pub(in crate::codecs) trait Cels {
    /// Writes the next one, of which no two that follow each other are equal.
    fn write(&mut self, cel: &Cel<'_>) -> Result<(), Error>;

    /// Ends the file.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error>;
}

/// Frames for an encoder.
pub(in crate::codecs) struct Film<'a> {
    cels: Box<dyn Cels + 'a>,
    /// The last that was written.
    shown: Option<Raster>,
    /// The one that waits, and for how long it is shown.
    waiting: Option<(Raster, u64)>,
}

impl<'a> Film<'a> {
    /// Pictures that are held beside the one that comes.
    pub(in crate::codecs) const HELD: u64 = 2;

    pub(in crate::codecs) fn new(cels: Box<dyn Cels + 'a>) -> Self {
        Self {
            cels,
            shown: None,
            waiting: None,
        }
    }

    fn write(&mut self, after: Option<&Raster>) -> Result<(), Error> {
        let Some((picture, milliseconds)) = self.waiting.take() else {
            return Ok(());
        };
        self.cels.write(&Cel {
            before: self.shown.as_ref(),
            picture: &picture,
            after,
            milliseconds,
        })?;
        self.shown = Some(picture);
        Ok(())
    }
}

/// Viewers take what is too short to be meant for a tenth of a second; where frames become one, it has to be said.
fn as_shown(milliseconds: u64) -> u64 {
    if milliseconds <= 10 {
        100
    } else {
        milliseconds
    }
}

impl FrameSink for Film<'_> {
    fn push(&mut self, picture: Raster, milliseconds: u32) -> Result<(), Error> {
        let waiting = self.waiting.as_ref();
        if waiting.is_some_and(|(waiting, _)| *waiting == picture) {
            self.prolong(milliseconds);
            return Ok(());
        }
        self.write(Some(&picture))?;
        self.waiting = Some((picture, u64::from(milliseconds)));
        Ok(())
    }

    fn prolong(&mut self, milliseconds: u32) {
        if let Some((_, sum)) = &mut self.waiting {
            *sum = as_shown(*sum) + as_shown(milliseconds.into());
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.write(None)?;
        self.cels.finish()
    }
}
