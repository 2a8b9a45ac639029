//! Texts that people write to each other: bounded, and without characters that print nothing.

use super::problem::Problem;

/// What is wrong with a text that has characters which print nothing.
pub const CONTROLS: &str = "holds control characters besides line ends and tabs";

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// It is empty or blank, or too long.
    Length,
    /// It holds control characters, or such as turn the direction of what follows.
    Controls,
}

/// What is wrong with a text that has to be 1 to `most` characters, if anything.
pub fn fault(text: &str, most: usize) -> Option<TextError> {
    let control = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match () {
        _ if is_blank(text) || text.chars().count() > most => Some(TextError::Length),
        _ if text.contains(control) => Some(TextError::Controls),
        _ => None,
    }
}

/// Whether nothing of it would be seen.
fn is_blank(text: &str) -> bool {
    let unseen =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    text.chars().all(|c| c.is_whitespace() || unseen(c))
}

/// Checks a text that has to be 1 to `most` characters.
pub fn check(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    match fault(text, most) {
        None => Ok(()),
        Some(TextError::Controls) => Err(Problem::field(field, CONTROLS)),
        Some(TextError::Length) => {
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
            ("", Some(TextError::Length)),
            (" \n", Some(TextError::Length)),
            ("more than sixteen", Some(TextError::Length)),
            ("a\0b", Some(TextError::Controls)),
            ("a\u{1b}[1m", Some(TextError::Controls)),
            ("a\u{85}", Some(TextError::Controls)),
            ("a\u{202e}b", Some(TextError::Controls)),
            ("\u{200b}\u{2060} ", Some(TextError::Length)),
            ("\u{5d0}\u{200f}!", None),
        ] {
            assert_eq!(fault(text, 16), expected, "{text:?}");
        }
    }
}
