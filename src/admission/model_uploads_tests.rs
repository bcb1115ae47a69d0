//! Bodies in the model, which wait for upload memory, arrive and leave.

use super::*;
use crate::admission::uploads::Asked;

/// What holds upload memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Upload {
    /// The server's own.
    Own,
    /// A body that is given up.
    Stays,
    /// One that arrives.
    Arrives,
    /// One whose client may leave while it waits.
    Leaves,
}

/// A body on its way, whose client may leave while it waits for memory, or something that waits for none.
pub(super) fn upload(world: &Arc<World>, first: u64, more: u64, kind: Upload) {
    let (strike, struck) = oneshot::channel::<()>();
    let striker =
        matches!(kind, Upload::Leaves).then(|| shuttle::thread::spawn(move || drop(strike)));
    let lease = match kind {
        Upload::Own => Lease::new(&world.state, first).ok(),
        Upload::Stays | Upload::Arrives | Upload::Leaves => {
            let gone = striker.is_some().then_some(struck);
            body(world, first, gone)
        }
    };
    if let Some(striker) = striker {
        striker.join().unwrap();
    }
    if let Some(mut lease) = lease {
        world.change(|ledger| ledger.uploads += first);
        let mut held = first;
        if lease.extend(more).is_ok() {
            held += more;
            world.change(|ledger| ledger.uploads += more);
        }
        if matches!(kind, Upload::Arrives) {
            lease.arrive();
        }
        world.check();
        world.change(|ledger| ledger.uploads -= held);
        drop(lease);
    }
    world.check();
}

/// Its memory; `None` if it is refused or leaves.
fn body(world: &Arc<World>, bytes: u64, gone: Option<oneshot::Receiver<()>>) -> Option<Lease> {
    match world.state.ask_upload(bytes).ok()? {
        Asked::Granted(lease) => Some(lease),
        Asked::Waiting(mut turn) => shuttle::future::block_on(async {
            tokio::select! {
                biased;
                () = happens(gone) => None,
                granted = &mut turn.granted => granted.ok(),
            }
        }),
    }
}
