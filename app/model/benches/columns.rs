//! How fast a request is assembled and turned into columns and back, beside the goals. `cargo bench -p model --features sample`.

use flate2::Compression;
use flate2::write::GzEncoder;
use model::columns::Columns;
use model::{Fragment, Request, TraceId, assemble, sample};
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

fn main() {
    println!("{:<34} {:>14} {:>14}  goal", "", "100k spans", "1M spans");
    let small = Figures::of(100_000, 9);
    let large = Figures::of(1_000_000, 3);
    row("assemble, spans a second", &small.rate(small.assemble), &large.rate(large.assemble), "-");
    row("columns of a request, spans a second", &small.rate(small.make), &large.rate(large.make), "-");
    row("encode, spans a second", &small.rate(small.encode), &large.rate(large.encode), ">= 3 M");
    row("decode, spans a second", &small.rate(small.decode), &large.rate(large.decode), ">= 3 M");
    row("bytes a span", &small.each(small.raw), &large.each(large.raw), "-");
    row("bytes a span, gzip", &small.each(small.gzip), &large.each(large.gzip), "4, of what is not ID");
    row("of them span IDs, which are random", &small.each(small.ids), &large.each(large.ids), "-");
    row("kB of the whole, gzip", &kilobytes(small.gzip), &kilobytes(large.gzip), "480 kB at 100k");
}

struct Figures {
    spans: usize,
    assemble: Duration,
    make: Duration,
    encode: Duration,
    decode: Duration,
    raw: usize,
    gzip: usize,
    ids: usize,
}

impl Figures {
    fn of(spans: usize, rounds: usize) -> Self {
        let given = sample::large(spans);
        let fragments = sample::fragments(&given, 1_000);
        drop(given);
        let (assemble, request) = assembled(&fragments, sample::trace(), rounds);
        drop(fragments);
        let (make, columns) = best(rounds, || Columns::of(&request, 1));
        drop(request);
        let (encode, bytes) = best(rounds, || columns.encode());
        let (decode, decoded) = best(rounds, || Columns::decode(&bytes));
        assert_eq!(decoded.as_ref(), Ok(&columns));
        let ids: Vec<u8> = columns.spans.id.iter().flat_map(|id| id.to_le_bytes()).collect();
        Self { spans, assemble, make, encode, decode, raw: bytes.len(), gzip: gzip(&bytes), ids: gzip(&ids) }
    }

    fn rate(&self, time: Duration) -> String {
        format!("{:.1} M", self.spans as f64 / time.as_secs_f64() / 1e6)
    }

    fn each(&self, bytes: usize) -> String {
        format!("{:.1}", bytes as f64 / self.spans as f64)
    }
}

/// Without the time that copying the fragments takes.
fn assembled(fragments: &[Fragment], id: TraceId, rounds: usize) -> (Duration, Request) {
    let mut shortest = Duration::MAX;
    let mut request = assemble(id, []);
    for _ in 0..rounds {
        let copies = fragments.to_vec();
        let begin = Instant::now();
        request = assemble(id, copies);
        shortest = shortest.min(begin.elapsed());
    }
    (shortest, request)
}

fn best<T>(rounds: usize, work: impl Fn() -> T) -> (Duration, T) {
    let run = || {
        let begin = Instant::now();
        let result = black_box(work());
        (begin.elapsed(), result)
    };
    (1..rounds).fold(run(), |best, _| {
        let next = run();
        if next.0 < best.0 { next } else { best }
    })
}

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_or(0, |compressed| compressed.len())
}

fn kilobytes(bytes: usize) -> String {
    format!("{} kB", bytes / 1_000)
}

fn row(what: &str, small: &str, large: &str, goal: &str) {
    println!("{what:<34} {small:>14} {large:>14}  {goal}");
}
