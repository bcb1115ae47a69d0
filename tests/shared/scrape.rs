//! A page of metrics in Prometheus' text format, read by a reader of the tests' own.

use std::collections::BTreeMap;

/// One line of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Scrape {
    pub(crate) samples: Vec<Sample>,
}

impl Scrape {
    /// A page without time stamps, of whose labels none has a quote in it.
    pub(crate) fn parse(page: &str) -> Self {
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a name and a value");
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let labels = labels.strip_suffix('}').expect("labels end");
            let labels = labels
                .split("\",")
                .filter(|label| !label.is_empty())
                .map(|label| {
                    let (name, value) = label.split_once("=\"").expect("a label has a value");
                    (name.to_owned(), value.trim_end_matches('"').to_owned())
                });
            Sample {
                name: name.to_owned(),
                labels: labels.collect(),
                value: value.parse().expect("a number"),
            }
        });
        Self {
            samples: samples.collect(),
        }
    }

    /// The sum of what has this name and these labels; 0 if nothing has.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let of_name = self.samples.iter().filter(|sample| sample.name == name);
        let has = |sample: &&Sample| {
            labels
                .iter()
                .all(|(name, value)| sample.labels.get(*name).is_some_and(|own| own == value))
        };
        of_name.filter(has).map(|sample| sample.value).sum()
    }

    /// The same of what is counted in whole numbers.
    pub(crate) fn count(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        let value = self.value(name, labels);
        value.to_string().parse().expect("a whole number")
    }
}
