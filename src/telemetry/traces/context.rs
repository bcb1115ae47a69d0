//! Where a request stands in a trace, in W3C's headers (Trace Context, level 1).

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::Sampler;

/// Longer lists of others' states are left out.
const LONGEST_STATE: usize = 512;

/// A request's place in a trace, and whether anybody wants to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    /// Whose request caused this one.
    pub(super) parent: Option<[u8; 8]>,
    pub(super) is_sampled: bool,
    /// What others keep in the headers.
    pub(super) state: Option<String>,
}

impl Context {
    /// Goes on with the trace of the headers `traceparent` and `tracestate`, or begins one.
    pub(super) fn of(parent: Option<&str>, state: Option<String>, sampler: Sampler) -> Self {
        let joined = parent.and_then(parsed);
        let trace = joined.map_or_else(
            || {
                let mut trace = [0; 16];
                let (high, low) = trace.split_at_mut(8);
                high.copy_from_slice(&random());
                low.copy_from_slice(&random());
                trace
            },
            |(trace, ..)| trace,
        );
        let is_sampled = sampler.takes(trace, joined.map(|(_, _, is_sampled)| is_sampled));
        Self {
            trace,
            span: random(),
            parent: joined.map(|(_, parent, _)| parent),
            is_sampled,
            state: state.filter(|state| joined.is_some() && state.len() <= LONGEST_STATE),
        }
    }

    /// The trace's id, as logs have it.
    pub fn trace_id(&self) -> String {
        hex(&self.trace)
    }

    /// The value of `traceparent` for what this request causes.
    pub fn header(&self) -> String {
        let flags = u8::from(self.is_sampled);
        format!("00-{}-{}-{flags:02x}", hex(&self.trace), hex(&self.span))
    }

    /// The value of `tracestate` that goes with it.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// The trace's id in the header `traceparent`, as logs have it; `None` where that can't be gone on with.
pub fn trace_id(parent: &str) -> Option<String> {
    parsed(parent).map(|(trace, ..)| hex(&trace))
}

/// An id that isn't 0, which would be none.
pub(super) fn random() -> [u8; 8] {
    let random = RandomState::new().build_hasher().finish();
    random.max(1).to_be_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ok = write!(text, "{byte:02x}");
        text
    })
}

/// Trace, parent, and whether that is sampled.
fn parsed(header: &str) -> Option<([u8; 16], [u8; 8], bool)> {
    let mut fields = header.trim().split('-');
    let (version, trace, parent, flags) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let version: [u8; 1] = bytes(version)?;
    // Later versions may have more behind it; this one hasn't.
    if version == [0xff] || (version == [0] && fields.next().is_some()) {
        return None;
    }
    let [flags] = bytes(flags)?;
    let (trace, parent): ([u8; 16], [u8; 8]) = (bytes(trace)?, bytes(parent)?);
    (trace != [0; 16] && parent != [0; 8]).then_some((trace, parent, flags & 1 == 1))
}

/// Small letters alone, as the headers have them.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_small = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() != 2 * N || !text.bytes().all(is_small) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    fn of(header: &str) -> Context {
        Context::of(Some(header), Some("a=1".to_owned()), Sampler::default())
    }

    #[test]
    fn headers_are_joined() {
        for (version, flags, more, is_sampled) in [
            ("00", "01", "", true),
            ("00", "03", "", true),
            ("00", "00", "", false),
            ("01", "01", "-more", true),
        ] {
            let header = format!("{version}-{TRACE}-{PARENT}-{flags}{more}");
            assert_eq!(trace_id(&header).as_deref(), Some(TRACE));
            let context = of(&header);
            assert_eq!(context.trace_id(), TRACE);
            assert_eq!(context.parent.map(|parent| hex(&parent)).unwrap(), PARENT);
            assert_eq!(
                (context.is_sampled, context.state()),
                (is_sampled, Some("a=1"))
            );
            let flags = if is_sampled { "01" } else { "00" };
            let own = hex(&context.span);
            assert_ne!(own, PARENT);
            assert_eq!(context.header(), format!("00-{TRACE}-{own}-{flags}"));
        }
    }

    #[test]
    fn what_is_no_header_begins_a_trace() {
        for header in [
            "",
            "00",
            &format!("00-{TRACE}-{PARENT}"),
            &format!("00-{TRACE}-{PARENT}-01-more"),
            &format!("ff-{TRACE}-{PARENT}-01"),
            &format!("00-{TRACE}-{PARENT}-1"),
            &format!("00-{}-{PARENT}-01", "0".repeat(32)),
            &format!("00-{TRACE}-{}-01", "0".repeat(16)),
            &format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            &format!("00-{TRACE}é-{PARENT}-01"),
        ] {
            let (first, second) = (of(header), of(header));
            assert_eq!((first.parent, first.state()), (None, None), "{header}");
            assert_eq!(trace_id(header), None, "{header}");
            assert!(first.is_sampled);
            assert_ne!(first.trace_id(), second.trace_id());
            assert_ne!(first.trace_id(), TRACE);
        }
        let long = Some("x".repeat(LONGEST_STATE + 1));
        let header = format!("00-{TRACE}-{PARENT}-01");
        assert_eq!(
            Context::of(Some(&header), long, Sampler::default()).state(),
            None
        );
    }
}
