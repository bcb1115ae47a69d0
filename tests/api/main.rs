//! The front door: the real application on a port of its own.
#![cfg(test)]
