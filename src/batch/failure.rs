//! Why there is no picture: a problem of the API, or one with files.

use std::io;

use serde_json::{Map, Value};

use crate::http::problem::Problem;

/// Why a file came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure(Map<String, Value>);

impl Failure {
    fn new(code: &str, title: &str, detail: &str) -> Self {
        let pairs = [("code", code), ("title", title), ("detail", detail)];
        let own = |(name, text): (&str, &str)| (name.to_owned(), text.into());
        Self(pairs.map(own).into_iter().collect())
    }

    /// A file or folder can't be read.
    pub fn unreadable(error: &io::Error) -> Self {
        Self::new("unreadable", "The file can't be read", &error.to_string())
    }

    /// There is more of it than memory for files.
    pub fn too_long(limit: u64) -> Self {
        let mib = limit >> 20;
        let detail = format!("The file has more than the {mib} MiB of memory there are for files.");
        let mut failure = Self::new("body-too-large", "The file is too large", &detail);
        failure.0.insert("limit".to_owned(), limit.into());
        failure
    }

    /// There is nothing in it.
    pub fn empty() -> Self {
        Self::new("missing-image", "There is no image", "The file is empty.")
    }

    /// The place of the answer is taken.
    pub fn exists(place: &str) -> Self {
        let detail = format!("{place} is there already; --force replaces it.");
        Self::new("exists", "There is a file already", &detail)
    }

    /// What has that name is no file, and stays.
    pub fn no_file(place: &str) -> Self {
        let detail = format!("{place} is there already and is no file.");
        Self::new("exists", "There is something already", &detail)
    }

    /// Another picture has that name.
    pub fn is_source(place: &str) -> Self {
        let detail = format!("{place} is another of the pictures. Give answers other names.");
        Self::new("is-source", "Another picture has that name", &detail)
    }

    /// The place of the answer was taken by another's.
    pub fn same_name(place: &str) -> Self {
        let detail =
            format!("{place} has been written for another picture. Give them other names.");
        Self::new("same-name", "Two pictures would have one name", &detail)
    }

    /// The answer can't be written.
    pub fn unwritable(place: &str, error: &io::Error) -> Self {
        let detail = format!("{place}: {error}");
        Self::new("unwritable", "The file can't be written", &detail)
    }

    /// Nothing that can be measured has that in its name.
    pub fn no_task(part: &str) -> Self {
        let detail = format!("No task has '{part}' in its name; without --task all are measured.");
        Self::new("no-task", "There is no such task", &detail)
    }

    /// The same, of the file that it came of.
    #[must_use]
    pub fn of(mut self, file: &str) -> Self {
        let detail = format!("{file}: {}", self.detail());
        self.0.insert("detail".to_owned(), detail.into());
        self
    }

    /// Its stable name.
    pub fn code(&self) -> &str {
        self.text("code")
    }

    /// What is wrong and what to do, for a person.
    pub fn detail(&self) -> &str {
        self.text("detail")
    }

    fn text(&self, name: &str) -> &str {
        let text = self.0.get(name).and_then(Value::as_str);
        text.unwrap_or_default()
    }

    /// All of it.
    pub fn document(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem.told())
    }
}
