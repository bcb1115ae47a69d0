//! Walks over the segments of a JPEG file.

use super::probe::broken;
use crate::codecs::Error;
use crate::codecs::bytes::Reader;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;

/// Bytes outside of segments, markers included, that are skipped on the way to the first scan: the
/// way is walked before a worker is asked for. Real files have some thousand segments at most.
const SPARE_BYTES: usize = 64 << 10;

/// Marker segments up to the first scan.
pub(super) struct Segments<'a> {
    reader: Reader<'a>,
    /// Bytes outside of segments that may still come.
    spare: usize,
}

impl<'a> Segments<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        if reader.take(2) != Some(&[0xff, SOI]) {
            return Err(broken("it doesn't begin like one"));
        }
        Ok(Self {
            reader,
            spare: SPARE_BYTES,
        })
    }

    /// The file behind the segments that were read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// The next marker and what belongs to it.
    pub(super) fn next(&mut self) -> Result<(u8, &'a [u8]), Error> {
        let cut = || broken("it ends before its first scan");
        loop {
            let marker = self.marker()?;
            match marker {
                // Stuffed, temporary, restart: without a body.
                0x00 | 0x01 | 0xd0..=0xd7 => {}
                EOI => return Err(cut()),
                SOI => return Err(broken("it begins twice")),
                _ => {
                    let length = self.reader.u16_be().ok_or_else(cut)?;
                    let body = usize::from(length)
                        .checked_sub(2)
                        .ok_or_else(|| broken("a segment is shorter than its own length"))?;
                    return Ok((marker, self.reader.take(body).ok_or_else(cut)?));
                }
            }
        }
    }

    /// The next marker. Garbage before it is skipped, as every decoder does, and so is any number of fill bytes.
    fn marker(&mut self) -> Result<u8, Error> {
        let before = self.reader.rest().len();
        let marker = self.reader.skip_past(0xff) && self.reader.skip_run(0xff);
        let marker = self.reader.u8().filter(|_| marker);
        let skipped = before - self.reader.rest().len();
        self.spare = self
            .spare
            .checked_sub(skipped)
            .ok_or_else(|| broken("there is too much between its segments"))?;
        marker.ok_or_else(|| broken("it ends before its first scan"))
    }
}

/// Whether a file that goes on like this, behind its one scan, ends as it has to.
pub(super) fn ends(mut rest: &[u8]) -> bool {
    loop {
        match *rest {
            [0xff, EOI, ..] => return true,
            // Tables, comments and what programs add.
            [0xff, 0xc4 | 0xcc | 0xdb..=0xdd | 0xe0..=0xef | 0xfe, ..] => {
                let mut reader = Reader::new(rest);
                reader.skip_past(0xff);
                reader.skip_segment();
                rest = reader.rest();
            }
            // Nothing, another scan or frame of a picture that is complete, or what no file has.
            [] | [0xff, 0x02..=0xcf | 0xd8..=0xdf | 0xf0..=0xfd, ..] => return false,
            // A restart marker too many, fill bytes, anything.
            [_, ref behind @ ..] => {
                let next = memchr::memchr(0xff, behind);
                rest = next.and_then(|at| behind.get(at..)).unwrap_or_default();
            }
        }
    }
}

/// How many scans there are: one walk over the bytes, no entropy decoding.
pub(super) fn count_scans(bytes: &[u8]) -> u32 {
    let mut scans = 0;
    let mut reader = Reader::new(bytes);
    while reader.skip_past(0xff) {
        match reader.peek() {
            Some(SOS) => {
                scans += 1;
                reader.skip_segment();
            }
            // A segment may contain anything, scans of a thumbnail too.
            Some(0xc0..=0xcf | 0xdb..=0xfe) => reader.skip_segment(),
            Some(EOI) => break,
            _ => {}
        }
    }
    scans
}
