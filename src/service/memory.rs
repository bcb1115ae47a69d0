//! What sources said of pictures that were asked for lately, so that a client that has the answer can be told so by a few bytes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::source::Validators;

/// Answers that are remembered, at most; each is at most a kilobyte.
const MOST: usize = 4096;

/// One answer that was made: by what its source is known, and its entity tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) validators: Box<Validators>,
    pub(super) etag: String,
}

/// Answers by the digest of source and request; the oldest are forgotten first.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    answers: HashMap<[u8; 32], Arc<Remembered>>,
    order: VecDeque<[u8; 32]>,
}

impl Memory {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn recall(&self, key: &[u8; 32]) -> Option<Arc<Remembered>> {
        self.books().answers.get(key).cloned()
    }

    pub(super) fn remember(&self, key: [u8; 32], answer: Remembered) {
        let mut books = self.books();
        if books.answers.insert(key, Arc::new(answer)).is_none() {
            books.order.push_back(key);
        }
        if books.order.len() > MOST
            && let Some(oldest) = books.order.pop_front()
        {
            books.answers.remove(&oldest);
        }
    }

    /// What it was is no more.
    pub(super) fn forget(&self, key: &[u8; 32]) {
        let mut books = self.books();
        if books.answers.remove(key).is_some() {
            books.order.retain(|other| other != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(etag: &str) -> Remembered {
        Remembered {
            validators: Box::new(Validators::Url {
                of: [0; 32],
                etag: None,
                modified: None,
            }),
            etag: etag.to_owned(),
        }
    }

    #[test]
    fn it_stays_small_and_forgets_the_oldest() {
        let memory = Memory::default();
        let key = |n: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&n.to_le_bytes());
            key
        };
        for n in 0..MOST + 10 {
            memory.remember(key(n), answer("x"));
            memory.remember(key(n), answer("y"));
        }
        assert_eq!(memory.books().answers.len(), MOST);
        assert_eq!(memory.books().order.len(), MOST);
        assert_eq!(memory.recall(&key(9)), None);
        assert_eq!(*memory.recall(&key(10)).unwrap(), answer("y"));
        memory.forget(&key(10));
        memory.forget(&key(10));
        assert_eq!(memory.recall(&key(10)), None);
        assert_eq!(memory.books().order.len(), MOST - 1);
    }
}
