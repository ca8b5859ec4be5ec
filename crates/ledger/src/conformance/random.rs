//! Numbers for randomised cases, with a seed that brings them back.

/// A sequence of numbers (SplitMix64) from a seed.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// A new sequence from `PAYDIRT_SEED`, or from a random seed.
    pub fn new() -> Self {
        let seed = match std::env::var("PAYDIRT_SEED") {
            Ok(text) => text.parse().expect("PAYDIRT_SEED is a number"),
            Err(_) => uuid::Uuid::new_v4().as_u64_pair().0,
        };
        Self { seed, state: seed }
    }

    /// How to repeat this sequence, for messages.
    pub fn words(&self) -> String {
        format!("repeat with PAYDIRT_SEED={}", self.seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// True once in `n`.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these, if there are any.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            None
        } else {
            items.get(self.below(items.len()))
        }
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}
