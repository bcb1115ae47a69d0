//! What stands in the renderer's place in a binary that reads no documents.

use super::{Error, View, unprobed};

/// Width and height of a page, which it is, and how many there are.
pub(super) fn size(_bytes: &[u8], _page: u32) -> Result<(f32, f32, u32, u32), Error> {
    Err(unprobed())
}

/// Its pixels.
pub(super) fn render(_bytes: &[u8], _view: View) -> Result<Vec<u8>, Error> {
    Err(unprobed())
}
