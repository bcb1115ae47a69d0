//! Many files through one service: what a server does for requests, for whoever has the files.
//!
//! Reading order: [`Found`] (which files), [`Pattern`] (what answers are called), [`Maker`] (one file), [`each`] (all of them).
//! Knows files and their names, and nothing of command lines, terminals or signals.

mod drafts;
mod failure;
mod inputs;
mod make;
mod pattern;
mod reader;
mod teller;

use std::collections::HashMap;
use std::ffi::OsString;
use std::ops::ControlFlow;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use self::drafts::Drafts;
pub use self::failure::Failure;
pub use self::inputs::{Found, Input};
pub use self::make::{Done, Made, Maker, Origin, Target};
pub use self::pattern::{FIELDS, Known, Pattern};
pub use self::reader::Reader;
pub use self::teller::{Teller, Told};

/// Puts those together that may get the same name: in a group one comes after the other, so that the first of them gets it.
pub fn grouped(inputs: Vec<Input>, names: Option<&Pattern>) -> Vec<Vec<Input>> {
    let Some(names) = names else {
        return inputs.into_iter().map(|input| vec![input]).collect();
    };
    let mut places: HashMap<OsString, usize> = HashMap::new();
    let mut groups: Vec<Vec<Input>> = Vec::new();
    for input in inputs {
        let place = *places.entry(names.kin(&input)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(input),
            None => groups.push(vec![input]),
        }
    }
    groups
}

/// Works on every input, on so many groups at once, and tells what came of each, in no order. Ends early where `tell` breaks off,
/// or when dropped: what runs then is nobody's any more.
pub async fn each<T, F>(
    groups: Vec<Vec<Input>>,
    at_once: usize,
    work: impl Fn(Input) -> F + Clone + Send + Sync + 'static,
    mut tell: impl FnMut(T) -> ControlFlow<()>,
) where
    T: Send + 'static,
    F: Future<Output = T> + Send,
{
    let (done, mut told) = mpsc::channel(at_once.max(1));
    let mut left = groups.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once.max(1)
            && let Some(group) = left.next()
        {
            let (work, done) = (work.clone(), done.clone());
            running.spawn(async move {
                for input in group {
                    // Nobody listens when it has been broken off.
                    if done.send(work(input).await).await.is_err() {
                        return;
                    }
                }
            });
        }
        tokio::select! {
            biased;
            Some(one) = told.recv() => if tell(one).is_break() { return },
            ended = running.join_next() => if ended.is_none() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(names: &[&str]) -> Vec<Input> {
        let numbered = names.iter().enumerate();
        let input = |(index, name): (usize, &&str)| Input {
            path: Some((*name).into()),
            below: "".into(),
            number: index + 1,
        };
        numbered.map(input).collect()
    }

    #[tokio::test]
    async fn each_is_told_once_and_groups_are_in_order() {
        let names = Pattern::parse("out/{name}.webp".as_ref()).unwrap();
        let groups = grouped(
            inputs(&["a.png", "b.png", "x/a.jpg", "c.png", "y/a.gif"]),
            Some(&names),
        );
        let sizes: Vec<_> = groups.iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 1, 1]);
        for at_once in [1, 2, 100] {
            let mut told = Vec::new();
            let work = |input: Input| async move {
                // The later ones are quicker.
                for _ in input.number..6 {
                    tokio::task::yield_now().await;
                }
                input.number
            };
            each(groups.clone(), at_once, work, |number| {
                told.push(number);
                ControlFlow::Continue(())
            })
            .await;
            let kin: Vec<_> = told.iter().filter(|n| [1, 3, 5].contains(*n)).collect();
            assert_eq!(kin, [&1, &3, &5]);
            told.sort_unstable();
            assert_eq!(told, [1, 2, 3, 4, 5]);
        }
    }

    #[tokio::test]
    async fn it_can_be_broken_off() {
        let mut told = 0;
        let groups = grouped(inputs(&["a.png"; 50]), None);
        each(
            groups,
            3,
            |input| async move { input.number },
            |_| {
                told += 1;
                if told == 4 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )
        .await;
        assert_eq!(told, 4);
    }
}
