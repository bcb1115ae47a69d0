//! What the page consists of besides itself: styles, scripts and a picture, as they lie in `files/`.

/// A file that browsers get.
#[derive(Debug)]
pub(super) struct File {
    /// Last part of its path.
    pub(super) name: &'static str,
    /// As `Content-Type` has it.
    pub(super) media_type: &'static str,
    /// All of it.
    pub(super) bytes: &'static [u8],
}

macro_rules! files {
    ($($name:literal $media_type:ident;)*) => {
        /// Every file.
        const FILES: &[File] = &[$(File {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("files/", $name)),
        }),*];
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const DRAWING: &str = "image/svg+xml";

files! {
    "app.js" SCRIPT;
    "arrivals.js" SCRIPT;
    "code.js" SCRIPT;
    "dom.js" SCRIPT;
    "facts.js" SCRIPT;
    "form.js" SCRIPT;
    "history.js" SCRIPT;
    "icon.svg" DRAWING;
    "lock.js" SCRIPT;
    "order.js" SCRIPT;
    "peek.js" SCRIPT;
    "picture.js" SCRIPT;
    "result.js" SCRIPT;
    "samples.js" SCRIPT;
    "server.js" SCRIPT;
    "state.js" SCRIPT;
    "style.css" STYLE;
    "theme.js" SCRIPT;
    "viewer.js" SCRIPT;
    "words.js" SCRIPT;
}

/// The page, with `{base}` for the way from where it is to what all paths begin with.
pub(super) const PAGE: &str = include_str!("files/index.html");

/// The file of that name.
pub(super) fn named(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

/// All names.
pub(in crate::http) fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.name)
}

/// What they are without its parameters, some more than once.
pub(in crate::http) fn media_types() -> impl Iterator<Item = &'static str> {
    let types = FILES.iter().map(|file| file.media_type);
    types.filter_map(|media_type| media_type.split(';').next())
}
