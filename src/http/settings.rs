//! What the configuration says of requests.

use std::time::Duration;

use axum::http::HeaderName;

use super::presets::Preset;
use super::{FetchSettings, Placeholder, access};
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request::Rules;

/// What clients may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a body, at most.
    pub max_body: u64,
    /// From the complete head to the last byte of the body.
    pub body_timeout: Duration,
    /// Bytes a second that a body has to come at after some seconds, an announced one evenly besides; 0 is no pace.
    pub min_upload_rate: u64,
    /// From the complete head to the answer.
    pub request_timeout: Duration,
    /// Unknown parameters are ignored.
    pub lenient_parameters: bool,
    /// Requests with a picture that each client may have in flight; 0 is no limit.
    pub max_per_client: usize,
    /// Whose clients it speaks to.
    pub compat: Compat,
    /// In which header whoever is in front says the client's address.
    pub client_header: Option<HeaderName>,
    /// What goes with pictures that a GET names.
    pub fetch: FetchSettings,
    /// What all paths begin with, as `/images`; nothing for the root.
    pub path_prefix: String,
    /// Operations by names of their own.
    pub presets: Vec<Preset>,
    /// Whether no others are done: they are among those that are switched off, and nothing else is drawn at a client's word.
    pub presets_only: bool,
    /// Whether there is a page for browsers.
    pub playground: bool,
    /// What is shown in the place of failures, if anything.
    pub placeholder: Option<Placeholder>,
    /// From when on a request has a line of its own in the log, with the times of its stages; zero is never.
    pub log_slow: Duration,
    /// Who may ask.
    pub access: access::Settings,
}

/// Whose clients the server speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compat {
    /// Its own.
    None,
    /// Imaginary's, who find again what they are used to.
    Imaginary,
}

impl Settings {
    /// How parameters are read where no side may be longer than that.
    pub fn rules(&self, max_side: u32) -> Rules {
        let imaginary = self.compat == Compat::Imaginary;
        Rules {
            lenient: self.lenient_parameters || imaginary,
            grammar: if imaginary {
                Grammar::Imaginary
            } else {
                Grammar::Strict
            },
            max_side,
        }
    }
}
