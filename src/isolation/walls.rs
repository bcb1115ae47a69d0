//! What codec processes have given up, to be told: each says it before its first order, when nobody can have taken it over yet.

use std::io;

use super::{Isolation, lock};
use crate::sandbox::{self, Enforced, Mode};

impl Isolation {
    /// What is in force in each of the processes, at least; `None` before there is one.
    pub fn enforced(&self) -> Option<Enforced> {
        lock(&self.0.enforced).clone()
    }

    /// Takes note of what a new process has given up, and says so where that is news.
    ///
    /// # Errors
    /// It is too little for what is configured.
    pub(super) fn note_walls(&self, found: Enforced) -> io::Result<()> {
        let mode = self.0.settings.sandbox;
        let missing = found.missing.join("; ");
        let mut enforced = lock(&self.0.enforced);
        let least = match &*enforced {
            Some(before) => before.least(found),
            None => found,
        };
        if enforced.as_ref() != Some(&least) {
            sandbox::tell("codec", mode, &least);
            *enforced = Some(least);
        }
        if mode == Mode::Require && !missing.is_empty() {
            return Err(io::Error::other(sandbox::refusal(&missing)));
        }
        Ok(())
    }
}
