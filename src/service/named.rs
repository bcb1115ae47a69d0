//! Pictures that a request names instead of sending them, and answers that its client has already.

use super::memory::Remembered;
use super::{Answer, Context, Error, Order, Service};
use crate::checkpoint::Stage;
use crate::source::{Errand, Fetched, Source, Validators, Wanted};

/// What a client has of an answer, by entity tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    /// Nothing.
    #[default]
    Nothing,
    /// Whatever there is of it.
    Anything,
    /// What these tags stand for, each with its quotes.
    Tags(Vec<String>),
}

impl Holds {
    /// Whether that is among it.
    pub fn has(&self, etag: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Anything => true,
            Self::Tags(tags) => tags.iter().any(|tag| tag == etag),
        }
    }
}

/// What came of a request that names its picture.
#[derive(Debug)]
pub enum Named {
    /// A picture, of sources of so many bytes.
    Made(Box<Answer>, u64),
    /// What the client has, by this entity tag.
    Unchanged(String),
}

impl Service {
    /// The picture that `wanted` names.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fetch(&self, wanted: &Wanted, context: &Context) -> Result<Source, Error> {
        match self.fetched(wanted, None, context).await? {
            Fetched::New { source, .. } => Ok(source),
            Fetched::Unchanged => Err(Error::Internal("no condition was given".to_owned())),
        }
    }

    async fn fetched(
        &self,
        wanted: &Wanted,
        known: Option<&Validators>,
        context: &Context,
    ) -> Result<Fetched, Error> {
        let checkpoint = &context.checkpoint;
        checkpoint.enter(Stage::Receive);
        let sources = &self.0.sources;
        let errand = Errand {
            deadline: context.deadline,
            checkpoint,
            onward: &context.onward,
        };
        let fetched = sources.fetch(wanted, known, errand).await?;
        checkpoint.leave();
        Ok(fetched)
    }

    /// Makes the picture that `order` asks for out of the one that `wanted` names, unless the client holds it already. Where
    /// the source still is what it was, that takes neither its bytes nor a pixel.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn transform_named(
        &self,
        wanted: &Wanted,
        order: Order,
        holds: &Holds,
        context: &Context,
    ) -> Result<Named, Error> {
        let memory = &self.0.memory;
        let key = key(wanted, &order);
        let known = memory.recall(&key).filter(|known| holds.has(&known.etag));
        let condition = known.as_ref().map(|known| &*known.validators);
        let fetched = self.fetched(wanted, condition, context).await?;
        let (source, validators) = match (fetched, known) {
            (Fetched::Unchanged, Some(known)) => return Ok(Named::Unchanged(known.etag.clone())),
            (Fetched::Unchanged, None) => {
                return Err(Error::Internal("no condition was given".to_owned()));
            }
            (Fetched::New { source, validators }, _) => (source, validators),
        };
        let sources = order.beside.iter().chain([&source]);
        let size = sources.map(|source| source.bytes.len() as u64).sum();
        let ready = self.plan(source, order, context).await?;
        match validators {
            Some(validators) => {
                let etag = ready.etag.clone();
                memory.remember(key, Remembered { validators, etag });
            }
            None => memory.forget(&key),
        }
        if holds.has(&ready.etag) {
            return Ok(Named::Unchanged(ready.etag));
        }
        let answer = self.make(ready, context).await?;
        Ok(Named::Made(Box::new(answer), size))
    }
}

/// Everything that the answer depends on, but for the source's bytes.
fn key(wanted: &Wanted, order: &Order) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&wanted.digest());
    for source in &order.beside {
        hasher.update(&source.digest);
    }
    // It stays within this process, and every field of the request is in it.
    hasher.update(format!("{:?}", order.request).as_bytes());
    *hasher.finalize().as_bytes()
}
