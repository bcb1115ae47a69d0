//! CRC-64/NVME, in place of the crate `crc-fast`, of which `object_store` uses nothing else.
//!
//! That crate brings the tables of some forty checksums, 690 KB of the binary, for one that is sent with objects that are
//! written; pixmill writes none. Polynomial and check value are those of the catalogue of parametrised CRC algorithms
//! (reveng), where all ones go in and come out inverted, the least bit first.
#![forbid(unsafe_code)]

/// The polynomial 0xad93d23594c93659, its bits in reverse.
const POLYNOMIAL: u64 = 0x9a6c_9329_ac4b_c9b5;

const TABLE: [u64; 256] = table();

const fn table() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            rest = (rest >> 1) ^ if rest & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
}

const fn updated(mut state: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        state = (state >> 8) ^ TABLE[(state as u8 ^ bytes[at]) as usize];
        at += 1;
    }
    state
}

// The catalogue's check value; a mistake in here isn't built.
const _: () = assert!(!updated(!0, b"123456789") == 0xae8b_1486_0a79_9888);

/// Which checksum; there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-64/NVME.
    Crc64Nvme,
}

/// A checksum of bytes that come in pieces.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u64);

impl Digest {
    /// Of nothing yet.
    #[must_use]
    pub fn new(_algorithm: CrcAlgorithm) -> Self {
        Self(!0)
    }

    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0 = updated(self.0, bytes);
    }

    /// The checksum of all pieces.
    #[must_use]
    pub fn finalize(&self) -> u64 {
        !self.0
    }
}
