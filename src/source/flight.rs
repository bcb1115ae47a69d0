//! Many who want the same thing at the same time share one way of getting it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tracing::Instrument;

/// What names a thing.
pub(super) type Key = [u8; 32];

/// Things that are being got. A cheap handle.
pub(super) struct Flights<T>(Arc<Mutex<HashMap<Key, Weak<Flight<T>>>>>);

/// One thing on its way. Whoever waits for it holds it; when nobody does any more, it is given up.
struct Flight<T> {
    key: Key,
    flights: Flights<T>,
    arrived: watch::Receiver<Option<T>>,
    task: AbortHandle,
}

impl<T> Clone for Flights<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flights({})", self.flying().len())
    }
}

impl<T> Flights<T> {
    fn flying(&self) -> MutexGuard<'_, HashMap<Key, Weak<Flight<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes it out, unless a later one has its place.
    fn remove(&self, key: &Key, flight: *const Flight<T>) {
        let mut flying = self.flying();
        if let Entry::Occupied(entry) = flying.entry(*key)
            && std::ptr::eq(entry.get().as_ptr(), flight)
        {
            entry.remove();
        }
    }
}

/// A share in a thing on its way. Whoever drops it leaves the others alone.
pub(super) struct Share<T> {
    flight: Arc<Flight<T>>,
    /// Whether somebody else began it.
    pub(super) is_followed: bool,
}

impl<T: Clone> Share<T> {
    /// The thing; `None` if getting it panicked.
    pub(super) async fn arrived(self) -> Option<T> {
        let mut arrived = self.flight.arrived.clone();
        let thing = arrived.wait_for(Option::is_some).await.ok()?;
        thing.clone()
    }
}

impl<T: Send + Sync + 'static> Flights<T> {
    /// A share in the thing of that name, which `get` gets unless somebody is at it already.
    pub(super) fn join<F>(&self, key: Key, get: F) -> Share<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut flying = self.flying();
        if let Some(flight) = flying.get(&key).and_then(Weak::upgrade) {
            return Share {
                flight,
                is_followed: true,
            };
        }
        let (arrive, arrived) = watch::channel(None);
        let flight = Arc::new_cyclic(|flight: &Weak<Flight<T>>| {
            let (flights, place) = (self.clone(), Weak::clone(flight));
            let fetching = async move {
                let thing = get.await;
                // Who comes from now on wants it anew.
                flights.remove(&key, place.as_ptr());
                drop(arrive.send(Some(thing)));
            };
            // What it logs is found by the request that began it.
            let task = tokio::spawn(fetching.in_current_span());
            Flight {
                key,
                flights: self.clone(),
                arrived,
                task: task.abort_handle(),
            }
        });
        flying.insert(key, Arc::downgrade(&flight));
        Share {
            flight,
            is_followed: false,
        }
    }
}

impl<T> Drop for Flight<T> {
    fn drop(&mut self) {
        self.task.abort();
        self.flights.remove(&self.key, self);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    const KEY: Key = [1; 32];

    /// Tells when it is dropped.
    struct Told(Arc<AtomicUsize>);

    impl Drop for Told {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn followed(flights: &Flights<u32>) -> Share<u32> {
        let share = flights.join(KEY, async { unreachable!() });
        assert!(share.is_followed);
        share
    }

    /// Another may begin, and gets what it wants.
    async fn anew(flights: &Flights<u32>) {
        let share = flights.join(KEY, async { 8 });
        assert!(!share.is_followed);
        assert_eq!(share.arrived().await, Some(8));
        assert!(flights.flying().is_empty());
    }

    #[tokio::test]
    async fn all_share_one_and_whoever_leaves_leaves_the_rest_alone() {
        let flights = Flights::<u32>::default();
        let (open, gate) = oneshot::channel::<u32>();
        let leader = flights.join(KEY, async move { gate.await.unwrap() });
        assert!(!leader.is_followed);
        let (second, third) = (followed(&flights), followed(&flights));
        // The first and the last leave; the one between waits on.
        drop(leader);
        drop(third);
        tokio::task::yield_now().await;
        open.send(7).unwrap();
        assert_eq!(second.arrived().await, Some(7));
        // What has arrived is not handed out again.
        anew(&flights).await;
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_given_up() {
        let flights = Flights::<u32>::default();
        let dropped = Arc::new(AtomicUsize::new(0));
        let told = Told(Arc::clone(&dropped));
        let only = flights.join(KEY, async move {
            let _told = told;
            std::future::pending().await
        });
        tokio::task::yield_now().await;
        drop(only);
        anew(&flights).await;
        while dropped.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_panic_is_told_to_all() {
        let flights = Flights::<u32>::default();
        let first = flights.join(KEY, async { std::panic::panic_any("broken") });
        let second = followed(&flights);
        assert_eq!(first.arrived().await, None);
        assert_eq!(second.arrived().await, None);
        anew(&flights).await;
    }
}
