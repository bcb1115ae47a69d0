//! A form: the text fields before the file, and the file.

use axum::body::Body;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::extract::{Receiver, too_large};
use super::problem::{Kind, Problem};

/// Parts that are looked at. A form for an image has a handful.
const MAX_PARTS: usize = 64;

/// Bytes of text fields that are kept.
const MAX_TEXT: usize = 64 << 10;

/// Reads the whole form; the file goes into the receiver, the fields before it come back.
pub(super) async fn read(
    body: Body,
    boundary: String,
    receiver: &mut Receiver,
) -> Result<Vec<(String, String)>, Problem> {
    let max_body = receiver.collected.max_body();
    let limit = SizeLimit::new().whole_stream(max_body);
    let constraints = Constraints::new().size_limit(limit);
    let mut form = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let mut fields = Vec::new();
    let mut text = 0;
    let mut found = false;
    let mut parts = 0;
    // After the file the rest is read and dropped, so that the connection can be used again.
    while let Some(field) = told(receiver.wait(form.next_field()).await?, max_body)? {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(broken(format!("The form has more than {MAX_PARTS} parts.")));
        }
        let is_file = field.name() == Some("file") || field.file_name().is_some();
        if found {
            skip(field, receiver, max_body).await?;
        } else if is_file {
            found = true;
            file(field, receiver, max_body).await?;
        } else {
            let name = field.name().unwrap_or_default().to_owned();
            let value = value(field, receiver, max_body, MAX_TEXT - text).await?;
            text += name.len() + value.len();
            if text > MAX_TEXT {
                return Err(too_much_text());
            }
            fields.push((name, value));
        }
    }
    if found {
        Ok(fields)
    } else {
        Err(Problem::new(
            Kind::MissingImage,
            "The form has no file. Send the image as the part named file.",
        ))
    }
}

async fn file(mut field: Field<'_>, receiver: &mut Receiver, max_body: u64) -> Result<(), Problem> {
    while let Some(chunk) = told(receiver.wait(field.chunk()).await?, max_body)? {
        receiver.collected.add(&chunk)?;
    }
    Ok(())
}

async fn skip(mut field: Field<'_>, receiver: &mut Receiver, max_body: u64) -> Result<(), Problem> {
    while told(receiver.wait(field.chunk()).await?, max_body)?.is_some() {}
    Ok(())
}

async fn value(
    mut field: Field<'_>,
    receiver: &mut Receiver,
    max_body: u64,
    limit: usize,
) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = told(receiver.wait(field.chunk()).await?, max_body)? {
        if bytes.len() + chunk.len() > limit {
            return Err(too_much_text());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes)
        .map_err(|_binary| broken("A text field of the form isn't UTF-8.".to_owned()))
}

fn told<T>(result: Result<T, multer::Error>, max_body: u64) -> Result<T, Problem> {
    result.map_err(|error| match error {
        multer::Error::StreamSizeExceeded { .. } => too_large(max_body),
        multer::Error::StreamReadFailed(_) => Problem::new(
            Kind::InvalidRequest,
            "The body ended before it was complete.",
        ),
        multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteFieldData { .. } => {
            broken("The form ends before its last boundary.".to_owned())
        }
        _ => broken("The body can't be read as a form.".to_owned()),
    })
}

fn too_much_text() -> Problem {
    broken(format!("The form has more than {MAX_TEXT} bytes of text."))
}

fn broken(detail: String) -> Problem {
    Problem::new(Kind::InvalidMultipart, detail)
}
