//! Books of orders, made up from a seed.

use super::oracle::Order;

/// splitmix64.
pub(crate) struct Random(u64);

impl Random {
    /// Of this run; printed, so that a failing one can be had again (`PAYDIRT_SEED`).
    pub(crate) fn seeded() -> Random {
        let set = std::env::var("PAYDIRT_SEED").ok();
        let seed = set.map_or_else(
            || {
                let hasher = std::hash::BuildHasher::build_hasher(&std::hash::RandomState::new());
                std::hash::Hasher::finish(&hasher)
            },
            |seed| seed.parse().expect("PAYDIRT_SEED is a number"),
        );
        println!("PAYDIRT_SEED={seed}");
        Random(seed)
    }

    /// From 0 to `end` - 1.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let at = self.below(u64::try_from(choices.len()).expect("a few choices"));
        choices[usize::try_from(at).expect("one of them")]
    }
}

/// `count` orders: many alike (so that remainders tie), some odd, some tiny, some that count for
/// nothing; in no order.
pub(crate) fn book(random: &mut Random, count: usize) -> Vec<Order> {
    let mut orders: Vec<Order> = (0..count).map(|at| order(random, at)).collect();
    for at in (1..count).rev() {
        let other = random.below(u64::try_from(at + 1).expect("a count"));
        orders.swap(at, usize::try_from(other).expect("a place"));
    }
    orders
}

fn order(random: &mut Random, at: usize) -> Order {
    let power = match random.below(4) {
        0 => random
            .one_of(&["1 TiB", "10 TiB", "100 TB", "900 TB"])
            .to_owned(),
        1 => format!("{}.{:03} TB", random.below(1000), random.below(1000)),
        2 => format!("{} B", random.below(1 << 47)),
        _ => format!("{}.{:02} GiB", random.below(90_000), random.below(100)),
    };
    let fee_rate = match random.below(3) {
        0 => random.one_of(&["0", "0.1", "0.2", "1"]).to_owned(),
        1 => format!("0.{:02}", random.below(50)),
        _ => format!("0.{:06}", random.below(1_000_000)),
    };
    let coefficient = match random.below(4) {
        0 => random.one_of(&["0.8", "0.75", "0", "1.999999"]).to_owned(),
        _ => "1".to_owned(),
    };
    let prefix = random.one_of(&["A", "a", "订单-", ""]);
    Order {
        id: format!("{prefix}{at}"),
        member: format!("u{}", random.below(1000)),
        power,
        fee_rate,
        coefficient,
    }
}
