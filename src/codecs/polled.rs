//! A file in memory that polls a checkpoint as it is read, for libraries that decode a picture in one call.
//!
//! Such a call ends when its file does, or can't be read: so the reader fails once the work is to be stopped. Whoever
//! called asks the checkpoint then, since libraries don't hand on what failed.

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use crate::checkpoint::{Checkpoint, Stage};

/// A reader that gives a piece at a time.
pub(super) struct Polled<'a> {
    file: Cursor<&'a [u8]>,
    checkpoint: Option<&'a Checkpoint>,
    piece: usize,
    /// Bytes until the next poll.
    left: usize,
}

impl<'a> Polled<'a> {
    /// At the beginning of `file`, with a poll before each `piece` bytes; none without a checkpoint.
    pub(super) fn new(file: &'a [u8], checkpoint: Option<&'a Checkpoint>, piece: usize) -> Self {
        Self {
            file: Cursor::new(file),
            checkpoint,
            piece,
            left: 0,
        }
    }

    fn poll(&self) -> io::Result<()> {
        match self.checkpoint.map(|c| c.check(Stage::Decode)) {
            // Not as an interruption, after which a read is tried again.
            Some(Err(_stop)) => Err(io::Error::other("the work was stopped")),
            _ => Ok(()),
        }
    }
}

impl BufRead for Polled<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            self.poll()?;
            self.left = self.piece;
        }
        let rest = self.file.fill_buf()?;
        Ok(rest.get(..self.left).unwrap_or(rest))
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.file.consume(count);
    }
}

impl Read for Polled<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.fill_buf()?;
        let count = rest.read(room)?;
        self.consume(count);
        Ok(count)
    }
}

impl Seek for Polled<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.poll()?;
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::checkpoint::Stop;

    #[test]
    fn it_is_the_file() {
        let file: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let checkpoint = Checkpoint::new();
        let mut reader = Polled::new(&file, Some(&checkpoint), 7);
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, file);
        reader.seek(SeekFrom::Start(990)).unwrap();
        let mut ten = [0; 10];
        reader.read_exact(&mut ten).unwrap();
        assert_eq!(ten, file[990..]);
    }

    #[test]
    fn it_ends_at_the_first_poll_after_a_stop() {
        let polls = AtomicU32::new(0);
        let checkpoint = Checkpoint::observed(move |_| {
            (polls.fetch_add(1, Ordering::Relaxed) == 3).then_some(Stop::Cancelled)
        });
        let mut read = Vec::new();
        let ended = Polled::new(&[0; 1_000], Some(&checkpoint), 10).read_to_end(&mut read);
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::Other);
        assert_eq!(read.len(), 30);
    }
}
