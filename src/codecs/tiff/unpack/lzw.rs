//! LZW, by `weezl`.

use std::borrow::Cow;

use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use super::{Fault, Unpack};

pub(super) struct Lzw<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
    decoder: Decoder,
}

impl<'a> Lzw<'a> {
    pub(super) fn new(data: Cow<'a, [u8]>) -> Self {
        // Programs before 1991 wrote codes the other way round: their first code, which clears the table, tells.
        let decoder = match *data {
            [0, second, ..] if second & 1 == 1 => Decoder::new(BitOrder::Lsb, 8),
            _ => Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
        };
        Self {
            data,
            at: 0,
            decoder,
        }
    }
}

impl Unpack for Lzw<'_> {
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Fault> {
        while !room.is_empty() {
            let data = self.data.get(self.at..).unwrap_or_default();
            let done = self.decoder.decode_bytes(data, room);
            self.at += done.consumed_in;
            room = room.get_mut(done.consumed_out..).unwrap_or_default();
            match done.status {
                Err(_code) => return Err(Fault::Corrupt),
                Ok(LzwStatus::Done | LzwStatus::NoProgress) if !room.is_empty() => {
                    return Err(Fault::Short);
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }
}
