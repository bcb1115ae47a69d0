//! The limits that requests are refused for, by the settings that have them: whoever watches a server wants to know which it was.

use super::{Kind, Problem};

macro_rules! limits {
    ($($name:ident $kind:ident $setting:literal;)*) => {
        /// A limit that a request has met.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the setting beside each name says what it means")]
        pub enum Limit { $($name),* }

        impl Limit {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What the refusal is.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),* }
            }

            /// The setting that has the limit.
            pub fn setting(self) -> &'static str {
                match self { $(Self::$name => $setting),* }
            }
        }
    };
}

limits! {
    Queue Overloaded "queue";
    UploadMemory Overloaded "upload_memory";
    Connections Overloaded "max_connections";
    ExpectedWait Overloaded "request_timeout";
    Wait QueueTimeout "request_timeout";
    Work WorkTimeout "request_timeout";
    UploadTime UploadTimeout "body_timeout";
    UploadRate UploadTimeout "min_upload_rate";
    PerClient RateLimited "max_per_client";
    Rate RateLimited "rate_limit";
    Body BodyTooLarge "max_body";
    SourceBytes BodyTooLarge "max_source";
    Pixels ImageTooLarge "max_pixels";
    PixelMemory ImageTooLarge "pixel_memory";
    Frames TooManyFrames "max_frames";
    OutputSide OutputTooLarge "max_output_side";
    OutputPixels OutputTooLarge "max_output_pixels";
}

impl Problem {
    /// A refusal for this limit; `detail` is for a person.
    pub fn beyond(limit: Limit, detail: impl Into<String>) -> Self {
        Self {
            limit: Some(limit),
            ..Self::new(limit.kind(), detail)
        }
    }

    /// The limit that it is about, if it is about one that has a setting.
    pub fn limit(&self) -> Option<Limit> {
        self.limit
    }
}
