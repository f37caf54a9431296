//! From words to an [`Expression`]. The depth of nesting is bounded, so recursion is too.

use super::words::{Word, words};
use super::{Comparison, Expression, Flag, Literal, Number, Text};

const LONGEST: usize = 2_000;
const DEEPEST: usize = 32;

/// Why an expression cannot be used, in a sentence for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter expression: {0}.")]
pub struct FilterError(String);

impl FilterError {
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Reads a filter expression; an empty one matches everything.
pub fn parse(text: &str) -> Result<Expression, FilterError> {
    if text.len() > LONGEST {
        return Err(FilterError::new(format!("it is longer than {LONGEST} characters")));
    }
    let words = words(text)?;
    if words.is_empty() {
        return Ok(Expression::All(Vec::new()));
    }
    let mut parser = Parser { words: &words, depth: 0, in_service: false };
    let expression = parser.any()?;
    match parser.words.first() {
        None => Ok(expression),
        Some(word) => Err(FilterError::new(format!("unexpected {}", show(word)))),
    }
}

struct Parser<'a> {
    words: &'a [Word],
    depth: usize,
    in_service: bool,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a Word> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.words.first(), Some(Word::Sign(found)) if *found == sign);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), FilterError> {
        if self.take_sign(sign) { Ok(()) } else { Err(FilterError::new(format!("expected {sign:?}"))) }
    }

    fn take_name(&mut self, name: &str) -> bool {
        let found = matches!(self.words.first(), Some(Word::Name(found)) if found.eq_ignore_ascii_case(name));
        if found {
            self.next();
        }
        found
    }

    fn any(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.all()?];
        while self.take_name("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.unary()?];
        loop {
            let ends = match self.words.first() {
                None => true,
                Some(Word::Sign(sign)) => !matches!(*sign, "!" | "("),
                Some(Word::Name(name)) => name.eq_ignore_ascii_case("or"),
                Some(_) => false,
            };
            if ends {
                return Ok(one_or(parts, Expression::All));
            }
            self.take_name("and");
            parts.push(self.unary()?);
        }
    }

    fn unary(&mut self) -> Result<Expression, FilterError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(FilterError::new("it is nested too deeply"));
        }
        let expression = if self.take_sign("!") {
            Expression::Not(Box::new(self.unary()?))
        } else if self.take_sign("(") {
            let inner = self.any()?;
            self.expect(")")?;
            inner
        } else {
            self.term()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn term(&mut self) -> Result<Expression, FilterError> {
        let name = match self.next() {
            Some(Word::Name(name)) => name,
            Some(word) => return Err(FilterError::new(format!("unexpected {}", show(word)))),
            None => return Err(FilterError::new("it ends where a term is expected")),
        };
        let keyword = name.to_ascii_lowercase();
        if let Some(key) = keyword.strip_prefix("annotation.").and_then(|_| name.get("annotation.".len()..)) {
            return self.annotation(key.to_owned());
        }
        if keyword == "annotation" && self.take_sign("[") {
            let key = match self.next() {
                Some(Word::Name(key) | Word::Text(key)) => key.clone(),
                _ => return Err(FilterError::new("expected the key of an annotation")),
            };
            self.expect("]")?;
            return self.annotation(key);
        }
        if let Some(flag) = flag(&keyword) {
            return self.flag(flag);
        }
        if let Some(number) = number(&keyword) {
            return match (self.comparison()?, self.literal()?) {
                (comparison, Literal::Number(value)) if is_ordering(comparison) => Ok(Expression::Number(number, comparison, value)),
                _ => Err(FilterError::new(format!("{name} is compared with a number"))),
            };
        }
        if let Some(text) = self::text(&keyword) {
            return match (self.comparison()?, self.literal()?) {
                (comparison, Literal::Text(value)) if is_textual(comparison) => Ok(Expression::Text(text, comparison, value)),
                _ => Err(FilterError::new(format!("{name} is compared with a string by =, !=, CONTAINS, BEGINSWITH or ENDSWITH"))),
            };
        }
        if keyword == "service" {
            return self.service();
        }
        Err(FilterError::new(format!("{name} is not supported here")))
    }

    fn flag(&mut self, flag: Flag) -> Result<Expression, FilterError> {
        let wanted = if self.take_sign("=") {
            true
        } else if self.take_sign("!=") {
            false
        } else {
            return Ok(Expression::Flag(flag));
        };
        match self.literal()? {
            Literal::Bool(value) if value == wanted => Ok(Expression::Flag(flag)),
            Literal::Bool(_) => Ok(Expression::Not(Box::new(Expression::Flag(flag)))),
            _ => Err(FilterError::new("a boolean keyword is compared with true or false")),
        }
    }

    fn annotation(&mut self, key: String) -> Result<Expression, FilterError> {
        if self.in_service {
            return Err(FilterError::new("annotations cannot be used inside service()"));
        }
        let compared = match self.words.first() {
            Some(Word::Sign("=" | "!=" | "<" | "<=" | ">" | ">=")) => true,
            Some(Word::Name(name)) => textual(name).is_some(),
            _ => false,
        };
        let comparison = if compared { Some((self.comparison()?, self.literal()?)) } else { None };
        Ok(Expression::Annotation(key, comparison))
    }

    fn service(&mut self) -> Result<Expression, FilterError> {
        if self.in_service {
            return Err(FilterError::new("service() cannot be nested"));
        }
        self.expect("(")?;
        let name = match self.words.first() {
            Some(Word::Text(name)) => {
                self.next();
                Some(name.clone())
            }
            Some(Word::Name(_)) => return Err(FilterError::new("service(id(…)) is not supported here")),
            _ => None,
        };
        self.expect(")")?;
        if !self.take_sign("{") {
            return Ok(Expression::Service(name, None));
        }
        self.in_service = true;
        let inner = self.any()?;
        self.in_service = false;
        self.expect("}")?;
        Ok(Expression::Service(name, Some(Box::new(inner))))
    }

    fn comparison(&mut self) -> Result<Comparison, FilterError> {
        match self.next() {
            Some(Word::Sign("=")) => Ok(Comparison::Equal),
            Some(Word::Sign("!=")) => Ok(Comparison::NotEqual),
            Some(Word::Sign("<")) => Ok(Comparison::Less),
            Some(Word::Sign("<=")) => Ok(Comparison::AtMost),
            Some(Word::Sign(">")) => Ok(Comparison::Greater),
            Some(Word::Sign(">=")) => Ok(Comparison::AtLeast),
            Some(Word::Name(name)) => textual(name).ok_or_else(|| FilterError::new(format!("{name:?} is not a comparison"))),
            _ => Err(FilterError::new("expected a comparison")),
        }
    }

    fn literal(&mut self) -> Result<Literal, FilterError> {
        match self.next() {
            Some(Word::Text(text)) => Ok(Literal::Text(text.clone())),
            Some(Word::Number(number)) => Ok(Literal::Number(*number)),
            Some(Word::Name(name)) if name.eq_ignore_ascii_case("true") => Ok(Literal::Bool(true)),
            Some(Word::Name(name)) if name.eq_ignore_ascii_case("false") => Ok(Literal::Bool(false)),
            _ => Err(FilterError::new("expected a string in double quotes, a number, true or false")),
        }
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn flag(name: &str) -> Option<Flag> {
    Some(match name {
        "ok" => Flag::Ok,
        "error" => Flag::Error,
        "throttle" => Flag::Throttle,
        "fault" => Flag::Fault,
        "partial" => Flag::Partial,
        "inferred" => Flag::Inferred,
        "root" => Flag::Root,
        _ => return None,
    })
}

fn number(name: &str) -> Option<Number> {
    Some(match name {
        "responsetime" => Number::ResponseTime,
        "duration" => Number::Duration,
        "http.status" => Number::HttpStatus,
        _ => return None,
    })
}

fn text(name: &str) -> Option<Text> {
    Some(match name {
        "http.url" => Text::HttpUrl,
        "http.method" => Text::HttpMethod,
        "http.useragent" => Text::HttpUserAgent,
        "http.clientip" => Text::HttpClientIp,
        "user" => Text::User,
        "name" => Text::Name,
        _ => return None,
    })
}

fn textual(name: &str) -> Option<Comparison> {
    Some(match name.to_ascii_uppercase().as_str() {
        "CONTAINS" => Comparison::Contains,
        "BEGINSWITH" => Comparison::BeginsWith,
        "ENDSWITH" => Comparison::EndsWith,
        _ => return None,
    })
}

fn is_ordering(comparison: Comparison) -> bool {
    !matches!(comparison, Comparison::Contains | Comparison::BeginsWith | Comparison::EndsWith)
}

fn is_textual(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Equal | Comparison::NotEqual) || !is_ordering(comparison)
}

fn show(word: &Word) -> String {
    match word {
        Word::Name(name) => name.clone(),
        Word::Text(text) => format!("{text:?}"),
        Word::Number(number) => number.to_string(),
        Word::Sign(sign) => format!("{sign:?}"),
    }
}
