//! What comes before the scan: quantisers, codes, components.

use super::huffman::{NOWHERE, Table};
use super::idct::place;
use crate::codecs::Error;
use crate::codecs::bytes::Reader;
use crate::codecs::jpeg::probe::Segments;

const SOF0: u8 = 0xc0;
const SOF1: u8 = 0xc1;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;

/// Where a coefficient's place is in a block, by its place in the file.
///
/// A run may lead past the last one, for whatever reason; it then counts as the last. What goes
/// nowhere comes behind the block.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "computed by the compiler"
)]
pub(super) const PLACES: [u8; 64 + 256] = {
    let mut places = [64; 320];
    let mut beyond = 64;
    while beyond < NOWHERE as usize {
        places[beyond] = place(7, 7) as u8;
        beyond += 1;
    }
    let (mut x, mut y, mut index) = (0_u8, 0_u8, 0);
    while index < 64 {
        places[index] = place(x as usize, y as usize) as u8;
        index += 1;
        // Along the diagonals, up and to the right, then down and to the left.
        let up = (x + y) % 2 == 0;
        if up && x == 7 {
            y += 1;
        } else if up && y == 0 {
            x += 1;
        } else if up {
            x += 1;
            y -= 1;
        } else if y == 7 {
            x += 1;
        } else if x == 0 {
            y += 1;
        } else {
            x -= 1;
            y += 1;
        }
    }
    places
};

/// Blocks of a unit, over all components: what T.81 allows.
pub(super) const MAX_BLOCKS: usize = 10;

/// One component, with the tables of its blocks.
pub(super) struct Component {
    /// Blocks side by side in a unit of the scan, and below each other.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Each at its place in a block.
    pub(super) quantisers: [i16; 64],
    /// Indices into [`Tables::direct`] and [`Tables::alternating`].
    pub(super) direct: usize,
    pub(super) alternating: usize,
}

/// All that the one scan of a file needs.
pub(super) struct Tables<'a> {
    pub(super) components: Vec<Component>,
    pub(super) direct: [Option<Table>; 4],
    pub(super) alternating: [Option<Table>; 4],
    /// Units between two restart markers; 0 for none.
    pub(super) restart: u32,
    /// The file from the scan's first byte.
    pub(super) scan: &'a [u8],
}

impl Tables<'_> {
    /// The codes of a component's blocks.
    pub(super) fn codes(&self, component: &Component) -> Option<(&Table, &Table)> {
        let direct = self.direct.get(component.direct)?.as_ref()?;
        let alternating = self.alternating.get(component.alternating)?.as_ref()?;
        Some((direct, alternating))
    }

    /// Whether all is there for a picture of so many planes, and a unit is as large as it may be.
    pub(super) fn suit(&self, planes: usize) -> bool {
        let components = &self.components;
        let blocks: usize = components.iter().map(|c| c.across * c.down).sum();
        let have_codes = components.iter().all(|c| self.codes(c).is_some());
        components.len() == planes && blocks <= MAX_BLOCKS && have_codes
    }
}

/// A component as the frame has it.
struct Framed {
    id: u8,
    across: usize,
    down: usize,
    quantisers: usize,
}

/// Codes as a file has them: how many have each length, and what each stands for.
struct Codes<'a> {
    counts: [u8; 16],
    symbols: &'a [u8],
}

/// Reads up to the scan; `None` for a file that isn't baseline, in one scan, with tables as they should be.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Tables<'_>>, Error> {
    let mut quantisers = [const { None }; 4];
    let mut direct = [const { None }; 4];
    let mut alternating = [const { None }; 4];
    let (mut frame, mut restart) = (None, 0);
    let mut segments = Segments::new(bytes)?;
    loop {
        let (marker, body) = segments.next()?;
        let mut body = Reader::new(body);
        match marker {
            SOF0 | SOF1 => frame = read_frame(&mut body),
            DHT => {
                while !body.rest().is_empty() {
                    let Some((runs, slot, codes)) = read_codes(&mut body) else {
                        return Ok(None);
                    };
                    let all = if runs { &mut alternating } else { &mut direct };
                    if let Some(room) = all.get_mut(slot) {
                        *room = Some(codes);
                    }
                }
            }
            // Other processes, and markers that nobody knows: whether they matter is not for us to say.
            0x02..=0xbf | 0xc2..=0xcf | 0xde | 0xdf | 0xf0..=0xfd => return Ok(None),
            DQT => {
                while !body.rest().is_empty() {
                    let Some((slot, table)) = read_quantisers(&mut body) else {
                        return Ok(None);
                    };
                    if let Some(room) = quantisers.get_mut(slot) {
                        *room = Some(table);
                    }
                }
            }
            DRI => match (body.u16_be(), body.rest()) {
                (Some(interval), []) => restart = u32::from(interval),
                _ => return Ok(None),
            },
            SOS => {
                let Some(components) =
                    frame.and_then(|frame: Vec<_>| read_scan(&mut body, &frame, &quantisers))
                else {
                    return Ok(None);
                };
                // A file may say the same ones any number of times: what takes time is made of the last alone.
                let (Some(direct), Some(alternating)) =
                    (tables(&direct, false), tables(&alternating, true))
                else {
                    return Ok(None);
                };
                return Ok(Some(Tables {
                    components,
                    direct,
                    alternating,
                    restart,
                    scan: segments.rest(),
                }));
            }
            _ => {}
        }
    }
}

fn read_frame(body: &mut Reader<'_>) -> Option<Vec<Framed>> {
    body.take(5)?;
    let count = body.u8()?;
    let frame = (0..count)
        .map(|_| {
            let [id, factors, quantisers] = body.array()?;
            let (across, down) = (usize::from(factors >> 4), usize::from(factors & 15));
            let allowed = (1..=4).contains(&across) && (1..=4).contains(&down);
            allowed.then_some(Framed {
                id,
                across,
                down,
                quantisers: usize::from(quantisers),
            })
        })
        .collect();
    body.rest().is_empty().then_some(frame)?
}

/// Whether the codes have runs, their slot, and the codes.
fn read_codes<'a>(body: &mut Reader<'a>) -> Option<(bool, usize, Codes<'a>)> {
    let kind = body.u8()?;
    let counts = body.array::<16>()?;
    let symbols: usize = counts.iter().map(|&count| usize::from(count)).sum();
    let symbols = body.take(symbols)?;
    if symbols.len() > 256 || kind & 0xef > 3 {
        return None;
    }
    let runs = kind & 0x10 != 0;
    Some((runs, usize::from(kind & 3), Codes { counts, symbols }))
}

/// The tables of four slots; `None` if one of them is none.
fn tables(codes: &[Option<Codes<'_>>; 4], runs: bool) -> Option<[Option<Table>; 4]> {
    let mut tables = [const { None }; 4];
    for (room, codes) in tables.iter_mut().zip(codes) {
        if let Some(codes) = codes {
            *room = Some(Table::new(&codes.counts, codes.symbols, runs)?);
        }
    }
    Some(tables)
}

/// Slot and quantisers, each at its place in a block; of 16 bit, but more are never of use.
fn read_quantisers(body: &mut Reader<'_>) -> Option<(usize, [i16; 64])> {
    let kind = body.u8()?;
    let mut table = [0; 64];
    for &place in PLACES.iter().take(64) {
        let quantiser = if kind >> 4 == 0 {
            u16::from(body.u8()?)
        } else {
            body.u16_be()?
        };
        *table.get_mut(usize::from(place))? = quantiser.cast_signed();
    }
    (kind & 15 < 4).then_some((usize::from(kind & 15), table))
}

/// The components of a scan that holds all of the frame's, in its order; `None` for any other.
fn read_scan(
    body: &mut Reader<'_>,
    frame: &[Framed],
    quantisers: &[Option<[i16; 64]>; 4],
) -> Option<Vec<Component>> {
    let count = usize::from(body.u8()?);
    if count != frame.len() {
        return None;
    }
    let alone = count == 1;
    let components = frame
        .iter()
        .map(|framed| {
            let [id, tables] = body.array()?;
            let (direct, alternating) = (usize::from(tables >> 4), usize::from(tables & 15));
            // A scan of one component is in single blocks, whatever its sampling says.
            let factor = |factor: usize| if alone { 1 } else { factor };
            (id == framed.id).then_some(Component {
                across: factor(framed.across),
                down: factor(framed.down),
                quantisers: (*quantisers.get(framed.quantisers)?)?,
                direct,
                alternating,
            })
        })
        .collect();
    // All coefficients at once, in full precision.
    (body.array() == Some([0, 63, 0]) && body.rest().is_empty()).then_some(components)?
}
