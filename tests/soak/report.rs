//! Promises, each with its figure and its bound; at the end as rows for the README.

/// What is shown so far.
#[derive(Default)]
pub(crate) struct Report {
    phase: &'static str,
    rows: Vec<Row>,
}

struct Row {
    phase: &'static str,
    promise: String,
    figure: String,
    bound: String,
    held: bool,
}

impl Report {
    /// What follows is shown by this phase.
    pub(crate) fn phase(&mut self, phase: &'static str) {
        self.phase = phase;
        println!("\n== {phase}");
    }

    /// One promise, printed at once.
    pub(crate) fn promise(
        &mut self,
        promise: impl Into<String>,
        figure: impl Into<String>,
        bound: impl Into<String>,
        held: bool,
    ) {
        let row = Row {
            phase: self.phase,
            promise: promise.into(),
            figure: figure.into(),
            bound: bound.into(),
            held,
        };
        println!(
            "{:6} {}: {} ({})",
            verdict(held),
            row.promise,
            row.figure,
            row.bound
        );
        self.rows.push(row);
    }

    /// A figure of at most so much.
    pub(crate) fn at_most(&mut self, promise: &str, figure: f64, unit: &str, bound: f64) {
        self.promise(
            promise,
            format!("{} {unit}", rounded(figure)),
            format!("<= {} {unit}", rounded(bound)),
            figure <= bound,
        );
    }

    /// Nothing of what may not be; says which if there is.
    pub(crate) fn none(&mut self, promise: &str, of: usize, broken: &[String]) {
        for line in broken.iter().take(20) {
            println!("       {line}");
        }
        self.promise(
            promise,
            format!("{} of {of}", broken.len()),
            "0",
            broken.is_empty() && of > 0,
        );
    }

    /// A figure that nothing is promised about.
    pub(crate) fn note(what: &str) {
        println!("       {what}");
    }

    /// The rows as the README has them, and whether every promise held.
    pub(crate) fn finish(&self) -> bool {
        println!("\n| promise | figure | bound | command |\n| --- | --- | --- | --- |");
        for row in &self.rows {
            println!(
                "| {} | {} | {} | `make soak PHASE={}` |",
                row.promise, row.figure, row.bound, row.phase
            );
        }
        let broken = self.rows.iter().filter(|row| !row.held).count();
        println!("\n{} promises, {broken} broken", self.rows.len());
        broken == 0
    }
}

fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "BROKEN" }
}

fn rounded(figure: f64) -> String {
    if figure < 10.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.0}")
    }
}

/// The value at this share of the way from the least to the largest.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    let at = format!("{:.0}", last * share).parse::<usize>().unwrap();
    sorted.get(at).copied().unwrap_or(f64::INFINITY)
}
