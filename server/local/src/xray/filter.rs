//! Filter expressions of `GetTraceSummaries`.
//!
//! Grammar: <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html>. `edge`, `group`, `rootcause` and
//! `service(id(…))` are not understood yet and are refused by name.

mod evaluate;
mod parse;
#[cfg(test)]
mod tests;
mod words;

pub use parse::parse;

/// A parsed filter expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Flag(Flag),
    Number(Number, Comparison, f64),
    Text(Text, Comparison, String),
    /// Without a comparison: the annotation is set.
    Annotation(String, Option<(Comparison, Literal)>),
    /// Without a name: any service. Without an expression: the trace went through it.
    Service(Option<String>, Option<Box<Expression>>),
}

/// Keywords that are true or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    Ok,
    Error,
    Throttle,
    Fault,
    Partial,
    Inferred,
    Root,
}

/// Keywords that are numbers; times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    ResponseTime,
    Duration,
    HttpStatus,
}

/// Keywords that are strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    HttpUrl,
    HttpMethod,
    HttpUserAgent,
    HttpClientIp,
    User,
    Name,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Contains,
    BeginsWith,
    EndsWith,
}

/// A value written in an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Text(String),
    Number(f64),
    Bool(bool),
}
