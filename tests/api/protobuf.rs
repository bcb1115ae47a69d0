//! A reader of Protocol Buffers, by their own description and nothing of ours.

pub(crate) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, in their order.
pub(crate) struct Message<'a>(Vec<(u64, Value<'a>)>);

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a number");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a number without an end");
}

fn fixed<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (first, rest) = bytes.split_first_chunk().expect("a number");
    *bytes = rest;
    *first
}

impl<'a> Message<'a> {
    pub(crate) fn read(mut bytes: &'a [u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let value = match key & 7 {
                0 => Value::Number(varint(&mut bytes)),
                1 => Value::Number(u64::from_le_bytes(fixed(&mut bytes))),
                5 => Value::Number(u32::from_le_bytes(fixed(&mut bytes)).into()),
                2 => {
                    let length = usize::try_from(varint(&mut bytes)).unwrap();
                    let (content, rest) = bytes.split_at(length);
                    bytes = rest;
                    Value::Bytes(content)
                }
                kind => panic!("no field is of kind {kind}"),
            };
            fields.push((key >> 3, value));
        }
        Self(fields)
    }

    pub(crate) fn bytes(&self, field: u64) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter_map(move |(number, value)| match value {
                Value::Bytes(bytes) if *number == field => Some(*bytes),
                _ => None,
            })
    }

    pub(crate) fn messages(&self, field: u64) -> impl Iterator<Item = Message<'a>> {
        self.bytes(field).map(Message::read)
    }

    /// Packed ones.
    pub(crate) fn numbers(&self, field: u64) -> Vec<u64> {
        let mut numbers = Vec::new();
        for mut bytes in self.bytes(field) {
            while !bytes.is_empty() {
                numbers.push(varint(&mut bytes));
            }
        }
        numbers
    }

    pub(crate) fn each(&self, field: u64) -> impl Iterator<Item = u64> {
        self.0
            .iter()
            .filter_map(move |(number, value)| match value {
                Value::Number(value) if *number == field => Some(*value),
                _ => None,
            })
    }

    pub(crate) fn number(&self, field: u64) -> u64 {
        self.each(field).last().unwrap_or(0)
    }
}
