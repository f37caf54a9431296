//! Takes the escapes out of a URL.

/// A text without its escapes, and where each byte came from.
pub struct Unescaped {
    pub bytes: Vec<u8>,
    /// For each byte, and for the end, its place in the original.
    places: Vec<usize>,
}

impl Unescaped {
    /// `None` where nothing is escaped. Reads `%3D`, what is encoded twice (`%253D`), the CloudWatch console's `$253D`, and the
    /// `*3D` of its Logs Insights queries; the last two only in a text that has `$25` or `*20`, where they can mean nothing else.
    pub fn of(text: &[u8]) -> Option<Self> {
        let has = |what: &[u8]| text.windows(what.len()).any(|window| window == what);
        let dollar = has(b"$25");
        let star = dollar || has(b"*20");
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        let mut at = 0;
        let mut found = false;
        while let Some(&byte) = text.get(at) {
            places.push(at);
            let escape = byte == b'%' || (dollar && byte == b'$') || (star && byte == b'*');
            if let Some((plain, next)) = escape.then(|| unescape(text, at + 1)).flatten() {
                bytes.push(plain);
                at = next;
                found = true;
            } else {
                bytes.push(byte);
                at += 1;
            }
        }
        places.push(at);
        found.then_some(Self { bytes, places })
    }

    /// Where the byte `at` stands in the original.
    pub fn place(&self, at: usize) -> usize {
        self.places.get(at).or(self.places.last()).copied().unwrap_or(0)
    }
}

/// The byte whose two hex digits stand at `at`, and where the text goes on. Any `25` before them is a further layer.
fn unescape(text: &[u8], mut at: usize) -> Option<(u8, usize)> {
    let mut byte = pair(text, at)?;
    while byte == b'%'
        && let Some(inner) = pair(text, at + 2)
    {
        byte = inner;
        at += 2;
    }
    Some((byte, at + 2))
}

fn pair(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
}
