//! The gist of a picture, in a few bytes: a hash from which a page draws a blurred preview, and its dominant colours.
//!
//! The home of `thumbhash` and `blurhash`. Found on a picture of at most [`SIDE`] pixels along a side, by work like any other.

use serde::{Deserialize, Serialize};

use super::motion;
use super::operation;
use super::parameter::{self, Grammar, ParameterError, Values};
use super::plan::{self, Find, Plan, Settings};
use super::request::{self, Rules};
use crate::codecs::{self, Header, Raster};

/// Pixels along the longer side of what is looked at.
const SIDE: u32 = 100;

/// Components of a blurhash along the longer side, and along the shorter.
const COMPONENTS: (u32, u32) = (4, 3);

/// What is less opaque has no say in colours.
const SEEN: u8 = 128;

/// How far colours may be from a dominant one to count as the same, in samples: a straight line through red, green and blue.
const NEAR: u32 = 48;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    hash: Option<Hash>,
    /// At most so many dominant colours.
    colours: u8,
    /// Of this page or frame.
    page: u32,
}

/// Kinds of hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hash {
    /// Up to 25 bytes, alpha and shape included (evanw.github.io/thumbhash).
    Thumb,
    /// A text of base 83, by linear light (blurha.sh).
    Blur,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gist {
    /// Of the kind that was asked for; a blurhash is ASCII.
    pub hash: Option<(Hash, Vec<u8>)>,
    /// Red, green and blue, and how many of a thousand of the visible pixels are near; the most frequent first.
    pub colours: Vec<([u8; 3], u16)>,
}

impl Wanted {
    /// What the query and, behind it, a form's fields ask for.
    ///
    /// # Errors
    /// The first thing that is wrong, unknown names included.
    pub fn parse(
        query: &[(String, String)],
        fields: &[(String, String)],
        rules: Rules,
    ) -> Result<Self, ParameterError> {
        let collect = |pairs| Values::collect(pairs, rules.lenient, rules.grammar);
        let values = collect(query)?.or(collect(fields)?);
        let hash = values.get("hash", |text| match text {
            "thumbhash" => Some(Hash::Thumb),
            "blurhash" => Some(Hash::Blur),
            _ => None,
        })?;
        let colours = values.get("colors", |text| {
            text.parse().ok().filter(|n| (1..=16).contains(n))
        })?;
        Ok(Self {
            hash,
            colours: colours.unwrap_or(0),
            page: values.get("page", parameter::whole)?.unwrap_or(0),
        })
    }

    /// Whether anything has to be looked for in the pixels.
    pub fn looks(&self) -> bool {
        self.hash.is_some() || self.colours > 0
    }

    /// The page or frame that is asked about, from 0.
    pub fn page(&self) -> u32 {
        self.page
    }

    /// Whether the picture that the header is of has that.
    ///
    /// # Errors
    /// It hasn't.
    pub fn check(&self, header: &Header) -> Result<(), ParameterError> {
        if self.page < header.frames {
            return Ok(());
        }
        Err(motion::no_such_page(self.page, header))
    }

    /// The plan to find it.
    ///
    /// # Errors
    /// The picture is out of limits.
    pub fn plan(self, header: &Header, settings: &Settings) -> Result<Plan, plan::Error> {
        let side = SIDE.min(settings.max_output_side);
        let given = [
            ("width", side.to_string()),
            ("height", side.to_string()),
            ("type", "png".to_owned()),
            ("animated", "false".to_owned()),
            ("page", self.page.to_string()),
        ];
        let given = given.map(|(name, value)| (name.to_owned(), value));
        let rules = Rules {
            lenient: false,
            grammar: Grammar::Strict,
            max_side: settings.max_output_side,
        };
        // It is in the table, and these are its parameters: neither fails.
        let unknown = || ParameterError::Unknown {
            parameter: "resize".to_owned(),
            nearest: None,
        };
        let request = operation::named("resize")
            .ok_or_else(unknown)
            .and_then(|row| request::parse(row, &given, &[], rules))
            .map_err(plan::Error::Parameter)?;
        let mut plan = plan::plan(&request, header, settings)?;
        plan.finds = Some(Find::Gist(self));
        Ok(plan)
    }
}

/// Of a picture of at most [`SIDE`] pixels along a side, in sRGB.
pub(super) fn gist(picture: &Raster, wanted: Wanted) -> Gist {
    let shape = picture.shape();
    let rgba = rgba(picture);
    let (width, height) = (shape.width, shape.height);
    let hash = wanted.hash.map(|hash| {
        let (across, down) = if width >= height {
            COMPONENTS
        } else {
            (COMPONENTS.1, COMPONENTS.0)
        };
        let bytes = match hash {
            Hash::Thumb => thumbhash::rgba_to_thumb_hash(width as usize, height as usize, &rgba),
            Hash::Blur => blurhash::encode(across, down, width, height, &rgba)
                .map(String::into_bytes)
                .unwrap_or_default(),
        };
        (hash, bytes)
    });
    Gist {
        hash,
        colours: dominant(&rgba, wanted.colours),
    }
}

fn rgba(picture: &Raster) -> Vec<u8> {
    let channels = picture.model.channels() as usize;
    let pixels = picture.planes.iter().take(1);
    let pixels = pixels.flat_map(|plane| plane.samples.chunks_exact(channels));
    pixels.flat_map(codecs::rgba).collect()
}

/// Colours that are alike, counted.
#[derive(Clone, Copy, Default)]
struct Pile {
    count: u32,
    sums: [u32; 3],
}

impl Pile {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum += more;
        }
    }

    fn mean(self) -> [u8; 3] {
        let half = self.count / 2;
        self.sums
            .map(|sum| u8::try_from((sum + half) / self.count.max(1)).unwrap_or(u8::MAX))
    }
}

/// The most frequent of 4096 kinds of colour with all that are near it; then the same of the rest.
fn dominant(rgba: &[u8], most: u8) -> Vec<([u8; 3], u16)> {
    let mut piles = vec![Pile::default(); 4096];
    let mut seen = 0;
    for &[red, green, blue, alpha] in rgba.as_chunks::<4>().0 {
        if alpha < SEEN {
            continue;
        }
        seen += 1;
        let [r, g, b] = [red, green, blue].map(usize::from);
        if let Some(pile) = piles.get_mut(r >> 4 << 8 | g >> 4 << 4 | b >> 4) {
            pile.add(Pile {
                count: 1,
                sums: [red, green, blue].map(u32::from),
            });
        }
    }
    piles.retain(|pile| pile.count > 0);
    let mut found = Vec::new();
    while found.len() < usize::from(most)
        && let Some(largest) = piles.iter().copied().rev().max_by_key(|pile| pile.count)
    {
        let middle = largest.mean();
        let mut all = Pile::default();
        piles.retain(|pile| {
            let is_near = distance(pile.mean(), middle) <= NEAR * NEAR;
            if is_near {
                all.add(*pile);
            }
            !is_near
        });
        found.push(all);
    }
    found.sort_by_key(|pile| std::cmp::Reverse(pile.count));
    let share = |count| u16::try_from((count * 1000 + seen / 2) / seen).unwrap_or(1000);
    found
        .iter()
        .map(|pile| (pile.mean(), share(pile.count)))
        .collect()
}

/// Squared.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let apart = a.into_iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)));
    apart.map(|apart| apart * apart).sum()
}

impl Gist {
    /// As work that looks for it hands it over.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (kind, hash) = match &self.hash {
            None => (0, &[][..]),
            Some((Hash::Thumb, hash)) => (1, &hash[..]),
            Some((Hash::Blur, hash)) => (2, &hash[..]),
        };
        bytes.extend([kind, u8::try_from(hash.len()).unwrap_or(0)]);
        bytes.extend(hash);
        for (colour, share) in &self.colours {
            bytes.extend(colour);
            bytes.extend(share.to_le_bytes());
        }
        bytes
    }

    /// What [`Gist::bytes`] has written; a process that was taken over may say anything.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (&[kind, length], rest) = bytes.split_first_chunk()?;
        let (hash, rest) = rest.split_at_checked(usize::from(length))?;
        let hash = match kind {
            0 if hash.is_empty() => None,
            1 => Some((Hash::Thumb, hash.to_vec())),
            2 if hash.is_ascii() => Some((Hash::Blur, hash.to_vec())),
            _ => return None,
        };
        let (colours, []) = rest.as_chunks::<5>() else {
            return None;
        };
        let colours = colours
            .iter()
            .map(|&[r, g, b, low, high]| ([r, g, b], u16::from_le_bytes([low, high])));
        Some(Self {
            hash,
            colours: colours.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_read_as_it_was_written(
            hash in proptest::option::of((any::<bool>(), proptest::collection::vec(0..128_u8, 0..60))),
            colours in proptest::collection::vec((any::<[u8; 3]>(), any::<u16>()), 0..17),
        ) {
            let kind = |thumb| if thumb { Hash::Thumb } else { Hash::Blur };
            let gist = Gist { hash: hash.map(|(thumb, hash)| (kind(thumb), hash)), colours };
            prop_assert_eq!(Gist::read(&gist.bytes()), Some(gist));
        }

        #[test]
        fn nonsense_is_none(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            if let Some(gist) = Gist::read(&bytes) {
                prop_assert_eq!(gist.bytes().len(), bytes.len());
            }
        }

        /// Each pixel that is seen is near one colour at most, and the shares are those of all pixels.
        #[test]
        fn shares_add_up(rgba in proptest::collection::vec(any::<[u8; 4]>(), 1..300)) {
            let found = dominant(rgba.as_flattened(), 255);
            let seen = rgba.iter().filter(|pixel| pixel[3] >= SEEN).count();
            let sum: u32 = found.iter().map(|(_, share)| u32::from(*share)).sum();
            if seen == 0 {
                prop_assert!(found.is_empty());
            } else {
                let rounding = u32::try_from(found.len()).unwrap();
                prop_assert!(sum.abs_diff(1000) <= rounding, "{}", sum);
            }
            prop_assert!(found.is_sorted_by(|a, b| a.1 >= b.1));
        }
    }
}
