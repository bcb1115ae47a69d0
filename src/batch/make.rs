//! One picture of one file.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::drafts::Place;
use super::{Drafts, Failure, Input, Known, Pattern, Reader};
use crate::checkpoint::Stage;
use crate::codecs::Format;
use crate::http::local;
use crate::http::problem::Problem;
use crate::pipeline::request::Request;
use crate::service::{Answer, Source};

/// Where answers go.
#[derive(Clone, Debug)]
pub enum Target {
    /// To whoever asked.
    Caller,
    /// Into files of these names.
    Files {
        /// The names.
        names: Pattern,
        /// Whether what is there is replaced.
        replace: bool,
        /// Those on their way.
        drafts: Drafts,
    },
}

/// Makes the same of every file. A cheap handle.
#[derive(Clone, Debug)]
pub struct Maker {
    reader: Reader,
    request: Request,
    /// What is drawn over them.
    beside: Option<Source>,
    target: Target,
}

/// What came of one file.
#[derive(Debug)]
pub struct Done {
    /// Which.
    pub input: Input,
    /// The answer, or why there is none.
    pub made: Result<Made, Failure>,
    /// What each stage took, but for those that weren't reached.
    pub times: Vec<(Stage, Duration)>,
}

/// A picture that was made.
#[derive(Debug)]
pub struct Made {
    /// Where it is now, if it is in a file.
    pub place: Option<PathBuf>,
    /// The picture, if it isn't.
    pub bytes: Option<Bytes>,
    /// Bytes of it.
    pub size: u64,
    /// Its format.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// What it was made of.
    pub source: Origin,
}

/// The picture that another was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Bytes of it.
    pub size: u64,
    /// Its format.
    pub format: Format,
    /// Its width in pixels, upright.
    pub width: u32,
    /// Its height in pixels, upright.
    pub height: u32,
}

impl Maker {
    /// Makes what [`local::asked`] has read, `beside` being a picture to draw.
    ///
    /// # Errors
    /// What is wrong with that picture's file.
    pub async fn new(
        reader: Reader,
        request: Request,
        beside: Option<&Input>,
        target: Target,
    ) -> Result<Self, Failure> {
        let (reader, beside) = match beside {
            Some(input) => {
                let loaded = reader.load(input).await?;
                let known = reader.service().recognise(&loaded.source);
                known.map_err(Problem::from)?;
                let (reader, source) = reader.beside(loaded);
                (reader, Some(source))
            }
            None => (reader, None),
        };
        Ok(Self {
            reader,
            request,
            beside,
            target,
        })
    }

    /// Makes one.
    pub async fn make(&self, input: Input) -> Done {
        let context = Reader::context();
        let checkpoint = &context.checkpoint;
        let work = async {
            if let Target::Files {
                names,
                replace,
                drafts,
            } = &self.target
                && let Some(place) = names.path(&input, Known::default())
            {
                // Before anything is done for it.
                drafts.check(Place {
                    to: &place,
                    own: input.path.as_deref(),
                    replace: *replace,
                })?;
            }
            checkpoint.enter(Stage::Receive);
            let work = |source: Source| async {
                checkpoint.leave();
                let size = source.bytes.len() as u64;
                let service = self.reader.service();
                let (request, beside) = (self.request.clone(), self.beside.clone());
                let order = local::ordered(request, beside, service, &context).await?;
                let answer = service.transform(source, order, &context).await?;
                Ok::<_, Problem>((answer, size))
            };
            let (answer, size) = self.reader.with(&input, work).await?;
            self.deliver(&input, answer, size).await
        };
        let made = work.await;
        let times = Stage::ALL.into_iter().zip(checkpoint.times());
        Done {
            times: times.filter(|(_, time)| !time.is_zero()).collect(),
            made,
            input,
        }
    }

    async fn deliver(&self, input: &Input, answer: Answer, size: u64) -> Result<Made, Failure> {
        let (width, height) = answer.source.displayed();
        let mut made = Made {
            place: None,
            bytes: None,
            size: answer.bytes.len() as u64,
            format: answer.format,
            width: answer.width,
            height: answer.height,
            source: Origin {
                size,
                format: answer.source.format,
                width,
                height,
            },
        };
        let Target::Files {
            names,
            replace,
            drafts,
        } = &self.target
        else {
            made.bytes = Some(answer.bytes);
            return Ok(made);
        };
        let known = Known {
            format: Some(answer.format),
            size: Some((answer.width, answer.height)),
        };
        let place = names
            .path(input, known)
            .ok_or_else(|| Problem::internal("a name was left open"))?;
        let (drafts, replace, to) = (drafts.clone(), *replace, place.clone());
        let own = input.path.clone();
        let write = move || {
            let place = Place {
                to: &to,
                own: own.as_deref(),
                replace,
            };
            drafts.write(&answer.bytes, place)
        };
        self.reader.apart(write).await??;
        made.place = Some(place);
        Ok(made)
    }
}
