//! Protocol Buffers, as far as profiles and traces need them: numbers, bytes, and messages in messages. A leaf.

/// A message that is being written.
#[derive(Debug, Default)]
pub(crate) struct Message(Vec<u8>);

/// Kinds of fields on the wire.
const NUMBER: u64 = 0;
const EIGHT: u64 = 1;
const BYTES: u64 = 2;
const FOUR: u64 = 5;

impl Message {
    /// A number that isn't 0, which is what is read of a field that isn't there.
    pub(crate) fn number(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.whole(field, value);
        }
    }

    /// A number, be it 0.
    pub(crate) fn whole(&mut self, field: u64, value: u64) {
        self.varint(field << 3 | NUMBER);
        self.varint(value);
    }

    /// A number of eight bytes, whatever it is.
    pub(crate) fn fixed(&mut self, field: u64, value: u64) {
        self.varint(field << 3 | EIGHT);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// A number of four bytes, whatever it is.
    pub(crate) fn short(&mut self, field: u64, value: u32) {
        self.varint(field << 3 | FOUR);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// A number with a fraction.
    pub(crate) fn decimal(&mut self, field: u64, value: f64) {
        self.fixed(field, value.to_bits());
    }

    pub(crate) fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | BYTES);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn message(&mut self, field: u64, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        fill(&mut inner);
        self.bytes(field, &inner.0);
    }

    /// Numbers, one after the other.
    pub(crate) fn numbers(&mut self, field: u64, values: impl IntoIterator<Item = u64>) {
        let mut inner = Self::default();
        for value in values {
            inner.varint(value);
        }
        self.bytes(field, &inner.0);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    /// Seven bits at a time, the lowest first.
    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(0x80 | (value & 0x7f) as u8);
            value >>= 7;
        }
        self.0.push((value & 0x7f) as u8);
    }
}

/// The fields of a message of anybody's: those before the first that can't be read.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

/// What a field holds.
pub(crate) enum Field<'a> {
    /// A number.
    Number(u64),
    /// Bytes, words, or a message.
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    /// The last message, or other bytes, of that field: as a reader takes what may be there once.
    pub(crate) fn bytes(self, field: u64) -> Option<&'a [u8]> {
        self.filter_map(|(number, value)| match value {
            Field::Bytes(bytes) if number == field => Some(bytes),
            _ => None,
        })
        .last()
    }

    /// The last number of that field.
    pub(crate) fn number(self, field: u64) -> Option<u64> {
        self.filter_map(|(number, value)| match value {
            Field::Number(value) if number == field => Some(value),
            _ => None,
        })
        .last()
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn piece(&mut self, length: u64) -> Option<&'a [u8]> {
        let (piece, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(piece)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.varint()?;
        let value = match key & 7 {
            NUMBER => Field::Number(self.varint()?),
            EIGHT => Field::Bytes(self.piece(8)?),
            FOUR => Field::Bytes(self.piece(4)?),
            BYTES => {
                let length = self.varint()?;
                Field::Bytes(self.piece(length)?)
            }
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes from the format's own description.
    #[test]
    fn it_is_written_as_its_description_has_it() {
        let mut message = Message::default();
        message.number(1, 150);
        message.number(9, 0);
        message.bytes(2, b"testing");
        message.message(3, |inner| inner.number(1, 150));
        message.numbers(4, [3, 270, 86_942]);
        message.number(5, u64::MAX);
        message.fixed(6, 1);
        message.short(16, 257);
        message.decimal(7, 1.0);
        let expected = [
            &[0x08, 0x96, 0x01, 0x12, 0x07][..],
            b"testing",
            &[0x1a, 0x03, 0x08, 0x96, 0x01],
            &[0x22, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05],
            &[0x28],
            &[0xff; 9],
            &[0x01],
            &[0x31, 1, 0, 0, 0, 0, 0, 0, 0],
            &[0x85, 0x01, 1, 1, 0, 0],
            &[0x39, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
        ];
        assert_eq!(message.finish(), expected.concat());
    }

    /// Whatever it is that comes.
    #[test]
    fn fields_are_read_as_they_are_written_and_end_where_they_are_broken() {
        let mut message = Message::default();
        message.fixed(6, 1);
        message.short(16, 257);
        message.message(3, |inner| inner.number(1, 150));
        message.bytes(2, b"first");
        message.bytes(2, b"testing");
        message.number(5, u64::MAX);
        let written = message.finish();
        let inner = Fields(&written).bytes(3);
        assert_eq!(inner.and_then(|inner| Fields(inner).number(1)), Some(150));
        assert_eq!(Fields(&written).bytes(2), Some(&b"testing"[..]));
        assert_eq!(Fields(&written).number(5), Some(u64::MAX));
        assert_eq!(Fields(&written).number(2), None);
        for length in 0..written.len() {
            assert_eq!(Fields(&written[..length]).number(5), None, "{length}");
        }
        // A length past the end, a kind that nothing is of, a number without an end.
        for broken in [&[0x12, 0xff, 0x01][..], &[0x0b], &[0x08; 1], &[0xff; 40]] {
            assert_eq!(Fields(broken).count(), 0, "{broken:?}");
        }
    }
}
