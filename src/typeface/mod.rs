//! The one font there is, in the binary: `DejaVu` Sans 2.37, its licence beside it. Watermarks are written in it, and the texts of drawings.

/// Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian and more.
pub static FILE: &[u8] = include_bytes!("DejaVuSans.ttf");

/// What it calls itself.
pub const FAMILY: &str = "DejaVu Sans";
