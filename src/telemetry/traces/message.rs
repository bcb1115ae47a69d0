//! Spans as a collector of OpenTelemetry's takes them: `ExportTraceServiceRequest` of its protocol, version 1.

use super::{Kind, Span, Value};
use crate::protobuf::Message;

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
