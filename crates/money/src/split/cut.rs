//! Finds the key from which on the largest get something, by counting: without sorting.

/// A histogram has 2^11 buckets, which stay in the first cache.
const BITS: u32 = 11;
const BUCKETS: usize = 1 << BITS;
/// So few keys are copied and selected from.
const FEW: u64 = 1 << 14;

/// Where the largest end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// All keys above it are among the largest.
    pub(super) key: u64,
    /// How many of those equal to it are, at least 1.
    pub(super) units: u64,
    /// How many are equal to it.
    pub(super) ties: u64,
}

/// How many keys have which first bits.
pub(super) struct Histogram([u64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram([0; BUCKETS])
    }
}

impl Histogram {
    #[inline]
    pub(super) fn add(&mut self, key: u64) {
        self.count(key >> (u64::BITS - BITS));
    }

    #[inline]
    fn count(&mut self, bucket: u64) {
        let slot = usize::try_from(bucket)
            .ok()
            .and_then(|at| self.0.get_mut(at));
        if let Some(slot) = slot {
            *slot = slot.wrapping_add(1);
        }
    }

    /// The bucket with the `units`th largest, how many of the largest are in it, and how many keys.
    fn find(&self, units: u64) -> Option<(u64, u64, u64)> {
        let mut left = units;
        for (bucket, count) in self.0.iter().enumerate().rev() {
            match left.checked_sub(*count) {
                Some(after) if after > 0 => left = after,
                _ => return Some((u64::try_from(bucket).ok()?, left, *count)),
            }
        }
        None
    }
}

/// The cut below the `units` largest keys, at least 1, of which `histogram` holds all.
/// `None` if there are not so many.
pub(super) fn cut<K: Iterator<Item = u64> + Clone>(
    keys: K,
    histogram: Histogram,
    units: u64,
) -> Option<Cut> {
    let all = Buckets {
        histogram,
        smallest: 0,
        largest: u64::MAX,
        shift: u64::BITS - BITS,
    };
    search(|| keys.clone(), all, units)
}

/// The same of keys from `smallest` to `largest`.
pub(super) fn within<K: Iterator<Item = u64>>(
    keys: impl Fn() -> K,
    smallest: u64,
    largest: u64,
    units: u64,
) -> Option<Cut> {
    let buckets = Buckets::of(keys(), smallest, largest);
    search(keys, buckets, units)
}

/// The smallest and the largest.
pub(super) fn extremes(keys: impl Iterator<Item = u64>) -> Option<(u64, u64)> {
    let (smallest, largest) = keys.fold((u64::MAX, 0), |(smallest, largest), key| {
        (key.min(smallest), key.max(largest))
    });
    (smallest <= largest).then_some((smallest, largest))
}

/// One comparison, which mostly fails: two would be guessed wrong for every other key.
fn between(first: u64, last: u64) -> impl Fn(&u64) -> bool {
    let width = last.wrapping_sub(first);
    move |key| key.wrapping_sub(first) <= width
}

/// A range of keys, counted in buckets of 2^shift.
struct Buckets {
    histogram: Histogram,
    smallest: u64,
    largest: u64,
    shift: u32,
}

impl Buckets {
    fn of(keys: impl Iterator<Item = u64>, smallest: u64, largest: u64) -> Buckets {
        let span = largest.wrapping_sub(smallest);
        let shift = (u64::BITS - BITS).saturating_sub(span.leading_zeros());
        let mut histogram = Histogram::default();
        for key in keys.filter(between(smallest, largest)) {
            histogram.count(key.wrapping_sub(smallest).wrapping_shr(shift));
        }
        Buckets {
            histogram,
            smallest,
            largest,
            shift,
        }
    }

    /// The first and the last key that belong into a bucket.
    fn range(&self, bucket: u64) -> Option<(u64, u64)> {
        let first = self.smallest.checked_add(bucket.checked_shl(self.shift)?)?;
        let last = first.saturating_add(1_u64.checked_shl(self.shift)?.wrapping_sub(1));
        Some((first, last.min(self.largest)))
    }
}

/// Narrows the range down: to one bucket, and there to the keys that occur.
fn search<K: Iterator<Item = u64>>(
    keys: impl Fn() -> K,
    mut buckets: Buckets,
    mut units: u64,
) -> Option<Cut> {
    loop {
        let (bucket, left, ties) = buckets.histogram.find(units)?;
        units = left;
        let (first, last) = buckets.range(bucket)?;
        let inside = || keys().filter(between(first, last));
        if ties <= FEW {
            return select(inside().collect(), units);
        }
        let (smallest, largest) = extremes(inside())?;
        if smallest == largest {
            let key = smallest;
            return Some(Cut { key, units, ties });
        }
        buckets = Buckets::of(keys(), smallest, largest);
    }
}

fn select(mut keys: Vec<u64>, units: u64) -> Option<Cut> {
    let at = usize::try_from(units).ok()?.checked_sub(1)?;
    if at >= keys.len() {
        return None;
    }
    let (_, &mut key, _) = keys.select_nth_unstable_by(at, |a, b| b.cmp(a));
    let above = keys.iter().filter(|other| **other > key).count();
    let ties = keys.iter().filter(|other| **other == key).count();
    Some(Cut {
        key,
        units: units.checked_sub(u64::try_from(above).ok()?)?,
        ties: u64::try_from(ties).ok()?,
    })
}
