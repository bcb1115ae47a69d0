//! The table of problems.

/// A kind of failure, as the table has it.
#[derive(Debug)]
pub struct ProblemRow {
    /// Stable name, the last part of `type`.
    pub code: &'static str,
    /// Status of the answer.
    pub status: u16,
    /// A few words.
    pub title: &'static str,
    /// What it means and what to do, for `/problems/{code}`.
    pub advice: &'static str,
}

macro_rules! problems {
    ($($name:ident $status:literal $code:literal $title:literal $advice:literal;)*) => {
        /// What can go wrong, by name; an index into [`PROBLEMS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the table beside each name says what it means")]
        pub enum Kind { $($name),* }

        impl Kind {
            /// All of them, in the order of [`PROBLEMS`].
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }

        /// Every problem.
        pub const PROBLEMS: &[ProblemRow] = &[
            $(ProblemRow { code: $code, status: $status, title: $title, advice: $advice }),*
        ];
    };
}

problems! {
    InvalidParameter 400 "invalid-parameter" "A parameter has no valid value"
        "The document names the parameter and says what is allowed. Correct it and send the request again.";
    MissingParameter 400 "missing-parameter" "A parameter is missing"
        "The operation can't be done without it. Add the parameter that the document names.";
    UnknownParameter 400 "unknown-parameter" "There is no such parameter"
        "A typo would silently give the wrong picture, so unknown names are refused. The document has the nearest known name. A server can be set to ignore them: lenient_parameters.";
    MissingImage 400 "missing-image" "There is no image"
        "Send the image as the body of a POST, or as the part named file of multipart/form-data.";
    InvalidMultipart 400 "invalid-multipart" "The form is broken"
        "The body says that it is multipart/form-data but can't be read as such. Let a library make it, boundary included.";
    InvalidRequest 400 "invalid-request" "The request is broken"
        "The request isn't proper HTTP. The document says what is wrong with it.";
    ForbiddenSource 403 "forbidden-source" "This source isn't read"
        "The server doesn't fetch from everywhere: not from private addresses, not from odd ports, and perhaps from listed origins alone. The settings are allow_remote, allowed_origins, private_origins, remote_ports, mount and object_store.";
    Unauthorized 401 "unauthorized" "The API key is missing or wrong"
        "Send a key that the server knows, in the header API-Key or as the parameter key. The setting is api_keys.";
    ForbiddenSignature 403 "forbidden-signature" "The URL isn't signed, or not any more"
        "Path and query have to be signed as the README says, with the key that the server has, and a time in expires has to lie ahead. The setting is url_signature_key.";
    ForbiddenPage 403 "forbidden-page" "Web pages may not ask here"
        "The admin listener is for operators and their tools. Ask by localhost or an address, not by way of a page in a browser.";
    Disabled 404 "disabled" "The endpoint is switched off"
        "The server is set to do without this endpoint. The setting is disabled.";
    NotFound 404 "not-found" "There is nothing here"
        "Paths are exact and in lower case, without a slash at the end. The document has the nearest path that there is; GET /openapi.json describes all of them.";
    MissingObject 404 "missing-object" "There is no such object"
        "The store has nothing by that key below the prefix that the server reads. Keys are exact, in upper and lower case, too. The setting is object_store.";
    MethodNotAllowed 405 "method-not-allowed" "This path doesn't take that method"
        "The Allow header has the methods that it takes. Images are sent by POST; a GET takes one that its query names, where the server is set to read such.";
    UploadTimeout 408 "upload-timeout" "The upload was too slow"
        "The body didn't arrive in time, or came at less than the least rate. Send it again over a better connection, or send a smaller file.";
    ProfileRunning 409 "profile-running" "A profile is being made"
        "The processor's time is looked at for one who asks at a time. Ask again when that profile has ended.";
    BodyTooLarge 413 "body-too-large" "The upload is too large"
        "The document has the limit in bytes. Send a smaller file; the server's settings are max_body and max_source.";
    UnsupportedFormat 415 "unsupported-format" "This is no image in a supported format"
        "The format is told by the bytes, not by the name or the Content-Type. The document lists what is read.";
    InvalidImage 422 "invalid-image" "The image is broken"
        "The file is cut short, damaged, or contradicts itself; the document says what was seen. Export it again.";
    ImageTooLarge 422 "image-too-large" "The image is too large"
        "The picture has more pixels, or needs more memory, than this server works on. The document has the limit. All frames of an animation count together; animated=false asks for the first alone. The settings are max_pixels and memory_limit.";
    TooManyFrames 422 "too-many-frames" "The animation has too many frames"
        "Ask for a still picture by animated=false or page, or send fewer frames. The document has the limit. The setting is max_frames.";
    OutputTooLarge 422 "output-too-large" "The answer would be too large"
        "Ask for a smaller width or height, or another format. The settings are max_output_side and max_output_pixels.";
    TooComplex 422 "too-complex" "The image is too complex"
        "It has more parts (scans, for example) than any sane picture. Export it again.";
    RateLimited 429 "rate-limited" "The client sends too much at once"
        "It has as many requests in flight as it may, or the endpoint is asked too often. Wait for an answer, or for the seconds of Retry-After; the settings are max_per_client and rate_limit.";
    Internal 500 "internal" "The server failed"
        "This is a fault of the server, not of the request. Its log has the cause under the request id.";
    SourceFailed 502 "source-failed" "The source failed"
        "The server that the URL names gave no image; the document has its status, if there is one. Try the URL by itself.";
    Overloaded 503 "overloaded" "The server is busy"
        "All workers are busy and the queue is full, or the work would be done too late for the request. Try again after the time that Retry-After says.";
    Draining 503 "draining" "The server takes no new work"
        "It is starting or on its way out. Another instance, or this one after Retry-After, will answer.";
    QueueTimeout 503 "queue-timeout" "The wait was too long"
        "The request waited for a worker until too little time was left for the work. Try again after the time that Retry-After says.";
    SourceTimeout 504 "source-timeout" "The source was too slow"
        "The server that the URL names didn't send the image in time. Try again later; the settings are source_timeout and connect_timeout.";
    WorkTimeout 504 "work-timeout" "The work took too long"
        "The deadline passed while the picture was being made, and the work was stopped. Send a smaller image or ask for less.";
}

impl Kind {
    /// Its row in the table.
    pub fn row(self) -> &'static ProblemRow {
        PROBLEMS
            .get(self as usize)
            .expect("the table and the names are made together")
    }
}
