//! Stack traces as text, as OpenTelemetry's `exception.stacktrace` carries them: Python, Java and JavaScript.

use model::Frame;
use model::error::Cause;

/// The most frames and the most causes that are kept of one stack.
const LIMIT: usize = 500;

/// What a text held: the failing exception's frames, innermost first, and what caused it, nearest first.
#[derive(Debug, Default, PartialEq)]
pub struct Stack {
    pub frames: Vec<Frame>,
    pub causes: Vec<Cause>,
}

/// Reads a stack; empty if it is in no known form.
pub fn parse(text: &str) -> Stack {
    if text.contains("Traceback (most recent call last):") { python(text) } else { outward(text) }
}

/// Python writes the outermost frame first and the first cause first.
fn python(text: &str) -> Stack {
    let mut blocks: Vec<Cause> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with("Traceback (most recent call last):") {
            if blocks.len() < LIMIT {
                blocks.push(Cause { class: String::new(), message: String::new(), frames: Vec::new() });
            }
            continue;
        }
        let Some(block) = blocks.last_mut() else { continue };
        if let Some(mut frame) = python_frame(trimmed) {
            if let Some(code) = lines.next_if(|next| next.starts_with("    ") && python_frame(next.trim()).is_none()) {
                code.trim().clone_into(&mut frame.code);
            }
            if block.frames.len() < LIMIT {
                block.frames.push(frame);
            }
        } else if !line.starts_with(' ') && block.class.is_empty() && !trimmed.is_empty() {
            let (class, message) = trimmed.split_once(": ").unwrap_or((trimmed, ""));
            class.clone_into(&mut block.class);
            message.clone_into(&mut block.message);
        }
    }
    for block in &mut blocks {
        block.frames.reverse();
    }
    let frames = blocks.pop().map(|block| block.frames).unwrap_or_default();
    blocks.reverse();
    Stack { frames, causes: blocks }
}

/// `File "app.py", line 47, in handler`
fn python_frame(line: &str) -> Option<Frame> {
    let (file, rest) = line.strip_prefix("File \"")?.split_once("\", line ")?;
    let (number, function) = rest.split_once(", in ").unwrap_or((rest, ""));
    Some(Frame { file: file.to_owned(), line: number.trim().parse().ok(), function: function.to_owned(), ..Frame::default() })
}

/// Java and JavaScript write the innermost frame first, and causes after what they caused.
fn outward(text: &str) -> Stack {
    let mut stack = Stack::default();
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(cause) = trimmed.strip_prefix("Caused by: ") {
            if stack.causes.len() >= LIMIT {
                break;
            }
            let (class, message) = cause.split_once(": ").unwrap_or((cause, ""));
            stack.causes.push(Cause { class: class.to_owned(), message: message.to_owned(), frames: Vec::new() });
        } else if let Some(frame) = trimmed.strip_prefix("at ").map(outward_frame) {
            let frames = stack.causes.last_mut().map_or(&mut stack.frames, |cause| &mut cause.frames);
            if frames.len() < LIMIT {
                frames.push(frame);
            }
        }
    }
    stack
}

/// `com.example.Pay.charge(Pay.java:12)` or `charge (/srv/pay.js:12:5)` or `/srv/pay.js:12:5`
fn outward_frame(text: &str) -> Frame {
    let (function, place) = match text.rsplit_once('(') {
        Some((function, place)) => (function.trim(), place.trim_end_matches(')')),
        None => ("", text),
    };
    let numbered = |part: &str| part.parse::<u32>().ok();
    let (file, line) = match place.rsplit_once(':') {
        Some((rest, last)) => match (numbered(last), rest.rsplit_once(':')) {
            (Some(_), Some((file, line))) if numbered(line).is_some() => (file, numbered(line)),
            (Some(line), _) => (rest, Some(line)),
            (None, _) => (place, None),
        },
        None => (place, None),
    };
    Frame { file: file.to_owned(), line, function: function.to_owned(), ..Frame::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_with_a_cause() {
        let text = "Traceback (most recent call last):\n  File \"db.py\", line 3, in get\n    row = rows[0]\n          ~~~~^^^\nIndexError: list index out of range\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"app.py\", line 9, in handler\n    get()\n  File \"db.py\", line 5, in get\n    raise Gone('order 7') from e\ndb.Gone: order 7\n";
        let stack = parse(text);
        assert_eq!(
            stack.frames[0],
            Frame {
                file: "db.py".into(),
                line: Some(5),
                function: "get".into(),
                code: "raise Gone('order 7') from e".into(),
                ..Frame::default()
            }
        );
        assert_eq!(stack.frames[1].function, "handler");
        assert_eq!((stack.causes[0].class.as_str(), stack.causes[0].message.as_str()), ("IndexError", "list index out of range"));
        assert_eq!(stack.causes[0].frames[0].code, "row = rows[0]");
    }

    #[test]
    fn java_and_javascript() {
        let java = parse("a.B: x\n\tat a.B.c(B.java:12)\n\tat a.D.e(Native Method)\nCaused by: a.F: y\n\tat a.F.g(F.java:1)\n\t... 2 more");
        assert_eq!((java.frames[0].file.as_str(), java.frames[0].line, java.frames[0].function.as_str()), ("B.java", Some(12), "a.B.c"));
        assert_eq!(java.frames[1].line, None);
        assert_eq!(java.causes[0].frames.len(), 1);
        let node = parse("Error: x\n    at charge (/srv/pay.js:12:5)\n    at /srv/app.js:3:1");
        assert_eq!((node.frames[0].file.as_str(), node.frames[0].line), ("/srv/pay.js", Some(12)));
        assert_eq!((node.frames[1].file.as_str(), node.frames[1].line), ("/srv/app.js", Some(3)));
        assert_eq!(parse("no stack at all"), Stack::default());
    }
}
