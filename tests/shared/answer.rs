//! An answer as it comes over the wire.

/// One answer.
#[derive(Debug)]
#[must_use]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// What the head says, and how long it is; `None` until it is there as a whole.
    pub(crate) fn head(bytes: &[u8]) -> Option<(Self, usize)> {
        let length = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(bytes.get(..length)?).expect("a head in ASCII");
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let answer = Self {
            status: status.parse().expect("a status"),
            headers,
            body: Vec::new(),
        };
        Some((answer, length))
    }

    /// The one answer that came on a connection; `None` if it isn't there as a whole.
    pub(crate) fn whole(bytes: &[u8]) -> Option<Self> {
        let (mut answer, head) = Self::head(bytes)?;
        answer.body = bytes.get(head..head + answer.length())?.to_vec();
        Some(answer)
    }

    /// Bytes of its body, as its head has it.
    pub(crate) fn length(&self) -> usize {
        self.header("content-length")
            .map_or(0, |text| text.parse().expect("a length"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}
