//! Texts that people write to each other: bounded, and without characters that print nothing.

use super::problem::Problem;

/// What is wrong with a text that has characters which print nothing.
pub const CONTROLS: &str = "holds control characters besides line ends and tabs";

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is empty or blank, or too long.
    Length,
    /// It holds control characters.
    Controls,
}

/// What is wrong with a text that has to be 1 to `most` characters, if anything.
pub fn fault(text: &str, most: usize) -> Option<Unfit> {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    match () {
        _ if text.trim().is_empty() || text.chars().count() > most => Some(Unfit::Length),
        _ if text.contains(control) => Some(Unfit::Controls),
        _ => None,
    }
}

/// Checks a text that has to be 1 to `most` characters.
pub fn check(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    match fault(text, most) {
        None => Ok(()),
        Some(Unfit::Controls) => Err(Problem::field(field, CONTROLS)),
        Some(Unfit::Length) => {
            Err(Problem::field(field, format!("is not 1 to {most} characters, or is blank")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_and_print() {
        for (text, expected) in [
            ("ja", None),
            ("zwei\r\n\tZeilen", None),
            ("öäü", None),
            ("", Some(Unfit::Length)),
            (" \n", Some(Unfit::Length)),
            ("more than sixteen", Some(Unfit::Length)),
            ("a\0b", Some(Unfit::Controls)),
            ("a\u{1b}[1m", Some(Unfit::Controls)),
            ("a\u{85}", Some(Unfit::Controls)),
        ] {
            assert_eq!(fault(text, 16), expected, "{text:?}");
        }
    }
}
