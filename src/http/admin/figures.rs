//! Where the memory is.

use std::fmt::Write as _;

use axum::extract::{Request, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};

use super::shown;
use crate::http::{State, extract};
use crate::os;

/// Budgets, what the allocator holds, and what the system counts.
pub(super) async fn memory(Extract(state): Extract<State>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let now = (state.0.snapshot)();
    let budget = |(used, limit): (u64, u64)| json!({"used_bytes": used, "limit_bytes": limit});
    let own = os::resident_bytes();
    let told = json!({
        "uploads": budget(now.upload_memory),
        "pixels": budget(now.pixel_memory),
        "resident": {
            "server_bytes": own,
            "codec_processes_bytes": now.resident_bytes.saturating_sub(own),
        },
        "allocator": os::heap().map(|heap| json!({
            "arena_bytes": heap.arena,
            "arena_used_bytes": heap.used,
            "arena_free_bytes": heap.free,
            "arena_releasable_bytes": heap.releasable,
            "arena_free_pieces": heap.free_pieces,
            "mapped_bytes": heap.mapped,
            "mappings": heap.mappings,
        })),
    });
    shown(
        &parts.headers,
        &extract::query(&parts),
        told.clone(),
        || lines(&told),
    )
}

/// A line for each figure.
fn lines(told: &Value) -> String {
    let mut text = String::new();
    for (part, figures) in told.as_object().into_iter().flatten() {
        for (name, figure) in figures.as_object().into_iter().flatten() {
            let label = format!("{part} {}", name.replace('_', " "));
            let _ok = writeln!(text, "{label:42} {figure:>16}");
        }
    }
    text
}
