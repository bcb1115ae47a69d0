//! Answers read from a connection that may bring more of them, each once it has been asked for.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::answer::Answer;

/// Reads one answer with its body.
///
/// # Errors
/// The connection ends before, or fails.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Answer> {
    let mut bytes = Vec::with_capacity(2 << 10);
    let (mut answer, head) = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(found) = Answer::head(&bytes) {
            break found;
        }
    };
    let mut body = bytes.split_off(head);
    let have = body.len();
    if have < answer.length() {
        body.resize(answer.length(), 0);
        stream.read_exact(&mut body[have..]).await?;
    }
    answer.body = body;
    Ok(answer)
}
