//! Spans as a collector of OpenTelemetry's takes them: `ExportTraceServiceRequest` of its protocol, version 1.

use super::{Kind, Span, Value};
use crate::protobuf::{Fields, Message};

/// `SPAN_KIND_…` of the protocol.
fn number(kind: Kind) -> u64 {
    match kind {
        Kind::Internal => 1,
        Kind::Server => 2,
    }
}

/// `STATUS_CODE_ERROR`.
const ERROR: u64 = 2;

/// The whole message; `resource` says who tells it.
pub(super) fn request(resource: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |of_resource| {
        of_resource.message(1, |own| {
            for (name, value) in resource {
                attribute(own, 1, name, &Value::Text(value.clone().into()));
            }
        });
        of_resource.message(2, |of_scope| {
            of_scope.message(1, |scope| {
                scope.bytes(1, b"pixmill");
                scope.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
            });
            for span in spans {
                of_scope.message(2, |message| fill(message, span));
            }
        });
    });
    request.finish()
}

fn fill(message: &mut Message, span: &Span) {
    let context = &span.context;
    message.bytes(1, &context.trace);
    message.bytes(2, &span.id);
    if let Some(state) = context.state() {
        message.bytes(3, state.as_bytes());
    }
    if let Some(parent) = span.parent {
        message.bytes(4, &parent);
    }
    message.bytes(5, span.name.as_bytes());
    message.number(6, number(span.kind));
    message.fixed(7, span.start);
    message.fixed(8, span.end);
    for (name, value) in &span.attributes {
        attribute(message, 9, name, value);
    }
    if let Some(error) = span.error {
        message.message(15, |status| {
            status.bytes(2, error.as_bytes());
            status.number(3, ERROR);
        });
    }
    // Sampled; and whether the parent is another process's is known.
    let is_remote = span.kind == Kind::Server && span.parent.is_some();
    message.short(16, if is_remote { 0x301 } else { 0x101 });
}

fn attribute(message: &mut Message, field: u64, name: &str, value: &Value) {
    message.message(field, |pair| {
        pair.bytes(1, name.as_bytes());
        pair.message(2, |any| match value {
            Value::Text(text) => any.bytes(1, text.as_bytes()),
            // One of several kinds: that it is there says which, be it 0.
            Value::Number(number) => any.whole(3, *number),
            Value::Decimal(number) => any.decimal(4, *number),
        });
    });
}

/// Letters of what a collector says that are shown.
const LONGEST_WORDS: usize = 200;

/// What a collector left out although it took the rest, and what it says of that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Spans.
    pub count: u64,
    /// Anybody's words.
    pub why: String,
}

impl LeftOut {
    /// Of its answer (`ExportTraceServiceResponse`). One that can't be read says nothing.
    pub fn read(answer: &[u8]) -> Self {
        let partial = Fields(answer).bytes(1).unwrap_or_default();
        let why = String::from_utf8_lossy(Fields(partial).bytes(2).unwrap_or_default());
        Self {
            // It has a sign on the wire.
            count: u64::try_from(Fields(partial).number(1).unwrap_or(0).cast_signed()).unwrap_or(0),
            why: why.chars().take(LONGEST_WORDS).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::telemetry::traces::{Context, Sampler};

    proptest! {
        /// OpenTelemetry's own reader has it back.
        #[test]
        fn what_is_written_is_read(
            names in proptest::collection::vec(".{0,40}", 1..4),
            texts in proptest::collection::vec("\\PC{0,40}", 4),
            number: u64,
            decimal: f64,
            times in (0_u64..1 << 40, 0_u64..1 << 40),
            fails: bool,
            is_joined: bool,
        ) {
            let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            let state = Some("a=1".to_owned());
            let context = Context::of(is_joined.then_some(parent), state, Sampler::default());
            let (start, took) = (Duration::from_nanos(times.0), Duration::from_nanos(times.1));
            let spans: Vec<_> = names.iter().map(|name| {
                let start = SystemTime::UNIX_EPOCH + start;
                let mut span = Span::of_request(&context, name.clone(), (start, took));
                span.note("text", Value::Text(texts[0].clone().into()));
                span.note("number", Value::Number(number));
                span.note("decimal", Value::Decimal(decimal));
                if fails {
                    span.fails("why");
                }
                span
            }).collect();
            let resource = [(texts[1].clone(), texts[2].clone())];
            let written = request(&resource, &spans);
            let read = ExportTraceServiceRequest::decode(&*written).unwrap();
            let of_resource = &read.resource_spans[0];
            let own = &of_resource.resource.as_ref().unwrap().attributes[0];
            prop_assert_eq!(&own.key, &texts[1]);
            let read = &of_resource.scope_spans[0].spans;
            prop_assert_eq!(read.len(), spans.len());
            for (read, name) in read.iter().zip(&names) {
                prop_assert_eq!(&read.name, name);
                prop_assert_eq!(&read.trace_id[..], &context.trace[..]);
                prop_assert_eq!(&read.span_id[..], &context.span[..]);
                let parent = context.parent.map_or(vec![], Vec::from);
                prop_assert_eq!(&read.parent_span_id, &parent);
                prop_assert_eq!(&read.trace_state, if is_joined { "a=1" } else { "" });
                prop_assert_eq!(read.flags, if is_joined { 0x301 } else { 0x101 });
                let ends = (read.start_time_unix_nano, read.end_time_unix_nano);
                prop_assert_eq!(ends, (times.0, times.0 + times.1));
                let status = read.status.as_ref().map(|status| (status.code, &*status.message));
                prop_assert_eq!(status, fails.then_some((2, "why")));
                let values: Vec<_> = read.attributes.iter().map(|pair| {
                    (&*pair.key, pair.value.clone().unwrap().value.unwrap())
                }).collect();
                prop_assert_eq!(values, vec![
                    ("text", any_value::Value::StringValue(texts[0].clone())),
                    ("number", any_value::Value::IntValue(number.cast_signed())),
                    ("decimal", any_value::Value::DoubleValue(decimal)),
                ]);
            }
        }
    }
}
