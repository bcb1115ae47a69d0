//! What is asked of the service, and what it answers.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::Name;
use crate::admission::Deadline;
use crate::checkpoint::Checkpoint;
use crate::codecs::{Format, Header};
use crate::pipeline::request::Request;
use crate::source::{Onward, Source};

/// What is kept as long as a request's work lasts, and its answer is being sent; it gives back whatever it stands for when dropped.
pub type Kept = Arc<dyn fmt::Debug + Send + Sync>;

/// What goes with a request through every layer.
#[derive(Clone, Debug)]
pub struct Context {
    /// When it has to be done.
    pub deadline: Deadline,
    /// Where its work asks whether to go on.
    pub checkpoint: Checkpoint,
    /// What is kept until all is done.
    pub kept: Option<Kept>,
    /// How it is called.
    pub name: Name,
    /// Headers that tell whoever is asked for something what it is a part of. They don't change what comes.
    pub onward: Onward,
}

/// What is to be made of a picture.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is asked; it has been told of the pictures beside.
    pub request: Request,
    /// Pictures that are drawn over the one.
    pub beside: Vec<Source>,
}

impl From<Request> for Order {
    /// Nothing is drawn.
    fn from(request: Request) -> Self {
        Self {
            request,
            beside: Vec::new(),
        }
    }
}

/// The picture that was made.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The file.
    pub bytes: Bytes,
    /// Its format.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Strong entity tag with its quotes.
    pub etag: String,
    /// What the source was.
    pub source: Header,
}
