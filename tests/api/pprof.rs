//! A reader of profiles, by the format's own description and nothing of ours.

use std::collections::HashMap;

use libdeflater::Decompressor;

use crate::protobuf::Message;

/// A profile, its texts in their places.
#[derive(Debug)]
pub(crate) struct Profile {
    /// Kind and unit of each value of a sample.
    pub(crate) kinds: Vec<(String, String)>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) period_kind: (String, String),
    pub(crate) period: u64,
    pub(crate) seconds: f64,
    pub(crate) since_nanoseconds: u64,
    pub(crate) comments: Vec<String>,
}

/// One stack.
#[derive(Debug)]
pub(crate) struct Sample {
    /// The innermost first.
    pub(crate) stack: Vec<Place>,
    pub(crate) values: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: u64,
    pub(crate) mapping: Option<u64>,
    /// As the linker has it.
    pub(crate) function: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) id: u64,
    pub(crate) addresses: std::ops::Range<u64>,
    pub(crate) offset: u64,
    pub(crate) file: String,
    pub(crate) build_id: String,
}

impl Profile {
    /// Of a file in gzip.
    pub(crate) fn read(file: &[u8]) -> Self {
        let length = u32::from_le_bytes(*file.last_chunk().unwrap());
        let mut bytes = vec![0; length as usize];
        let unpacked = Decompressor::new().gzip_decompress(file, &mut bytes);
        assert_eq!(unpacked.unwrap(), bytes.len());
        let message = Message::read(&bytes);
        let texts: Vec<&str> = message
            .bytes(6)
            .map(|text| std::str::from_utf8(text).unwrap())
            .collect();
        assert_eq!(texts[0], "");
        let text = |place: u64| texts[usize::try_from(place).unwrap()].to_owned();
        let kind = |value: Message<'_>| (text(value.number(1)), text(value.number(2)));
        let functions: HashMap<u64, String> = message
            .messages(5)
            .map(|function| (function.number(1), text(function.number(3))))
            .collect();
        let places: HashMap<u64, Place> = message
            .messages(4)
            .map(|location| {
                let line = location.messages(4).next();
                let place = Place {
                    address: location.number(3),
                    mapping: Some(location.number(2)).filter(|id| *id > 0),
                    function: line.map(|line| functions[&line.number(1)].clone()),
                };
                (location.number(1), place)
            })
            .collect();
        assert!(!places.contains_key(&0), "0 is no location");
        let sample = |sample: Message<'_>| Sample {
            stack: sample
                .numbers(1)
                .iter()
                .map(|id| places[id].clone())
                .collect(),
            values: sample.numbers(2),
        };
        let mapping = |mapping: Message<'_>| Mapping {
            id: mapping.number(1),
            addresses: mapping.number(2)..mapping.number(3),
            offset: mapping.number(4),
            file: text(mapping.number(5)),
            build_id: text(mapping.number(6)),
        };
        Self {
            kinds: message.messages(1).map(kind).collect(),
            samples: message.messages(2).map(sample).collect(),
            mappings: message.messages(3).map(mapping).collect(),
            period_kind: message.messages(11).map(kind).next().unwrap(),
            period: message.number(12),
            seconds: message.number(10) as f64 / 1e9,
            since_nanoseconds: message.number(9),
            comments: message.each(13).map(text).collect(),
        }
    }

    /// Samples in all.
    pub(crate) fn count(&self) -> u64 {
        self.samples.iter().map(|sample| sample.values[0]).sum()
    }

    /// Samples with a function whose name has these words in this order, from the innermost outwards.
    pub(crate) fn count_of(&self, words: &[&str]) -> u64 {
        let samples = self.samples.iter().filter(|sample| {
            let mut names = sample
                .stack
                .iter()
                .filter_map(|place| place.function.as_ref());
            words
                .iter()
                .all(|word| names.any(|name| name.contains(word)))
        });
        samples.map(|sample| sample.values[0]).sum()
    }
}
