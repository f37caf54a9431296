//! What stands before every handler. Outermost first: Host allow-list, panic guard, security headers, same-origin check, body limit.

pub mod headers;
pub mod hosts;
pub mod origin;
pub mod panic;
pub mod problem;
