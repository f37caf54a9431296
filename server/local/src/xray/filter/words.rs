//! The words of a filter expression.

use super::parse::FilterError;

#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    Name(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

const SIGNS: [&str; 15] = ["!=", "<=", ">=", "=", "<", ">", "!", "(", ")", "{", "}", "[", "]", ",", ":"];

/// Cuts an expression into words.
pub fn words(text: &str) -> Result<Vec<Word>, FilterError> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, left) = if first == '"' {
            quoted(rest)?
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Word::Sign(sign), rest.get(sign.len()..).unwrap_or_default())
        } else {
            plain(rest)?
        };
        words.push(word);
        rest = left.trim_start();
    }
    Ok(words)
}

fn quoted(text: &str) -> Result<(Word, &str), FilterError> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Word::Text(value), text.get(at + 1..).unwrap_or_default())),
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            _ => value.push(letter),
        }
    }
    Err(FilterError::new("a string is not closed"))
}

fn plain(text: &str) -> Result<(Word, &str), FilterError> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | '+');
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.is_empty() {
        return Err(FilterError::new(format!("unexpected character {:?}", text.chars().next().unwrap_or(' '))));
    }
    if word.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.')) {
        let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
        return number.map(|number| (Word::Number(number), rest)).ok_or_else(|| FilterError::new(format!("{word:?} is not a number")));
    }
    Ok((Word::Name(word.to_owned()), rest))
}
