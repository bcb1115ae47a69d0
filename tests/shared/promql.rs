//! What a query of Prometheus names: functions, series and labels. It reads words, and doesn't know what they come to.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// What may stand before a parenthesis.
const FUNCTIONS: &[&str] = &[
    "absent",
    "avg",
    "avg_over_time",
    "changes",
    "count",
    "histogram_quantile",
    "increase",
    "max",
    "min",
    "rate",
    "sum",
];

/// A series by its name, with what its labels have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) name: String,
    /// Label, operator, value.
    pub(crate) matchers: Vec<(String, String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) selectors: Vec<Selector>,
    /// Labels in the parentheses after `by` and its like.
    pub(crate) grouped: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A number, or a time.
    Number,
    Text(String),
    Mark(char),
}

fn taken(chars: &mut Peekable<Chars<'_>>, belongs: impl Fn(char) -> bool) -> String {
    let mut text = String::new();
    while let Some(&c) = chars.peek()
        && belongs(c)
    {
        text.push(c);
        chars.next();
    }
    text
}

fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut chars = query.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(&c) = chars.peek() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        match c {
            _ if c.is_whitespace() => drop(chars.next()),
            '"' => {
                chars.next();
                tokens.push(Token::Text(taken(&mut chars, |c| c != '"')));
                chars.next().ok_or("a text doesn't end")?;
            }
            '0'..='9' | '.' => {
                taken(&mut chars, |c| c.is_ascii_alphanumeric() || c == '.');
                tokens.push(Token::Number);
            }
            _ if is_word(c) => tokens.push(Token::Word(taken(&mut chars, is_word))),
            _ if "(){}[],=!~<>+-*/^%@".contains(c) => {
                chars.next();
                tokens.push(Token::Mark(c));
            }
            _ => return Err(format!("{c} has no place in a query")),
        }
    }
    Ok(tokens)
}

impl Query {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        balanced(&tokens)?;
        let mut query = Self::default();
        let mut rest = &tokens[..];
        while let [token, after @ ..] = rest {
            rest = after;
            match (token, after.first()) {
                (Token::Mark('['), _) => {
                    let end = rest.iter().position(|token| *token == Token::Mark(']'));
                    rest = &rest[end.ok_or("a range doesn't end")?..];
                }
                (Token::Mark('{'), _) => return Err("a series has no name".to_owned()),
                (Token::Word(word), next) => match word.as_str() {
                    "and" | "or" | "unless" | "bool" | "offset" => {}
                    "by" | "without" | "on" | "ignoring" | "group_left" | "group_right" => {
                        let (labels, after) = grouped(rest)?;
                        query.grouped.extend(labels);
                        rest = after;
                    }
                    _ if is_called(next) => {
                        if !FUNCTIONS.contains(&word.as_str()) {
                            return Err(format!("there is no function {word}"));
                        }
                    }
                    _ => {
                        let (selector, after) = selector(word, rest)?;
                        query.selectors.push(selector);
                        rest = after;
                    }
                },
                _ => {}
            }
        }
        Ok(query)
    }
}

fn is_called(next: Option<&Token>) -> bool {
    let is_grouping = |word: &String| word == "by" || word == "without";
    match next {
        Some(Token::Mark('(')) => true,
        Some(Token::Word(word)) => is_grouping(word),
        _ => false,
    }
}

fn balanced(tokens: &[Token]) -> Result<(), String> {
    let mut open = Vec::new();
    for token in tokens {
        match token {
            Token::Mark('(') => open.push(')'),
            Token::Mark('[') => open.push(']'),
            Token::Mark('{') => open.push('}'),
            Token::Mark(c @ (')' | ']' | '}')) if open.pop() != Some(*c) => {
                return Err(format!("{c} closes nothing"));
            }
            _ => {}
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err("a parenthesis is open at the end".to_owned())
    }
}

/// The labels in parentheses, and what comes behind.
fn grouped(rest: &[Token]) -> Result<(Vec<String>, &[Token]), String> {
    let [Token::Mark('('), rest @ ..] = rest else {
        return Err("labels stand in parentheses".to_owned());
    };
    let end = rest.iter().position(|token| *token == Token::Mark(')'));
    let (inside, after) = rest.split_at(end.ok_or("labels don't end")?);
    let labels = inside.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word.clone()),
        _ => None,
    });
    Ok((labels.collect(), &after[1..]))
}

/// The series of this name, with what stands in braces, and what comes behind.
fn selector<'a>(name: &str, rest: &'a [Token]) -> Result<(Selector, &'a [Token]), String> {
    let mut matchers = Vec::new();
    let mut rest = rest;
    if let [Token::Mark('{'), inside @ ..] = rest {
        rest = inside;
        loop {
            rest = match rest {
                [Token::Mark('}'), after @ ..] => {
                    rest = after;
                    break;
                }
                [Token::Mark(','), after @ ..] => after,
                [
                    Token::Word(label),
                    Token::Mark(first),
                    Token::Mark(second),
                    Token::Text(value),
                    after @ ..,
                ] => {
                    matchers.push((label.clone(), format!("{first}{second}"), value.clone()));
                    after
                }
                [
                    Token::Word(label),
                    Token::Mark('='),
                    Token::Text(value),
                    after @ ..,
                ] => {
                    matchers.push((label.clone(), "=".to_owned(), value.clone()));
                    after
                }
                _ => return Err(format!("the braces behind {name} can't be read")),
            };
        }
    }
    let name = name.to_owned();
    Ok((Selector { name, matchers }, rest))
}
