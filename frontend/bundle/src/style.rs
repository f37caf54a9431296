//! One style sheet from `style/*.css`: tokens, then base, then the rest by name; comments and indentation go.

use crate::error::BundleError;
use std::path::{Path, PathBuf};

/// Concatenates the sheets of `directory`.
pub fn concatenate(directory: &Path) -> Result<String, BundleError> {
    let entries = std::fs::read_dir(directory).map_err(|error| BundleError::file(directory, error))?;
    let mut sheets: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "css")).collect();
    sheets.sort_by_key(|path| (rank(path), path.clone()));
    let mut css = String::new();
    for sheet in sheets {
        let text = std::fs::read_to_string(&sheet).map_err(|error| BundleError::file(&sheet, error))?;
        css.push_str(&squeeze(&text));
        css.push('\n');
    }
    Ok(css)
}

fn rank(path: &Path) -> u8 {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("tokens.css") => 0,
        Some("base.css") => 1,
        _ => 2,
    }
}

/// Drops comments, and folds white space outside strings into one space.
fn squeeze(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut chars = css.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        if let Some(open) = quote {
            out.push(c);
            match c {
                '\\' => out.extend(chars.next()),
                c if c == open => quote = None,
                _ => {}
            }
        } else if c == '/' && chars.peek() == Some(&'*') {
            chars.next();
            let mut last = ' ';
            for c in chars.by_ref() {
                if last == '*' && c == '/' {
                    break;
                }
                last = c;
            }
        } else if c.is_whitespace() {
            if !out.ends_with([' ', '{', '}', ';', ',']) {
                out.push(' ');
            }
        } else {
            if matches!(c, '{' | '}' | ';') && out.ends_with(' ') {
                out.pop();
            }
            if c == '}' && out.ends_with(';') {
                out.pop();
            }
            if matches!(c, '"' | '\'') {
                quote = Some(c);
            }
            out.push(c);
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_meaning_drops_air() {
        let css = "/* why */\n.a > .b ,\n.c:hover {\n  color : red;\n  content: \"a  /* b */ }\";\n}\n\n@media (x) and (y) { p { margin: 0 auto; } }";
        assert_eq!(squeeze(css), ".a > .b ,.c:hover{color : red;content: \"a  /* b */ }\"}@media (x) and (y){p{margin: 0 auto}}");
    }

    #[test]
    fn tokens_come_first() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["home.css", "base.css", "tokens.css", "note.txt"] {
            std::fs::write(directory.path().join(name), format!(".{}{{}}", name.trim_end_matches(".css"))).unwrap();
        }
        assert_eq!(concatenate(directory.path()).unwrap(), ".tokens{}\n.base{}\n.home{}\n");
    }
}
