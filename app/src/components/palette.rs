//! One colour for one service, in every view and every session.

/// How many colours there are: `--service-0` to `--service-15`, and the classes `service-0` to `service-15`, which set `--service`.
pub const COLOURS: usize = 16;

/// The colour of each service, in the order given: by hash of the name, and where two of them meet, the later in the alphabet takes the
/// next free one. With more services than colours, colours repeat.
pub fn service_colours(services: &[&str]) -> Vec<usize> {
    let mut names: Vec<&str> = services.to_vec();
    names.sort_unstable();
    names.dedup();
    let mut taken = [false; COLOURS];
    let chosen: Vec<(&str, usize)> = names
        .into_iter()
        .map(|name| {
            let first = preferred(name);
            let colour =
                (0..COLOURS).map(|step| (first + step) % COLOURS).find(|slot| !taken.get(*slot).copied().unwrap_or(true)).unwrap_or(first);
            if let Some(slot) = taken.get_mut(colour) {
                *slot = true;
            }
            (name, colour)
        })
        .collect();
    services
        .iter()
        .map(|service| {
            chosen.binary_search_by_key(service, |(name, _)| name).ok().and_then(|at| chosen.get(at)).map_or(0, |(_, colour)| *colour)
        })
        .collect()
}

/// The class of a colour.
pub fn service_class(colour: usize) -> String {
    format!("service-{}", colour % COLOURS)
}

/// The colour a service has when nobody else wants it: FNV-1a, 64 bits.
fn preferred(name: &str) -> usize {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    usize::try_from((hash ^ (hash >> 32)) % COLOURS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests;
