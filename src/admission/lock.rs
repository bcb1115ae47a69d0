//! The lock around the books.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The standard library's mutex. A test may put it into a model, whose checker then decides at each lock which thread goes on.
#[derive(Debug)]
pub(super) struct Lock<T> {
    value: Mutex<T>,
    #[cfg(test)]
    turn: Option<shuttle::sync::Mutex<()>>,
}

/// The lock, held.
pub(super) struct Locked<'a, T> {
    value: MutexGuard<'a, T>,
    #[cfg(test)]
    _turn: Option<shuttle::sync::MutexGuard<'a, ()>>,
}

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            #[cfg(test)]
            turn: None,
        }
    }

    /// One that only a model's threads may lock.
    #[cfg(test)]
    pub(super) fn modelled(value: T) -> Self {
        Self {
            turn: Some(shuttle::sync::Mutex::new(())),
            ..Self::new(value)
        }
    }

    pub(super) fn lock(&self) -> Locked<'_, T> {
        #[cfg(test)]
        let turn = self.turn.as_ref().map(|turn| turn.lock().unwrap());
        Locked {
            // Nothing that holds the lock can panic half-way through a change.
            value: self.value.lock().unwrap_or_else(PoisonError::into_inner),
            #[cfg(test)]
            _turn: turn,
        }
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
