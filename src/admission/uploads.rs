//! Upload memory: who holds it, and who waits for it.
//!
//! What bodies hold that are still on their way may come free within a second: slow senders have to hurry as soon as somebody
//! waits, and are given up if they don't. What work holds that waits or is done comes free no sooner, so that nobody waits for it.
//!
//! Without a least rate (`min_upload_rate = 0`) nobody hurries. Who waits may be granted something all the same: what others have
//! sent meanwhile is worked for, and given back. A client that leaves while it waits isn't seen: its body isn't read, and the
//! connection is looked at only where it is. So its place is kept until it is granted or a second has passed, and holds no memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::books::Books;
use super::lease::Lease;
use super::state::State;
use super::{Error, Lack};

/// How long somebody waits for what slow senders hold: longer than it takes to find out that they are slow.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who holds less than this part of what is lacking isn't hurried for it.
const HELP: u64 = 64;

/// More than so many don't wait.
const MOST: usize = 256;

/// The part of the books that is about uploads. All sizes are in bytes.
#[derive(Debug)]
pub(super) struct Uploads {
    limit: u64,
    taken: u64,
    /// Of what is taken, what bodies hold that are on their way.
    arriving: u64,
    next: u64,
    /// By size and then by age: what is small isn't kept out by what is large.
    waiting: BTreeMap<(u64, u64), oneshot::Sender<Lease>>,
}

impl Uploads {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            taken: 0,
            arriving: 0,
            next: 0,
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    fn fits(&self, bytes: u64) -> bool {
        let sum = self.taken.checked_add(bytes);
        sum.is_some_and(|sum| sum <= self.limit)
    }

    /// Whether it would fit if all that is on its way were given up.
    fn may_fit(&self, bytes: u64) -> bool {
        let sum = (self.taken - self.arriving).checked_add(bytes);
        sum.is_some_and(|sum| sum <= self.limit)
    }

    fn take(&mut self, bytes: u64, is_arriving: bool) {
        self.taken += bytes;
        if is_arriving {
            self.arriving += bytes;
        }
    }

    /// Makes a place for one that wants so much, if there is none, by sending away the largest that wants more.
    fn has_place(&mut self, bytes: u64) -> bool {
        if self.waiting.len() < MOST {
            return true;
        }
        let last = self.waiting.last_entry();
        let larger = last.filter(|last| last.key().0 > bytes);
        larger.map(|larger| drop(larger.remove())).is_some()
    }

    /// Whether nobody waits for what is free, or without hope.
    #[cfg(test)]
    pub(super) fn settled(&self) -> bool {
        let all = self.waiting.keys();
        let mut bytes = all.map(|&(bytes, _)| bytes);
        bytes.all(|bytes| !self.fits(bytes) && self.may_fit(bytes))
    }

    fn give_back(&mut self, bytes: u64, is_arriving: bool) {
        self.taken -= bytes;
        if is_arriving {
            self.arriving -= bytes;
        }
    }
}

impl State {
    /// Takes so much more upload memory, or says when to come back.
    pub(super) fn take_upload(
        self: &Arc<Self>,
        bytes: u64,
        is_arriving: bool,
    ) -> Result<(), Error> {
        let mut books = self.books.lock();
        if !books.uploads.fits(bytes) {
            return Err(self.overloaded(&books, Lack::UploadMemory));
        }
        books.uploads.take(bytes, is_arriving);
        // There may be no hope any more for who waits.
        self.settle_uploads(&mut books);
        Ok(())
    }

    pub(super) fn give_upload_back(self: &Arc<Self>, bytes: u64, is_arriving: bool) {
        let mut books = self.books.lock();
        books.uploads.give_back(bytes, is_arriving);
        self.settle_uploads(&mut books);
    }

    /// A body that holds so much is here.
    pub(super) fn has_arrived(self: &Arc<Self>, bytes: u64) {
        let mut books = self.books.lock();
        books.uploads.arriving -= bytes;
        self.settle_uploads(&mut books);
    }

    /// Whether somebody waits to whom it would help if a slow sender gave up so much.
    pub(super) fn lacks_upload_memory(&self, held: u64) -> bool {
        let books = self.books.lock();
        let uploads = &books.uploads;
        let free = uploads.limit - uploads.taken;
        let first = uploads.waiting.first_key_value();
        first.is_some_and(|((bytes, _), _)| held.saturating_mul(HELP) >= bytes.saturating_sub(free))
    }

    /// Takes memory for a body on its way, after a wait where that may help.
    pub(super) async fn await_upload(
        self: &Arc<Self>,
        bytes: u64,
        end: Instant,
    ) -> Result<Lease, Error> {
        let mut turn = match self.ask_upload(bytes)? {
            Asked::Granted(lease) => return Ok(lease),
            Asked::Waiting(turn) => turn,
        };
        let end = end.min(Instant::now() + PATIENCE);
        match timeout_at(end, &mut turn.granted).await {
            Ok(Ok(lease)) => Ok(lease),
            // There was no hope left, or no time.
            Ok(Err(_)) | Err(_) => Err(self.overloaded(&self.books.lock(), Lack::UploadMemory)),
        }
    }

    pub(super) fn ask_upload(self: &Arc<Self>, bytes: u64) -> Result<Asked, Error> {
        let mut books = self.books.lock();
        if books.uploads.fits(bytes) {
            books.uploads.take(bytes, true);
            return Ok(Asked::Granted(Lease::of_a_body(self, bytes)));
        }
        if !books.uploads.may_fit(bytes) || !books.uploads.has_place(bytes) {
            return Err(self.overloaded(&books, Lack::UploadMemory));
        }
        let (grant, granted) = oneshot::channel();
        let place = (bytes, books.uploads.next);
        books.uploads.next += 1;
        books.uploads.waiting.insert(place, grant);
        Ok(Asked::Waiting(Turn {
            state: Arc::clone(self),
            place,
            granted,
        }))
    }

    /// Grants what fits, and sends away those for whom nothing can come free any more.
    fn settle_uploads(self: &Arc<Self>, books: &mut Books) {
        let uploads = &mut books.uploads;
        while let Some(first) = uploads.waiting.first_entry() {
            let (bytes, _) = *first.key();
            let sum = uploads.taken + bytes;
            if sum > uploads.limit {
                break;
            }
            let grant = first.remove();
            if let Err(unheard) = grant.send(Lease::of_a_body(self, bytes)) {
                // It left before it was granted, and nothing is in the books.
                unheard.forget();
            } else {
                uploads.take(bytes, true);
            }
        }
        while let Some(last) = uploads.waiting.last_entry() {
            let (bytes, _) = *last.key();
            if uploads.taken - uploads.arriving + bytes <= uploads.limit {
                break;
            }
            drop(last.remove());
        }
    }
}

/// What came of asking for upload memory.
pub(super) enum Asked {
    Granted(Lease),
    Waiting(Turn),
}

/// A place among those who wait; left when this is dropped.
pub(super) struct Turn {
    state: Arc<State>,
    place: (u64, u64),
    pub(super) granted: oneshot::Receiver<Lease>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // What was granted meanwhile goes with the receiver.
        self.state.books.lock().uploads.waiting.remove(&self.place);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::admission::Admission;

    async fn body(admission: &Admission, bytes: u64) -> Result<Lease, Error> {
        let hour = Instant::now() + Duration::from_hours(1);
        admission.body(bytes, hour).await
    }

    fn taken(admission: &Admission) -> u64 {
        admission.figures().upload_memory.0
    }

    fn is_refused(result: &Result<Lease, Error>) -> bool {
        let lack = Lack::UploadMemory;
        matches!(result, Err(Error::Overloaded { lack: told, .. }) if *told == lack)
    }

    fn look<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test(start_paused = true)]
    async fn small_ones_are_granted_first_what_slow_senders_give_back() {
        let admission = Admission::of_uploads(100);
        let slow = body(&admission, 60).await.unwrap();
        let slower = body(&admission, 40).await.unwrap();
        assert!(!admission.lacks_upload_memory(100));
        let mut large = pin!(body(&admission, 70));
        let mut small = pin!(body(&admission, 30));
        assert!(look(large.as_mut()).is_pending());
        assert!(look(small.as_mut()).is_pending());
        assert!(admission.lacks_upload_memory(100));
        // What it gave up would help nobody.
        assert!(!admission.lacks_upload_memory(0));
        drop(slower);
        let small = small.await.unwrap();
        assert_eq!(taken(&admission), 90);
        assert!(look(large.as_mut()).is_pending());
        drop(slow);
        let large = large.await.unwrap();
        assert!(!admission.lacks_upload_memory(100));
        drop((small, large));
        assert_eq!(taken(&admission), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_what_work_holds() {
        let admission = Admission::of_uploads(100);
        let start = Instant::now();
        let mut slow = body(&admission, 60).await.unwrap();
        let _works = admission.upload(30).unwrap();
        assert!(is_refused(&body(&admission, 71).await));
        assert!(is_refused(&body(&admission, u64::MAX).await));
        let mut waits = pin!(body(&admission, 70));
        assert!(look(waits.as_mut()).is_pending());
        // It is all here, and becomes work.
        slow.arrive();
        assert!(is_refused(&waits.await));
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(!admission.lacks_upload_memory(100));
    }

    /// So that a wait may end well where nobody has to hurry, too.
    #[tokio::test(start_paused = true)]
    async fn what_has_arrived_and_is_done_with_is_granted() {
        let admission = Admission::of_uploads(100);
        let mut first = body(&admission, 40).await.unwrap();
        let _second = body(&admission, 40).await.unwrap();
        let mut waits = pin!(body(&admission, 40));
        assert!(look(waits.as_mut()).is_pending());
        // It is all here, and becomes work; the other may still be given up.
        first.arrive();
        assert!(look(waits.as_mut()).is_pending());
        drop(first);
        assert!(waits.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let admission = Admission::of_uploads(100);
        let start = Instant::now();
        let slow = body(&admission, 60).await.unwrap();
        assert!(is_refused(&body(&admission, 50).await));
        assert_eq!(start.elapsed(), PATIENCE);
        let soon = Instant::now() + PATIENCE / 4;
        assert!(is_refused(&admission.body(50, soon).await));
        assert_eq!(start.elapsed(), PATIENCE + PATIENCE / 4);
        assert!(!admission.lacks_upload_memory(100));
        drop(slow);
        assert_eq!(taken(&admission), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_leaves_nothing() {
        let admission = Admission::of_uploads(100);
        let slow = body(&admission, 60).await.unwrap();
        {
            let mut leaves = pin!(body(&admission, 50));
            assert!(look(leaves.as_mut()).is_pending());
        }
        assert!(!admission.lacks_upload_memory(100));
        {
            let mut granted = pin!(body(&admission, 50));
            assert!(look(granted.as_mut()).is_pending());
            drop(slow);
            // It is its own, though it hasn't looked yet.
            assert_eq!(taken(&admission), 50);
        }
        assert_eq!(taken(&admission), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_wait() {
        let admission = Admission::of_uploads(100);
        let _slow = body(&admission, 100).await.unwrap();
        let sizes = [2].into_iter().chain([1; MOST - 1]);
        let mut waiting: Vec<_> = sizes.map(|size| Box::pin(body(&admission, size))).collect();
        for waits in &mut waiting {
            assert!(look(waits.as_mut()).is_pending());
        }
        let Poll::Ready(refused) = look(pin!(body(&admission, 2))) else {
            panic!("it waits, too");
        };
        assert!(is_refused(&refused));
        // Who wants less than another takes that one's place.
        waiting.push(Box::pin(body(&admission, 1)));
        assert!(look(waiting[MOST].as_mut()).is_pending());
        let largest = look(waiting[0].as_mut());
        assert!(matches!(largest, Poll::Ready(refused) if is_refused(&refused)));
    }
}
