//! The words that parameters take, as clients and documents see them.

/// The words of one parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// Those that it is known by.
    pub words: &'static [&'static str],
    /// Others that mean the same.
    pub also: &'static [&'static str],
    /// What it takes in the place of a word: a regular expression that matches the whole text.
    pub or: Option<&'static str>,
}

const fn choice(words: &'static [&'static str], also: &'static [&'static str]) -> Choice {
    Choice {
        words,
        also,
        or: None,
    }
}

pub(super) const FITS: Choice = choice(
    &["inside", "cover", "contain", "fill", "outside"],
    &[
        "scale-down",
        "bounds",
        "crop",
        "pad",
        "stretch",
        "squeeze",
        "force",
    ],
);
pub(super) const EXTENDS: Choice = choice(
    &[
        "copy",
        "mirror",
        "black",
        "white",
        "background",
        "lastpixel",
    ],
    &[],
);
pub(super) const GRAVITIES: Choice = Choice {
    words: &[
        "centre",
        "north",
        "northeast",
        "east",
        "southeast",
        "south",
        "southwest",
        "west",
        "northwest",
        "smart",
    ],
    also: &[
        "center",
        "c",
        "top",
        "n",
        "top-right",
        "ne",
        "right",
        "e",
        "bottom-right",
        "se",
        "bottom",
        "s",
        "bottom-left",
        "sw",
        "left",
        "w",
        "top-left",
        "nw",
        "auto",
        "attention",
    ],
    or: Some("(0|1|0?\\.[0-9]{1,9}),(0|1|0?\\.[0-9]{1,9})"),
};
pub(super) const SPACES: Choice = choice(&["srgb", "bw", "p3", "keep"], &[]);
/// What is written, and what has the client's `Accept` say what is.
pub(super) const TYPES: Choice = choice(
    &["jpeg", "png", "webp", "gif", "avif", "tiff", "auto"],
    &["jpg", "tif"],
);
pub(super) const SUBSAMPLINGS: Choice =
    choice(&["4:2:0", "4:2:2", "4:4:4"], &["420", "422", "444"]);
pub(super) const METADATA: Choice = choice(&["none", "copyright", "keep", "keep-all"], &[]);
pub(super) const HASHES: Choice = choice(&["thumbhash", "blurhash"], &[]);
