//! What answers are called: a pattern with fields in braces.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::Input;
use super::inputs::format_of;
use crate::codecs::Format;

/// The name of an answer, made of its source's and of what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Field(Field),
}

/// What may stand in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Ending,
    Width,
    Height,
    Folder,
    Below,
    Number,
}

/// Each field with what it stands for.
pub const FIELDS: [(&str, &str); 7] = [
    ("name", "the source's name without its ending"),
    ("ext", "the ending of the answer's format"),
    ("width", "the answer's width"),
    ("height", "the answer's height"),
    ("dir", "the folder that the source is in"),
    (
        "sub",
        "where the source lies below the folder that was named, with a slash at the end",
    ),
    ("number", "the source's place among all, from 1"),
];

const BY_NAME: [Field; FIELDS.len()] = [
    Field::Name,
    Field::Ending,
    Field::Width,
    Field::Height,
    Field::Folder,
    Field::Below,
    Field::Number,
];

/// What is known of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its format.
    pub format: Option<Format>,
    /// Its width and height in pixels.
    pub size: Option<(u32, u32)>,
}

impl Pattern {
    /// Whether the text has fields.
    pub fn is_in(text: &OsStr) -> bool {
        text.as_bytes().contains(&b'{')
    }

    /// Fields are in braces, and a brace itself is written twice.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &OsStr) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if !matches!(byte, b'{' | b'}') {
                literal.push(byte);
            } else if let Some(after) = rest.strip_prefix(&[byte]) {
                literal.push(byte);
                rest = after;
            } else {
                let end = rest.iter().position(|&byte| byte == b'}');
                let end = end.filter(|_| byte == b'{');
                let (name, after) = end.and_then(|end| rest.split_at_checked(end)).ok_or(
                    "a brace stands alone in the pattern; one that is meant is written twice",
                )?;
                rest = after.get(1..).unwrap_or_default();
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Field(field(name)?));
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self(pieces))
    }

    /// Just this file.
    pub fn file(path: &Path) -> Self {
        Self(vec![Piece::Text(path.as_os_str().as_bytes().to_vec())])
    }

    /// The source's name, in this folder, below it as the source lies below the one that was named.
    pub fn within(folder: &Path) -> Self {
        let mut text = folder.as_os_str().as_bytes().to_vec();
        if !text.ends_with(b"/") {
            text.push(b'/');
        }
        let dot = Piece::Text(b".".to_vec());
        let [below, name, ending] = [Field::Below, Field::Name, Field::Ending].map(Piece::Field);
        Self(vec![Piece::Text(text), below, name, dot, ending])
    }

    /// The format that its ending names for every answer, if it has an ending.
    ///
    /// # Errors
    /// That ending, if no format has it.
    pub fn format(&self) -> Result<Option<Format>, String> {
        let Some(Piece::Text(text)) = self.0.last() else {
            return Ok(None);
        };
        // A text that begins with its dot ends a name that a field begins.
        let name = Path::new(OsStr::from_bytes(text)).file_name();
        let name = name.unwrap_or_default().as_bytes();
        let Some(dot) = name.iter().rposition(|&byte| byte == b'.') else {
            return Ok(None);
        };
        let ending = String::from_utf8_lossy(name.get(dot + 1..).unwrap_or_default());
        match format_of(&ending) {
            None => Err(ending.into_owned()),
            format => Ok(format),
        }
    }

    /// The folder in which every answer will be, whatever it is called; `None` where that depends on the source.
    pub fn folder(&self) -> Option<PathBuf> {
        match self.0.first() {
            Some(Piece::Field(Field::Folder)) => None,
            Some(Piece::Text(text)) => Some(whole_folders(text).unwrap_or("./".into())),
            Some(Piece::Field(_)) | None => Some("./".into()),
        }
    }

    /// The same, for the answer to this one.
    pub fn folder_for(&self, input: &Input) -> PathBuf {
        self.folder().unwrap_or_else(|| {
            let own = value(Field::Folder, input, Known::default()).unwrap_or_default();
            let below = match self.0.get(1) {
                Some(Piece::Text(text)) => whole_folders(text),
                _ => None,
            };
            let below = below.unwrap_or_default().into_os_string().into_vec();
            PathBuf::from(OsString::from_vec([own, below].concat()))
        })
    }

    /// The name that only sources of the same one could share: all that is known without the answer.
    pub fn kin(&self, input: &Input) -> OsString {
        let (name, _) = self.made(input, Known::default());
        name
    }

    /// Where the answer belongs; `None` where that takes to know more of it.
    pub fn path(&self, input: &Input, known: Known) -> Option<PathBuf> {
        let (name, is_whole) = self.made(input, known);
        is_whole.then(|| PathBuf::from(name))
    }

    /// The name with the fields that are known, and whether these are all.
    fn made(&self, input: &Input, known: Known) -> (OsString, bool) {
        let mut name = Vec::new();
        let mut is_whole = true;
        for piece in &self.0 {
            let value = match piece {
                Piece::Text(text) => Some(text.clone()),
                Piece::Field(field) => value(*field, input, known),
            };
            match value {
                Some(value) => name.extend(value),
                // No name has it.
                None => name.push(0),
            }
            is_whole &= !name.ends_with(&[0]);
        }
        (OsString::from_vec(name), is_whole)
    }
}

/// What of a text is folders, with the last slash.
fn whole_folders(text: &[u8]) -> Option<PathBuf> {
    let end = text.iter().rposition(|&byte| byte == b'/')?;
    let folders = text.get(..=end)?;
    Some(PathBuf::from(OsStr::from_bytes(folders)))
}

fn field(name: &[u8]) -> Result<Field, String> {
    let place = FIELDS.iter().position(|row| row.0.as_bytes() == name);
    let found = place.and_then(|place| BY_NAME.get(place).copied());
    found.ok_or_else(|| {
        let names: Vec<_> = FIELDS.iter().map(|row| format!("{{{}}}", row.0)).collect();
        format!(
            "there is no field {{{}}}; there are {}",
            String::from_utf8_lossy(name),
            names.join(", ")
        )
    })
}

fn value(field: Field, input: &Input, known: Known) -> Option<Vec<u8>> {
    let path = input.path.as_deref();
    let bytes = |text: &OsStr| text.as_bytes().to_vec();
    let number = |number: u32| number.to_string().into_bytes();
    Some(match field {
        Field::Name => bytes(
            path.and_then(Path::file_stem)
                .unwrap_or(OsStr::new("stdin")),
        ),
        Field::Ending => bytes(OsStr::new(&ending(known.format?, path))),
        Field::Width => number(known.size?.0),
        Field::Height => number(known.size?.1),
        Field::Folder => {
            let folder = path.and_then(Path::parent);
            let folder = folder.filter(|folder| *folder != Path::new(""));
            bytes(folder.unwrap_or(Path::new(".")).as_os_str())
        }
        Field::Below if input.below == Path::new("") => Vec::new(),
        Field::Below => [&bytes(input.below.as_os_str()), &b"/"[..]].concat(),
        Field::Number => input.number.to_string().into_bytes(),
    })
}

/// The source's own ending, where that is one of the format; else the usual one.
fn ending(format: Format, source: Option<&Path>) -> String {
    let own = source.and_then(Path::extension).and_then(OsStr::to_str);
    let own = own.filter(|own| format_of(own) == Some(format));
    own.unwrap_or(match format {
        Format::Jpeg => "jpg",
        other => other.name(),
    })
    .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn input(path: &str, below: &str) -> Input {
        Input {
            path: (path != "-").then(|| path.into()),
            below: below.into(),
            number: 7,
        }
    }

    const MADE: Known = Known {
        format: Some(Format::Jpeg),
        size: Some((300, 200)),
    };

    #[test]
    fn fields_are_filled_in() {
        for (pattern, source, below, expected) in [
            ("{name}.{ext}", "a/b.png", "", "b.jpg"),
            ("{name}.{ext}", "a/b.JPEG", "", "b.JPEG"),
            (
                "out/{sub}{name}.webp",
                "in/x/y/b.png",
                "x/y",
                "out/x/y/b.webp",
            ),
            ("out/{sub}{name}.webp", "b.tar.png", "", "out/b.tar.webp"),
            (
                "{dir}/{name}-{width}x{height}.{ext}",
                "a/b.gif",
                "",
                "a/b-300x200.jpg",
            ),
            ("{dir}/small.{ext}", "b.gif", "", "./small.jpg"),
            ("{number}-{name}.{ext}", "-", "", "7-stdin.jpg"),
            ("{{{name}}}", "b.gif", "", "{b}"),
            ("a}}b", "b.gif", "", "a}b"),
        ] {
            let pattern = Pattern::parse(OsStr::new(pattern)).unwrap();
            let path = pattern.path(&input(source, below), MADE);
            assert_eq!(path, Some(expected.into()), "{pattern:?}");
        }
        let within = Pattern::within(Path::new("out"));
        let path = within.path(&input("in/x/b.png", "x"), MADE);
        assert_eq!(path, Some("out/x/b.jpg".into()));
    }

    #[test]
    fn what_is_not_known_yet_is_left_open() {
        let source = input("a/b.png", "");
        let pattern = Pattern::parse(OsStr::new("o/{name}-{width}.png")).unwrap();
        assert_eq!(pattern.path(&source, Known::default()), None);
        assert_eq!(pattern.format(), Ok(Some(Format::Png)));
        assert_eq!(pattern.folder(), Some("o/".into()));
        assert_eq!(pattern.kin(&source), pattern.kin(&input("c/b.gif", "")));
        assert_ne!(pattern.kin(&source), pattern.kin(&input("a/c.png", "")));
        let pattern = Pattern::parse(OsStr::new("{dir}/{name}.{ext}")).unwrap();
        assert_eq!((pattern.format(), pattern.folder()), (Ok(None), None));
        for (file, format) in [
            ("out.jfif", Ok(Some(Format::Jpeg))),
            ("out.JPE", Ok(Some(Format::Jpeg))),
            ("v1.2/out", Ok(None)),
            ("out.heic", Ok(Some(Format::Heic))),
            ("out.jxr", Err("jxr".to_owned())),
        ] {
            assert_eq!(Pattern::file(Path::new(file)).format(), format, "{file}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (pattern, word) in [
            ("{nome}", "{name}"),
            ("a{", "alone"),
            ("a}b", "alone"),
            ("{name", "alone"),
            ("{}", "no field {}"),
        ] {
            let error = Pattern::parse(OsStr::new(pattern)).unwrap_err();
            assert!(error.contains(word), "{pattern}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_has_no_braces_is_itself(text in "[^{}\0]+") {
            let pattern = Pattern::parse(OsStr::new(&text)).unwrap();
            prop_assert_eq!(pattern.path(&input("a.png", ""), Known::default()), Some(text.into()));
        }

        #[test]
        fn any_bytes_are_a_pattern_or_a_mistake(bytes: Vec<u8>) {
            if let Ok(pattern) = Pattern::parse(OsStr::from_bytes(&bytes)) {
                drop(pattern.path(&input("a.png", ""), MADE));
            }
        }
    }
}
