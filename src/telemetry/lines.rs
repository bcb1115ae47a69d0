//! Lines on their way out: whoever logs never waits for whoever reads the log.
//!
//! They are laid into memory, and one thread writes them. A collector that stops reading its pipe, or a disk that hangs, holds
//! up that thread alone; when memory for lines is used up, new ones are dropped and counted.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of lines that may wait to be written; as many again may be under way.
const ROOM: usize = 1 << 20;

/// Bytes that are kept for the next lines.
const KEPT: usize = 64 << 10;

/// Until the next try, where writing would wait for a reader but may not.
const PAUSE: Duration = Duration::from_millis(10);

/// Lines between those who log and the one who writes.
pub(super) struct Lines {
    queue: Mutex<Queue>,
    /// There are lines to write.
    came: Condvar,
    /// There are none left.
    gone: Condvar,
    dropped: AtomicU64,
}

struct Queue {
    waiting: Vec<u8>,
    /// Whether lines are under way that don't wait here any more.
    writing: bool,
}

impl Lines {
    pub(super) const fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                waiting: Vec::new(),
                writing: false,
            }),
            came: Condvar::new(),
            gone: Condvar::new(),
            dropped: AtomicU64::new(0),
        }
    }

    /// Lines that were lost since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Lays a line in, its end included, or drops it.
    pub(super) fn push(&self, line: &[u8]) {
        let mut queue = self.lock();
        if queue.waiting.len() + line.len() > ROOM {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        queue.waiting.extend_from_slice(line);
        drop(queue);
        self.came.notify_one();
    }

    /// Writes what is laid in, for ever. `missed` is told how many lines were lost, as soon as others can be written again.
    pub(super) fn write_to(&self, mut out: impl Write, missed: impl Fn(u64)) {
        let mut told = 0;
        let mut whole = true;
        let mut lines = Vec::new();
        loop {
            self.take(&mut lines);
            // What is said of it is a line, too, and now there is room for one.
            let lost = self.dropped();
            if whole && lost > told {
                missed(lost - told);
                told = lost;
            }
            whole = self.write(&mut out, &lines);
        }
    }

    /// Writes what is laid in now, or what of it can be written.
    pub(super) fn write_rest(&self, mut out: impl Write) {
        let lines = std::mem::take(&mut self.lock().waiting);
        self.write(&mut out, &lines);
    }

    /// Waits until everything is written, but no longer than that.
    pub(super) fn wait_until_written(&self, patience: Duration) {
        let end = Instant::now() + patience;
        let mut queue = self.lock();
        while queue.writing || !queue.waiting.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let woken = self.gone.wait_timeout(queue, left);
            queue = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for lines, and takes all there are in place of those that were written.
    fn take(&self, lines: &mut Vec<u8>) {
        lines.clear();
        lines.shrink_to(KEPT);
        let mut queue = self.lock();
        queue.writing = false;
        while queue.waiting.is_empty() {
            self.gone.notify_all();
            let woken = self.came.wait(queue);
            queue = woken.unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(lines, &mut queue.waiting);
        queue.writing = true;
    }

    /// Whether all of them could be written. Those that couldn't are lost.
    fn write(&self, out: &mut impl Write, lines: &[u8]) -> bool {
        let mut rest = lines;
        while !rest.is_empty() {
            match out.write(rest) {
                Ok(0) => break,
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::park_timeout(PAUSE);
                }
                // A full disk, a collector that has died.
                Err(_) => break,
            }
        }
        let lost = memchr::memchr_iter(b'\n', rest).count();
        self.dropped.fetch_add(lost as u64, Ordering::Relaxed);
        rest.is_empty()
    }

    /// Never held while something is written, and nothing that it guards is left half done by a panic.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Each call is a whole line.
impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;

    use super::*;

    /// Each write waits for its turn, then takes so many bytes at most, or fails.
    struct Outlet {
        turns: Receiver<io::Result<usize>>,
        written: Sender<String>,
    }

    impl Write for Outlet {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Nobody gives turns any more: as a pipe that is full for ever.
            let turn = self.turns.recv().unwrap_or_else(|_ended| {
                loop {
                    thread::park();
                }
            });
            let count = turn?.min(bytes.len());
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            self.written.send(text).unwrap();
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Lines, whoever gives their writer turns, and what it has written.
    fn written() -> (
        &'static Lines,
        Sender<io::Result<usize>>,
        Receiver<String>,
        Receiver<u64>,
    ) {
        let lines: &Lines = Box::leak(Box::new(Lines::new()));
        let ((give, turns), (written, out), (tell, missed)) = (channel(), channel(), channel());
        thread::spawn(move || {
            lines.write_to(Outlet { turns, written }, |count| {
                tell.send(count).unwrap();
            });
        });
        (lines, give, out, missed)
    }

    #[test]
    fn lines_come_out_in_order_and_whole_however_little_is_taken_at_a_time() {
        let (lines, give, out, _missed) = written();
        for taken in [2, 3, 100, 100] {
            give.send(Ok(taken)).unwrap();
        }
        give.send(Err(ErrorKind::Interrupted.into())).unwrap();
        give.send(Err(ErrorKind::WouldBlock.into())).unwrap();
        for _ in 0..10 {
            give.send(Ok(100)).unwrap();
        }
        let mut expected = String::new();
        for number in 0..5 {
            let line = format!("line {number}\n");
            lines.push(line.as_bytes());
            expected.push_str(&line);
        }
        lines.wait_until_written(Duration::from_secs(20));
        assert_eq!(out.try_iter().collect::<String>(), expected);
        assert_eq!(lines.dropped(), 0);
    }

    #[test]
    fn nobody_waits_for_a_reader_and_what_has_no_room_is_counted() {
        let (lines, give, out, missed) = written();
        let line = [&[b'a'; 999][..], b"\n"].concat();
        let pushed = 3 * ROOM / line.len();
        for _ in 0..pushed {
            lines.push(&line);
        }
        let dropped = usize::try_from(lines.dropped()).unwrap();
        assert!(dropped >= pushed / 3 && dropped < pushed, "{dropped}");
        // Nor at the end.
        lines.wait_until_written(Duration::from_millis(20));
        for _ in 0..4 {
            give.send(Ok(usize::MAX)).unwrap();
        }
        lines.wait_until_written(Duration::from_secs(20));
        let text: String = out.try_iter().collect();
        assert_eq!(text.len(), (pushed - dropped) * line.len());
        lines.push(b"room again\n");
        lines.wait_until_written(Duration::from_secs(20));
        assert_eq!(out.recv().unwrap(), "room again\n");
        assert_eq!(missed.try_iter().sum::<u64>(), dropped as u64);
    }

    #[test]
    fn what_cannot_be_written_is_lost_and_the_next_line_is_tried() {
        let (lines, give, out, missed) = written();
        lines.push(b"one\n");
        give.send(Err(ErrorKind::BrokenPipe.into())).unwrap();
        lines.wait_until_written(Duration::from_secs(20));
        assert_eq!(lines.dropped(), 1);
        assert_eq!(missed.try_iter().count(), 0);
        lines.push(b"two\n");
        give.send(Ok(100)).unwrap();
        assert_eq!(out.recv().unwrap(), "two\n");
        lines.push(b"three\n");
        assert_eq!(missed.recv().unwrap(), 1);
    }
}
