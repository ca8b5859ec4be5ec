//! How long a split takes an order, and a day's release a line, on one core: minimum and median of
//! the rounds. `cargo bench -p paydirt-earnings --bench split`
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    clippy::disallowed_types,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement"
)]

use std::hint::black_box;
use std::time::Instant;

use paydirt_earnings::{Claim, Oversold, Part, Rules, Steps, Whole, decompose};
use paydirt_money::{Amount, Coefficient, Coin, FeeRate, PoolPower, Power};
use rust_decimal::Decimal;

/// 237.098 FIL.
const INCOME: i64 = 237_098_000_000;
const MILLION: usize = 1_000_000;
const DAYS: u32 = 180;

fn main() {
    let book = Book::of(10 * MILLION);
    let mut memory = Memory::default();
    println!(
        "split{:>41} {:>8} {:>8} ns/order",
        "orders", "min", "median"
    );
    let mut million = Times::default();
    for orders in [10_000, 100_000, MILLION, 10 * MILLION] {
        let (claims, whole) = (&book.claims[..orders], book.whole(orders));
        let times = Times::of(orders, || memory.split(INCOME, claims, whole));
        times.print("three quarters of a pool's power", orders);
        if orders == MILLION {
            million = times;
        }
    }
    let (claims, orders) = (&book.claims, 10 * MILLION);
    let whole = book.whole(orders);
    let new = Times::of(orders, || Memory::default().split(INCOME, claims, whole));
    new.print("the same into new memory", orders);

    println!(
        "\nsplit{:>41} {:>8} {:>8} ns/order, and how much more",
        "orders", "min", "median"
    );
    let claims = &book.claims[..MILLION];
    let whole = book.whole(MILLION);
    let alike = vec![claims[0]; MILLION];
    for (what, income, claims, whole) in [
        ("by the sum of weights", INCOME, claims, Whole::Sold),
        ("orders all alike", INCOME, &alike, Whole::Sold),
        ("products beyond 128 bits", INCOME << 20, claims, whole),
        ("the wide path", i64::MAX, claims, whole),
    ] {
        let times = Times::of(MILLION, || memory.split(income, claims, whole));
        times.compare(what, MILLION, million);
    }
    let decimals = Decimals::of(claims, whole);
    Times::of(MILLION, || decimals.split()).compare("by rust_decimal", MILLION, million);
    releases();
}

/// Of some rounds, in ns an item.
#[derive(Clone, Copy, Default)]
struct Times {
    min: f64,
    median: f64,
}

impl Times {
    fn of<T>(items: usize, mut work: impl FnMut() -> T) -> Times {
        let rounds = (20 * MILLION / items).clamp(7, 201);
        let mut times: Vec<f64> = (0..rounds)
            .map(|_| {
                let begun = Instant::now();
                black_box(work());
                begun.elapsed().as_secs_f64() * 1e9 / items as f64
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let (min, median) = (times[0], times[times.len() / 2]);
        Times { min, median }
    }

    fn print(self, what: &str, items: usize) {
        println!(
            "{what:<34} {items:>11} {:>8.2} {:>8.2}",
            self.min, self.median
        );
    }

    fn compare(self, what: &str, items: usize, with: Times) {
        let (min, median) = (self.min / with.min, self.median / with.median);
        println!(
            "{what:<34} {items:>11} {:>8.2} {:>8.2}  x {min:.1}, x {median:.1}",
            self.min, self.median
        );
    }
}

/// The parts of the round before, whose memory is used again.
#[derive(Default)]
struct Memory(Vec<Part>);

impl Memory {
    fn split(&mut self, income: i64, claims: &[Claim], whole: Whole) -> i64 {
        let income = Amount::from_units(income, Coin::FIL);
        let spare = std::mem::take(&mut self.0);
        let shared = Rules::CURRENT
            .share_reusing(spare, income, claims, whole, Oversold::Refuse)
            .unwrap();
        self.0 = shared.parts;
        shared.net.units()
    }
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

struct Book {
    claims: Vec<Claim>,
}

impl Book {
    /// Powers up to 100 TiB, one in five of a coefficient of 0.8, fees up to 30 %.
    fn of(orders: usize) -> Book {
        let mut random = Random(7);
        let mut claim = || Claim {
            power: Power::from_bytes(random.below(100 << 40)).unwrap(),
            coefficient: match random.below(5) {
                0 => Coefficient::parse("0.8").unwrap(),
                _ => Coefficient::ONE,
            },
            fee_rate: FeeRate::from_millionths(10_000 * random.below(31) as u32).unwrap(),
        };
        let claims = (0..orders).map(|_| claim()).collect();
        Book { claims }
    }

    /// Of which the first orders are three quarters.
    fn whole(&self, orders: usize) -> Whole {
        let sold: u128 = self.claims[..orders].iter().map(Claim::weight).sum();
        Whole::Pool(PoolPower::from_bytes(sold / 750_000).unwrap())
    }
}

/// The same split with 96-bit decimals: what they round is not looked at.
struct Decimals {
    rows: Vec<[Decimal; 2]>,
    whole: Decimal,
}

impl Decimals {
    fn of(claims: &[Claim], whole: Whole) -> Decimals {
        let Whole::Pool(power) = whole else {
            unreachable!("the whole of this measurement is a pool's")
        };
        let row = |claim: &Claim| {
            let coefficient = Decimal::new(claim.coefficient.millionths().cast_signed(), 6);
            let fee = Decimal::new(i64::from(claim.fee_rate.millionths()), 6);
            [Decimal::from(claim.power.bytes()) * coefficient, fee]
        };
        Decimals {
            rows: claims.iter().map(row).collect(),
            whole: Decimal::from(power.bytes()),
        }
    }

    fn split(&self) -> Vec<[Decimal; 2]> {
        let income = Decimal::new(INCOME, 9);
        let unit = Decimal::new(1, 9);
        let exact = |weight: Decimal| income * weight / self.whole;
        let mut sold = Decimal::ZERO;
        let mut floors = Decimal::ZERO;
        let mut grosses = Vec::with_capacity(self.rows.len());
        let mut rests = Vec::with_capacity(self.rows.len());
        for (at, [weight, _]) in self.rows.iter().enumerate() {
            let exact = exact(*weight);
            let floor = exact.trunc_with_scale(9);
            sold += weight;
            floors += floor;
            rests.push((exact - floor, at));
            grosses.push(floor);
        }
        let missing = (exact(sold).trunc_with_scale(9) - floors) / unit;
        let missing = usize::try_from(missing.round()).unwrap();
        rests.select_nth_unstable_by(missing, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, at) in &rests[..missing] {
            grosses[*at] += unit;
        }
        let rows = grosses.iter().zip(&self.rows);
        rows.map(|(gross, [_, rate])| [*gross, (gross * rate).trunc_with_scale(9)])
            .collect()
    }
}

/// The release of one day: of each of 180 days before, a million lines.
fn releases() {
    let mut random = Random(11);
    let lines =
        (0..MILLION).map(|_| decompose(random.below(2_000_000_000).cast_signed(), DAYS).unwrap());
    let (quotients, remainders): (Vec<i64>, Vec<u16>) = lines.unzip();
    let all: Vec<Vec<u16>> = (0..DAYS).map(|_| remainders.clone()).collect();
    let mut sums = vec![0_i64; MILLION];
    let lines = MILLION * DAYS as usize;
    println!(
        "\nrelease of a day{:>30} {:>8} {:>8} ns/line",
        "lines", "min", "median"
    );
    let steps = |day| Steps::new(day, day + 1, DAYS).unwrap();
    Times::of(lines, || {
        sums.fill(0);
        for (day, remainders) in (0..).zip(&all) {
            steps(day).add(&quotients, remainders, &mut sums).unwrap();
        }
    })
    .print("quotients and remainders", lines);
    Times::of(lines, || {
        sums.fill(0);
        for (day, remainders) in (0..).zip(&all) {
            steps(day).add_remainders(remainders, &mut sums).unwrap();
        }
    })
    .print("remainders alone", lines);
}
