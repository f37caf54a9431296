//! A small seeded generator, so that a seed always gives the same stories.

/// `SplitMix64` (Steele, Lea, Flood 2014): enough for sample data, and never for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same seed, the same numbers.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Different in every run, so that the IDs of two runs never meet.
    pub fn from_entropy() -> Self {
        Self(getrandom::u64().unwrap_or(0x5eed))
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Another generator, seeded by this one.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number that is not zero, as IDs must be.
    pub const fn id(&mut self) -> u64 {
        loop {
            let id = self.next();
            if id != 0 {
                return id;
            }
        }
    }

    /// A number below `limit`; 0 if that is 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }
}
