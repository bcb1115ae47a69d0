//! Which of a file's items are the picture's alpha.

use super::items::{Item, Items};
use super::layer::{Coding, Layer};
use super::sequence::FRAMES;
use super::{broken, properties};
use crate::codecs::Error;

/// The alpha of a picture, or of each of its cells.
pub(super) fn find(items: &Items<'_>, colour: &Layer) -> Result<Option<Layer>, Error> {
    // Found once: a file may have as many references as cells.
    let is_alpha = |item: &&Item| properties::is_alpha(items, item);
    let alphas: Vec<u32> = items.all.iter().filter(is_alpha).map(|i| i.id).collect();
    let mut whose: Vec<(u32, u32)> = items
        .references
        .iter()
        .filter_map(|said| {
            let is_one = &said.kind == b"auxl" && alphas.binary_search(&said.from).is_ok();
            is_one.then_some((said.to, said.from))
        })
        .collect();
    whose.sort_by_key(|(id, _)| *id);
    let of = |id: u32| {
        let first = whose.partition_point(|(other, _)| *other < id);
        let &(other, alpha) = whose.get(first)?;
        (other == id).then_some(alpha)
    };
    if let Some(id) = of(items.primary) {
        return Layer::new(items, id).map(Some);
    }
    let primary_is_cell = colour.cells.contains(&items.primary);
    let cells: Option<Vec<u32>> = colour.cells.iter().map(|&id| of(id)).collect();
    let Some(cells) = cells.filter(|_| !primary_is_cell) else {
        return Ok(None);
    };
    let first = cells.first().copied().unwrap_or_default();
    let one = Layer::new(items, first)?;
    if one.size != colour.cell || one.cells.len() != 1 {
        return Err(broken("its alpha has another size than its colours"));
    }
    for &id in &cells {
        if Coding::of(items.item(id)?) != Some(one.coding) {
            return Err(broken("its alpha is coded in several ways"));
        }
    }
    Ok(Some(Layer {
        columns: colour.columns,
        cells,
        size: colour.size,
        frames: if one.sequence.still { 1 } else { FRAMES },
        ..one
    }))
}
