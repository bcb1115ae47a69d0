//! The layers and the homes of libraries, held by a test.
#![cfg(test)]
