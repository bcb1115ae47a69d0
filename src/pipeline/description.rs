//! What may be asked for, as a page, a schema or a person is told: the tables of operations and parameters, together.

use super::operation::{Needs, OPERATIONS, Verb};
use super::parameter::{PARAMETERS, ParameterRow, Taken};

/// What may be asked for under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Path without the slash.
    pub name: &'static str,
    /// One line for a person.
    pub about: &'static str,
    /// What must be given.
    pub needs: Needs,
    /// Whether a second picture may come with the first, to be drawn over it.
    pub draws: bool,
    /// Whether a picture comes of it; else what is told of one.
    pub makes_picture: bool,
}

/// What is told of a picture: no operation, but asked for like one.
pub const INFO: Description = Description {
    name: "info",
    about: "Tells what the picture is, from its header; hashes and colours from its pixels.",
    needs: Needs::Nothing,
    draws: false,
    makes_picture: false,
};

/// Every operation in the order of their table, and [`INFO`].
pub fn descriptions() -> impl Iterator<Item = Description> {
    let rows = OPERATIONS.iter().map(|row| Description {
        name: row.name,
        about: row.about,
        needs: row.needs,
        draws: matches!(row.verb, Verb::WatermarkImage | Verb::Pipeline),
        makes_picture: true,
    });
    rows.chain([INFO])
}

/// The one of that name.
pub fn described(name: &str) -> Option<Description> {
    descriptions().find(|row| row.name == name)
}

/// The parameters that say who asks, in the order of the table: any name may go with them.
pub fn of_whoever_asks() -> impl Iterator<Item = &'static ParameterRow> {
    let rows = PARAMETERS.iter();
    rows.filter(|row| row.taken == Taken::WhoeverAsks)
}

/// The others: they are about pictures.
pub fn of_pictures() -> impl Iterator<Item = &'static ParameterRow> {
    let rows = PARAMETERS.iter();
    rows.filter(|row| row.taken != Taken::WhoeverAsks)
}

/// The row of a parameter by its canonical name.
pub fn parameter(name: &str) -> Option<&'static ParameterRow> {
    PARAMETERS.iter().find(|row| row.name == name)
}

impl Description {
    /// The parameters that have an effect here, in the order of the table.
    pub fn parameters(self) -> impl Iterator<Item = &'static ParameterRow> {
        let rows = PARAMETERS.iter();
        rows.filter(move |row| row.taken.by(self.name))
    }

    /// Values to begin with: with them it does something, and without it may not know what.
    pub fn example(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let names = self.needs.parameters().iter();
        names.filter_map(|name| parameter(name).map(|row| (row.name, row.example)))
    }
}

#[cfg(test)]
#[path = "description_tests.rs"]
mod tests;
