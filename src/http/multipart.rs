//! A form: text fields, the file, and maybe one to draw over it, in any order.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context as Task, Poll, ready};

use axum::body::Bytes;
use futures_core::Stream;
use multer::{Field, Multipart};

use super::Compat;
use super::inflow::{Inflow, Refusal};
use super::problem::{Kind, Problem};
use crate::source::Collected;

/// Parts that are looked at. A form for an image has a handful.
const MAX_PARTS: usize = 64;

/// Bytes of text fields that are kept.
const MAX_TEXT: usize = 64 << 10;

/// Bytes before the first part, or of a part's head.
const MAX_BETWEEN: usize = 64 << 10;

/// The most that the parser and the text fields hold beside the picture.
const BESIDE: usize = MAX_TEXT + 4 * MAX_BETWEEN;

/// Which part the picture is from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A part with a file name. One that is named `file` would be better.
    Another,
    File,
}

/// The part with the picture that is drawn over the first.
const BESIDE_IT: &str = "image";

/// A form, and how it is read.
pub(super) struct Form {
    /// What stands between its parts.
    pub(super) boundary: String,
    /// For imaginary a file has to be named `file`.
    pub(super) compat: Compat,
    /// Whether text fields mean anything; else nothing that is in them is wrong, and none is held.
    pub(super) has_say: bool,
}

/// Reads the whole form; the file is collected, the text fields come back. Where there may be a `second`, that is the part `image`,
/// unless the form has no other file.
///
/// # Errors
/// It is no form, has too much in it or no file; or what its bytes are refused for.
pub(super) async fn read(
    inflow: &mut Inflow,
    Form {
        boundary,
        compat,
        has_say,
    }: Form,
    collected: &mut Collected,
    mut second: Option<&mut Collected>,
) -> Result<Vec<(String, String)>, Problem> {
    collected.cover(BESIDE)?;
    let appetite = Appetite::default();
    let feed = Feed {
        inflow,
        appetite: appetite.clone(),
    };
    let mut form = Multipart::new(feed, boundary);
    let mut found = Found::Nothing;
    let mut texts = Texts::default();
    let mut parts = 0;
    while let Some(field) = appetite.told(form.next_field().await)? {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(broken(format!("The form has more than {MAX_PARTS} parts.")));
        }
        let is_file = field.name() == Some("file");
        let is_text = !is_file && field.file_name().is_none();
        let is_second = !is_text && field.name() == Some(BESIDE_IT);
        if let Some(second) = second.as_deref_mut().filter(|_| is_second) {
            first_file(field, &appetite, second).await?;
        } else if is_text && !has_say {
            skip(field, &appetite).await?;
        } else if is_text {
            texts.add(field, &appetite).await?;
        } else if found == Found::File || (found == Found::Another && !is_file) {
            skip(field, &appetite).await?;
        } else {
            collected.clear();
            file(field, &appetite, collected).await?;
            found = if is_file { Found::File } else { Found::Another };
        }
    }
    drop(form);
    // To the very end: else hyper wouldn't look at the connection, neither for its end nor for the next request.
    while inflow.next().await?.is_some() {}
    if let Some(second) = second.filter(|second| found == Found::Nothing && !second.is_empty()) {
        std::mem::swap(collected, second);
        found = Found::Another;
    }
    if found == Found::File || (found == Found::Another && compat == Compat::None) {
        return Ok(texts.fields);
    }
    Err(Problem::new(
        Kind::MissingImage,
        "The form has no file. Send the image as the part named file.",
    ))
}

async fn file(
    mut field: Field<'_>,
    appetite: &Appetite,
    collected: &mut Collected,
) -> Result<(), Problem> {
    while let Some(chunk) = appetite.told(field.chunk().await)? {
        collected.cover(chunk.len() + BESIDE)?;
        collected.add(&chunk)?;
    }
    Ok(())
}

/// The same, if nothing is collected yet.
async fn first_file(
    field: Field<'_>,
    appetite: &Appetite,
    collected: &mut Collected,
) -> Result<(), Problem> {
    if collected.is_empty() {
        file(field, appetite, collected).await
    } else {
        skip(field, appetite).await
    }
}

async fn skip(mut field: Field<'_>, appetite: &Appetite) -> Result<(), Problem> {
    while appetite.told(field.chunk().await)?.is_some() {}
    Ok(())
}

/// The text fields so far.
#[derive(Default)]
struct Texts {
    fields: Vec<(String, String)>,
    bytes: usize,
}

impl Texts {
    async fn add(&mut self, mut field: Field<'_>, appetite: &Appetite) -> Result<(), Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        self.count(name.len())?;
        while let Some(chunk) = appetite.told(field.chunk().await)? {
            self.count(chunk.len())?;
            value.extend_from_slice(&chunk);
        }
        let value = String::from_utf8(value)
            .map_err(|_binary| broken("A text field of the form isn't UTF-8.".to_owned()))?;
        self.fields.push((name, value));
        Ok(())
    }

    fn count(&mut self, more: usize) -> Result<(), Problem> {
        self.bytes += more;
        if self.bytes > MAX_TEXT {
            let detail = format!("The form has more than {MAX_TEXT} bytes of text.");
            return Err(broken(detail));
        }
        Ok(())
    }
}

/// What the parser is fed with: a piece only when it can make nothing more of what it has.
///
/// By itself it would take in all that there is, and search it from the beginning
/// again with each piece, until a part begins.
struct Feed<'a> {
    inflow: &'a mut Inflow,
    appetite: Appetite,
}

impl Stream for Feed<'_> {
    type Item = Result<Bytes, Refusal>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let Self { inflow, appetite } = self.get_mut();
        if !appetite.0.hungry.swap(true, Ordering::Relaxed) {
            // It has to look at what it has first, and is asked to at once.
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        if appetite.0.in_vain.load(Ordering::Relaxed) > MAX_BETWEEN {
            let detail =
                format!("The form has more than {MAX_BETWEEN} bytes outside of its parts.");
            return Poll::Ready(Some(Err(Refusal(broken(detail)))));
        }
        let next = ready!(Pin::new(&mut **inflow).poll_next(task));
        if let Some(Ok(data)) = &next {
            let before = appetite.0.newest.swap(data.len(), Ordering::Relaxed);
            appetite.0.in_vain.fetch_add(before, Ordering::Relaxed);
            appetite.0.hungry.store(false, Ordering::Relaxed);
        }
        Poll::Ready(next)
    }
}

/// How much the parser has taken in since it last had something to tell, and whether it may have more.
///
/// Shared between the feed, which the parser owns, and the reader: one task, so that the order of atomics doesn't matter.
#[derive(Clone, Default)]
struct Appetite(Arc<Eaten>);

#[derive(Default)]
struct Eaten {
    /// Bytes that it has looked at, and found nothing to tell in.
    in_vain: AtomicUsize,
    /// Bytes of the last piece, which it may not have looked at yet: before the first part it takes in two in one go.
    newest: AtomicUsize,
    hungry: AtomicBool,
}

impl Appetite {
    /// What the parser had to tell, or the problem.
    fn told<T>(&self, result: Result<T, multer::Error>) -> Result<T, Problem> {
        self.0.in_vain.store(0, Ordering::Relaxed);
        self.0.newest.store(0, Ordering::Relaxed);
        self.0.hungry.store(false, Ordering::Relaxed);
        result.map_err(|error| match error {
            multer::Error::StreamReadFailed(error) => match error.downcast::<Refusal>() {
                Ok(refusal) => refusal.0,
                Err(_other) => broken("The body can't be read as a form.".to_owned()),
            },
            multer::Error::IncompleteStream
            | multer::Error::IncompleteHeaders
            | multer::Error::IncompleteFieldData { .. } => {
                broken("The form ends before its last boundary.".to_owned())
            }
            _ => broken("The body can't be read as a form.".to_owned()),
        })
    }
}

fn broken(detail: String) -> Problem {
    Problem::new(Kind::InvalidMultipart, detail)
}
