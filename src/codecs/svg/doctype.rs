//! Where a document type ends, as the parser has it: what is behind it may be hidden from who sees another end.

/// What a document type amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Doctype {
    /// Bytes from `<!DOCTYPE` through its `>`.
    pub(super) length: usize,
    /// Bytes of the longest declaration of an entity, which is longer than what it stands for.
    pub(super) longest: usize,
    /// Whether an entity may stand for others.
    pub(super) nested: bool,
}

/// Reads it; `None` where the parser would refuse it.
pub(super) fn read(bytes: &[u8]) -> Option<Doctype> {
    let head = bytes.strip_prefix(b"<!DOCTYPE")?;
    let mut doctype = Doctype::default();
    let (found, mut rest) = quoted(head, b"[>")?;
    if found == b'[' {
        while !rest.starts_with(b"]") {
            let behind = declaration(rest)?;
            if rest.starts_with(ENTITY) {
                let declared = rest.get(..rest.len() - behind.len()).unwrap_or(rest);
                doctype.longest = doctype.longest.max(declared.len());
                doctype.nested |= declared.contains(&b'&');
            }
            rest = behind.trim_ascii_start();
        }
        rest = rest.get(1..)?.trim_ascii_start().strip_prefix(b">")?;
    }
    doctype.length = bytes.len() - rest.len();
    Some(doctype)
}

const ENTITY: &[u8] = b"<!ENTITY";

/// What is behind a declaration, or spaces alone.
fn declaration(bytes: &[u8]) -> Option<&[u8]> {
    // In these no quotes are heeded.
    const RAW: [&[u8]; 3] = [b"<!ELEMENT", b"<!ATTLIST", b"<!NOTATION"];
    if bytes.first()?.is_ascii_whitespace() {
        Some(bytes.trim_ascii_start())
    } else if bytes.starts_with(ENTITY) {
        Some(quoted(bytes, b">")?.1)
    } else if let Some(comment) = bytes.strip_prefix(b"<!--") {
        behind(comment, b"-->")
    } else if bytes.starts_with(b"<?") {
        behind(bytes, b"?>")
    } else if RAW.iter().any(|word| bytes.starts_with(word)) {
        behind(bytes, b">")
    } else {
        None
    }
}

/// What is behind the first of these words.
pub(super) fn behind<'a>(bytes: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(bytes, end)?;
    bytes.get(at + end.len()..)
}

/// The first of these bytes that isn't in quotes, and what is behind it.
fn quoted<'a>(mut bytes: &'a [u8], ends: &[u8]) -> Option<(u8, &'a [u8])> {
    loop {
        let (&byte, rest) = bytes.split_first()?;
        bytes = match byte {
            b'"' | b'\'' => behind(rest, &[byte])?,
            _ if ends.contains(&byte) => return Some((byte, rest)),
            _ => rest,
        };
    }
}
