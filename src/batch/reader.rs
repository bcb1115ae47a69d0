//! Files into memory, no more of them than there is room for: who finds none waits, where a server would send its client away.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Failure, Input};
use crate::admission::{self, Aside, Deadline, Lease};
use crate::checkpoint::Checkpoint;
use crate::http::problem::Problem;
use crate::service::{Context, Name, Service, Source};
use crate::source::Collected;
use crate::source::Onward;

/// Threads that wait for disks.
const THREADS: usize = 4;

/// Longer than anybody waits: a month.
const NO_DEADLINE: Duration = Duration::from_hours(30 * 24);

/// Room is counted in these.
const UNIT_BYTES: usize = 64 << 10;
const UNIT: u64 = UNIT_BYTES as u64;

/// Bytes that are read at once.
const STEP: usize = 256 << 10;

/// Reads files for a service, within its upload memory. A cheap handle.
#[derive(Clone, Debug)]
pub struct Reader {
    service: Service,
    aside: Aside,
    room: Arc<Semaphore>,
    units: u32,
}

/// A picture in memory, and the room that it has there.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) source: Source,
    room: OwnedSemaphorePermit,
}

enum Opened {
    /// So many bytes.
    Regular(File, u64),
    /// It ends when it ends: a pipe, a terminal.
    Endless(Box<dyn Read + Send>),
}

impl Reader {
    /// For this service, whose upload memory nobody else uses.
    ///
    /// # Errors
    /// The system refuses threads.
    pub fn new(service: Service) -> io::Result<Self> {
        let (_, bytes) = service.admission().figures().upload_memory;
        // Profiles that lie packed in files are upload memory, too.
        let units = u32::try_from((bytes - bytes / 8) / UNIT).unwrap_or(u32::MAX);
        Ok(Self {
            service,
            aside: Aside::start(THREADS)?,
            room: Arc::new(Semaphore::new(units as usize)),
            units,
        })
    }

    /// What it reads for.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// How many pictures are best in hand at once: one for each worker, and one that waits for it.
    pub fn at_once(&self) -> usize {
        2 * self.service.admission().figures().workers
    }

    /// The picture, once there is room for it.
    pub(super) async fn load(&self, input: &Input) -> Result<Loaded, Failure> {
        match self.opened(input).await? {
            Opened::Regular(file, length) => {
                let units = u32::try_from(length.div_ceil(UNIT)).unwrap_or(u32::MAX);
                let mut room = self.room(units).await?;
                let lease = match self.lease(length) {
                    // Profiles that others unpacked have taken it.
                    Err(_) if units < self.units => {
                        drop(room);
                        room = self.room(self.units).await?;
                        self.lease(length)?
                    }
                    lease => lease?,
                };
                self.regular(file, length, lease, room).await
            }
            Opened::Endless(file) => {
                let room = self.room(self.units).await?;
                let collected = Collected::new(self.lease(0)?, None);
                self.read(file, collected, room).await
            }
        }
    }

    /// The picture for as long as it is kept, once there is room for it; others then have the rest of it.
    ///
    /// # Errors
    /// It can't be read, or is larger than all room.
    pub async fn picture(&self, input: &Input) -> Result<Source, Failure> {
        let loaded = self.load(input).await?;
        let (_, source) = self.clone().beside(loaded);
        Ok(source)
    }

    /// This reader, without the room of a picture that stays.
    pub(super) fn beside(mut self, loaded: Loaded) -> (Self, Source) {
        let Loaded { source, mut room } = loaded;
        let units = source.bytes.len().div_ceil(UNIT_BYTES);
        // The rest of it is others' again.
        let taken = room.split(units).unwrap_or(room);
        let taken_units = u32::try_from(taken.num_permits()).unwrap_or(u32::MAX);
        self.units = self.units.saturating_sub(taken_units);
        taken.forget();
        (self, source)
    }

    /// A context without an end, with a checkpoint of its own.
    pub fn context() -> Context {
        Context {
            deadline: Deadline::after(NO_DEADLINE),
            checkpoint: Checkpoint::new(),
            kept: None,
            name: Name::default(),
            onward: Onward::default(),
        }
    }

    /// Does `work` with the picture; once more with all the room there is, where that is what it lacked.
    pub(super) async fn with<T, F>(
        &self,
        input: &Input,
        work: impl Fn(Source) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Problem>>,
    {
        let Loaded { source, room } = self.load(input).await?;
        let has_all = room.num_permits() >= self.units as usize;
        match work(source).await {
            // Whoever waits holds nothing, and reads again: two who waited with their pictures could wait for each other.
            Err(problem) if problem.status().as_u16() == 503 && !has_all => {
                drop(room);
                let all = self.room(self.units).await?;
                let Opened::Regular(file, length) = self.opened(input).await? else {
                    return Err(problem.into());
                };
                let lease = self.lease(length)?;
                let again = self.regular(file, length, lease, all).await?;
                work(again.source).await.map_err(Failure::from)
            }
            done => done.map_err(Failure::from),
        }
    }

    /// Runs what waits for a disk.
    pub(super) async fn apart<T: Send + 'static>(
        &self,
        errand: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let ran = self.aside.run(Deadline::after(NO_DEADLINE), errand).await;
        ran.map_err(|error| Problem::from(error).into())
    }

    async fn room(&self, units: u32) -> Result<OwnedSemaphorePermit, Failure> {
        if units > self.units {
            return Err(self.too_long());
        }
        let room = Arc::clone(&self.room).acquire_many_owned(units);
        room.await
            .map_err(|_closed| Problem::internal("room for files is gone").into())
    }

    fn too_long(&self) -> Failure {
        Failure::too_long(u64::from(self.units) * UNIT)
    }

    fn lease(&self, bytes: u64) -> Result<Lease, Failure> {
        let lease = self.service.admission().upload(bytes);
        lease.map_err(|error| Problem::from(error).into())
    }

    async fn opened(&self, input: &Input) -> Result<Opened, Failure> {
        let path = input.path.clone();
        let opened = self.apart(move || open(path.as_deref())).await?;
        opened.map_err(|error| Failure::unreadable(&error))
    }

    async fn regular(
        &self,
        file: File,
        length: u64,
        lease: Lease,
        room: OwnedSemaphorePermit,
    ) -> Result<Loaded, Failure> {
        let collected = Collected::new(lease, Some(length));
        self.read(Box::new(file.take(length)), collected, room)
            .await
    }

    async fn read(
        &self,
        file: Box<dyn Read + Send>,
        collected: Collected,
        room: OwnedSemaphorePermit,
    ) -> Result<Loaded, Failure> {
        let read = self.apart(move || collect(file, collected)).await?;
        let collected = match read {
            Ok(Ok(collected)) => collected,
            Ok(Err(_no_memory)) => return Err(self.too_long()),
            Err(error) => return Err(Failure::unreadable(&error)),
        };
        let source = collected.finish().ok_or_else(Failure::empty)?;
        Ok(Loaded { source, room })
    }
}

fn open(path: Option<&Path>) -> io::Result<Opened> {
    let Some(path) = path else {
        return Ok(Opened::Endless(Box::new(io::stdin())));
    };
    let file = File::open(path)?;
    let facts = file.metadata()?;
    Ok(if facts.is_file() {
        Opened::Regular(file, facts.len())
    } else {
        Opened::Endless(Box::new(file))
    })
}

/// The whole file; an error within where there is no memory for it.
fn collect(
    mut file: Box<dyn Read + Send>,
    mut collected: Collected,
) -> io::Result<Result<Collected, admission::Error>> {
    let mut step = vec![0; STEP];
    loop {
        let length = match file.read(&mut step) {
            Ok(0) => return Ok(Ok(collected)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if let Err(full) = collected.add(step.get(..length).unwrap_or_default()) {
            return Ok(Err(full));
        }
    }
}
