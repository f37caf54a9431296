//! Filter patterns of terms and phrases.
//!
//! Syntax: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>. Patterns for JSON (`{`), for
//! space-delimited events (`[`) and regular expressions (`%`) are refused by name.

use memchr::memmem::Finder;

use super::block::Block;
use super::error::CloudWatchError;
use super::identifier::fingerprints;

/// Longest pattern the service takes.
const LONGEST: usize = 1_024;

/// A parsed pattern.
#[derive(Debug, Default)]
pub struct Pattern {
    required: Vec<Term>,
    any: Vec<Term>,
    excluded: Vec<Term>,
}

#[derive(Debug)]
struct Term {
    finder: Finder<'static>,
    /// Fingerprints that a block must have to hold this term.
    identifiers: Vec<u32>,
}

impl Term {
    fn new(text: &str) -> Self {
        Self { finder: Finder::new(text.as_bytes()).into_owned(), identifiers: fingerprints(std::iter::once(text.as_bytes())) }
    }

    fn is_in(&self, message: &[u8]) -> bool {
        self.finder.find(message).is_some()
    }

    fn may_be_among(&self, known: &[u32]) -> bool {
        self.identifiers.iter().all(|identifier| known.binary_search(identifier).is_ok())
    }
}

impl Pattern {
    /// Reads a pattern; an empty one matches everything.
    pub fn parse(text: &str) -> Result<Self, CloudWatchError> {
        if text.chars().count() > LONGEST {
            return Err(CloudWatchError::invalid(format!("The filter pattern must have at most {LONGEST} characters.")));
        }
        let mut pattern = Self::default();
        let mut rest = text.trim_start();
        if rest.starts_with(['{', '[']) {
            return Err(CloudWatchError::invalid(
                "Filter patterns for JSON and for space-delimited log events are not supported yet; quote a term instead.",
            ));
        }
        while let Some(first) = rest.chars().next() {
            let (terms, term) = match first {
                '?' => (&mut pattern.any, rest.get(1..).unwrap_or_default()),
                '-' => (&mut pattern.excluded, rest.get(1..).unwrap_or_default()),
                _ => (&mut pattern.required, rest),
            };
            let (word, left) = if term.starts_with('"') { quoted(term)? } else { plain(term)? };
            if !word.trim().is_empty() {
                terms.push(Term::new(&word));
            }
            rest = left.trim_start();
        }
        if !pattern.required.is_empty() {
            pattern.any.clear(); // the service ignores optional terms beside required ones
        }
        // The longest term is the rarest, so it is looked for first.
        pattern.required.sort_by_key(|term| std::cmp::Reverse(term.finder.needle().len()));
        Ok(pattern)
    }

    /// Whether a block with these fingerprints can hold a match.
    pub fn may_match(&self, identifiers: Option<&[u32]>) -> bool {
        let Some(known) = identifiers else { return true };
        self.required.iter().all(|term| term.may_be_among(known))
            && (self.any.is_empty() || self.any.iter().any(|term| term.may_be_among(known)))
    }

    /// Calls `found` with the number of every event of the block that matches, in their order.
    pub fn search<B: AsRef<[u8]>>(&self, block: &Block<B>, mut found: impl FnMut(usize)) {
        let Some((first, others)) = self.required.split_first() else {
            return (0..block.len()).filter(|at| self.matches_rest(block.message(*at), &[])).for_each(found);
        };
        let text = block.text();
        let mut from = 0;
        while let Some(hit) = text.get(from..).and_then(|rest| first.finder.find(rest)) {
            let start = from + hit;
            let event = block.event_at(start);
            let Some(range) = block.range(event) else { return };
            if start + first.finder.needle().len() > range.end {
                from = start + 1; // began in one message and ended in the next
                continue;
            }
            if self.matches_rest(block.message(event), others) {
                found(event);
            }
            from = range.end;
        }
    }

    fn matches_rest(&self, message: &[u8], required: &[Term]) -> bool {
        required.iter().all(|term| term.is_in(message))
            && (self.any.is_empty() || self.any.iter().any(|term| term.is_in(message)))
            && !self.excluded.iter().any(|term| term.is_in(message))
    }
}

fn quoted(text: &str) -> Result<(String, &str), CloudWatchError> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, text.get(at + 1..).unwrap_or_default())),
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            _ => value.push(letter),
        }
    }
    Err(CloudWatchError::invalid("Invalid filter pattern: a quoted phrase is not closed."))
}

fn plain(text: &str) -> Result<(String, &str), CloudWatchError> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.starts_with('%') {
        return Err(CloudWatchError::invalid("Regular expressions in filter patterns are not supported yet; quote a term instead."));
    }
    if word.is_empty() || !word.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        return Err(CloudWatchError::invalid(format!("Invalid character(s) in term '{word}'")));
    }
    Ok((word.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::super::block::{digest, encode};
    use super::*;

    fn matching(pattern: &str, messages: &[&str]) -> Vec<usize> {
        let events: Vec<_> = messages.iter().map(|message| (0, *message)).collect();
        let bytes = encode("g", "s", &events);
        let block = Block::open(&bytes).unwrap();
        let pattern = Pattern::parse(pattern).unwrap();
        let mut found = Vec::new();
        pattern.search(&block, |at| found.push(at));
        let known = digest(&block).unwrap().identifiers.unwrap();
        assert!(found.is_empty() || pattern.may_match(Some(&known)), "the index must never hide a match");
        found
    }

    #[test]
    fn a_table_of_patterns() {
        let messages = [
            "ERROR boom trace=1-6b03c354-535b6dfea5195785698743b7",
            "error ERROR calm",
            "[ERROR] say \"hi\" 6b03c354535b6dfea5195785698743b7",
            "INFO all good",
        ];
        for (pattern, expected) in [
            ("", &[0, 1, 2, 3][..]),
            ("\" \"", &[0, 1, 2, 3]),
            ("\"\"", &[0, 1, 2, 3]),
            ("ERROR", &[0, 1, 2]),
            ("ERROR boom", &[0]),
            ("ERROR -boom", &[1, 2]),
            ("-ERROR", &[3]),
            ("?boom ?good", &[0, 3]),
            ("?boom ?\"all good\" -INFO", &[0]),
            ("ERROR ?good", &[0, 1, 2]),
            ("\"error ERROR\"", &[1]),
            ("\"say \\\"hi\\\"\"", &[2]),
            ("\"1-6b03c354-535b6dfea5195785698743b7\"", &[0]),
            ("\"535b6dfea5195785698743b7\"", &[0, 2]),
            ("?\"1-6b03c354-535b6dfea5195785698743b7\" ?\"6b03c354535b6dfea5195785698743b7\"", &[0, 2]),
            ("\"000000000000000000000000\"", &[]),
            ("Error", &[]),
        ] {
            assert_eq!(matching(pattern, &messages), expected, "{pattern}");
        }
    }

    #[test]
    fn a_match_lies_inside_one_message() {
        assert_eq!(matching("\"ab\"", &["xa", "bab", "a", "b", "ab"]), [1, 4]);
        assert_eq!(matching("\"aa\"", &["a", "aa", "a", "a"]), [1]);
    }

    #[test]
    fn what_is_not_supported_is_said() {
        for (bad, why) in [
            ("{ $.level = \"ERROR\" }", "not supported yet"),
            ("[ip, user]", "not supported yet"),
            ("%re%", "not supported yet"),
            ("1-6b03c354", "Invalid character(s) in term '1-6b03c354'"),
            ("\"open", "not closed"),
            ("?", "Invalid character(s)"),
        ] {
            assert!(Pattern::parse(bad).unwrap_err().to_string().contains(why), "{bad}");
        }
        assert!(Pattern::parse(&"x".repeat(1_025)).is_err());
    }
}
