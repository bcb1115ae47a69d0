//! The codec processes there are, and what they and those before them have used.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::os::CpuClock;

/// Each process, by its id.
#[derive(Debug, Default)]
pub(super) struct Living {
    processes: BTreeMap<i32, Process>,
    /// Processor time of those that have ended.
    ended: Duration,
}

#[derive(Debug)]
struct Process {
    clock: CpuClock,
    /// Bytes that it had in memory when it last replied.
    resident: u64,
}

impl Process {
    fn used(&self) -> Duration {
        self.clock.now().unwrap_or_default()
    }
}

impl Living {
    pub(super) fn begins(&mut self, pid: i32) {
        let clock = CpuClock::of_process(pid);
        self.processes.insert(pid, Process { clock, resident: 0 });
    }

    /// Before it is taken away by who has made it: until then even one that crashed has a clock.
    pub(super) fn ends(&mut self, pid: i32) {
        let ended = self.processes.remove(&pid);
        self.ended += ended.map_or(Duration::ZERO, |process| process.used());
    }

    /// What it has in memory.
    pub(super) fn holds(&mut self, pid: i32, resident: u64) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.resident = resident;
        }
    }

    pub(super) fn count(&self) -> usize {
        self.processes.len()
    }

    pub(super) fn resident_bytes(&self) -> u64 {
        let processes = self.processes.values();
        processes.map(|process| process.resident).sum()
    }

    /// Processor time of all of them, what is under way included.
    pub(super) fn used(&self) -> Duration {
        self.ended + self.processes.values().map(Process::used).sum::<Duration>()
    }
}
