//! Days corrected up and down at random times, in between releases and withdrawals, against a plain
//! model: what each member was given and has coming is what its newest lines say.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "amounts of this test are small"
)]

use std::collections::BTreeMap;

use paydirt_ledger::MemberId;
use paydirt_money::{BaseUnits, FeeRate, Power};
use paydirt_settlement::{OrderOverride, Overrides};

use crate::correcting::{try_correct, withdraw_all};
use crate::history::adds_up;
use crate::scene::{Kind, Scene, day, linear, order};

const UNIT: u128 = 1_000_000_000;
const TIB: u128 = 1 << 40;
const WHOLE: u128 = 100 * TIB;
/// Settled days, and days after them on which something may still vest.
const DAYS: i32 = 8;

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// How lines vest: so much at once (millionths), the rest in so many steps.
#[derive(Clone, Copy)]
struct Terms {
    rate: i64,
    steps: i64,
}

impl Terms {
    fn total(&self, net: i64) -> i64 {
        match self.steps {
            0 => 0,
            _ => net - (i128::from(net) * i128::from(self.rate) / 1_000_000) as i64,
        }
    }

    /// What a line of this net amount would have given after k steps.
    fn given(&self, net: i64, k: i64) -> i64 {
        let total = self.total(net);
        net - total + released(total, k, self.steps)
    }
}

fn released(total: i64, k: i64, n: i64) -> i64 {
    match n {
        0 => 0,
        _ => (i128::from(total) * i128::from(k.min(n)) / i128::from(n)) as i64,
    }
}

/// A line: what was given of it, and how the rest goes on.
#[derive(Clone, Copy, Default)]
struct Line {
    net: i64,
    given: i64,
    /// Steps that are done, and T by which the others are.
    done: i64,
    total: i64,
}

impl Line {
    fn step(&mut self, k: i64, terms: Terms) {
        let k = k.min(terms.steps);
        self.given +=
            released(self.total, k, terms.steps) - released(self.total, self.done, terms.steps);
        self.done = k;
    }

    /// What it gives or takes at once.
    fn correct(&mut self, net: i64, k: i64, terms: Terms) -> i64 {
        let before = self.given;
        let own = terms.given(net, k);
        self.given = match net >= self.net {
            true => before.max(own),
            false => before.min(net),
        };
        let rest = net - self.given;
        self.net = net;
        self.done = k.min(terms.steps);
        let left = terms.steps - self.done;
        self.total = match left {
            0 => self.total,
            _ if self.given == own => terms.total(net),
            _ => (i128::from(rest) * i128::from(terms.steps) / i128::from(left)) as i64,
        };
        self.given - before
    }
}

#[derive(Clone)]
struct Order {
    member: &'static str,
    power: u128,
    fee: i64,
}

/// A day as it is stated.
#[derive(Clone)]
struct Day {
    income: u128,
    carried_in: i128,
    orders: BTreeMap<String, Order>,
    /// By order and member: an order that goes to another member is two lines.
    lines: BTreeMap<(String, &'static str), Line>,
    carried_out: i128,
}

impl Day {
    /// Net amounts by order, by the rule: floors, and the units missing to the largest remainders.
    fn split(&mut self) -> BTreeMap<(String, &'static str), i64> {
        let base = i128::try_from(self.income).unwrap() + self.carried_in;
        let (income, carried) = match base < 0 {
            true => (0, 0),
            false => (base / UNIT as i128, base % UNIT as i128),
        };
        self.carried_out = carried;
        let income = income as u128;
        let mut shares: Vec<(&String, u128, u128)> = Vec::new();
        let mut weights = 0;
        for (id, order) in &self.orders {
            let product = income * order.power;
            shares.push((id, product / WHOLE, product % WHOLE));
            weights += order.power;
        }
        let due = income * weights / WHOLE;
        let mut missing = due - shares.iter().map(|(_, floor, _)| floor).sum::<u128>();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by(|a, b| {
            shares[*b]
                .2
                .cmp(&shares[*a].2)
                .then(shares[*a].0.cmp(shares[*b].0))
        });
        for place in order {
            if missing > 0 {
                shares[place].1 += 1;
                missing -= 1;
            }
        }
        let net = |(id, gross, _): &(&String, u128, u128)| {
            let of = &self.orders[*id];
            let fee = (*gross as i128 * i128::from(of.fee) / 1_000_000) as i64;
            (((*id).clone(), of.member), *gross as i64 - fee)
        };
        shares.iter().map(net).collect()
    }
}

/// What members were given in all, and the books that must say the same.
struct World {
    scene: Scene,
    terms: Terms,
    random: Random,
    days: BTreeMap<i32, Day>,
    paid: BTreeMap<&'static str, i64>,
    /// Of corrections that no settled day carries yet.
    carry: i128,
}

const MEMBERS: [&str; 3] = ["u1", "u2", "u3"];

fn on(n: i32) -> String {
    day("2026-11-01").checked_add_days(n).unwrap().to_string()
}

impl World {
    async fn new(kind: Kind, seed: u64) -> Self {
        let mut random = Random(seed);
        let terms = Terms {
            rate: [0, 250_000, 333_333][random.below(3) as usize],
            steps: [0, 1, 3, 5][random.below(4) as usize],
        };
        let mut scene = Scene::new(kind).await;
        if terms.steps > 0 {
            let rate = format!("0.{:06}", terms.rate);
            scene.terms.streams[0].vesting = Some(linear(&rate, terms.steps as u32));
        }
        let orders = [
            order("A1", "u1", "7 TiB", "0.1"),
            order("A2", "u2", "11 TiB", "0.2"),
            order("A3", "u2", "3 TiB", "0"),
            order("A4", "u3", "13 TiB", "0.05"),
        ];
        scene.orders(&orders).await;
        let paid = MEMBERS.map(|member| (member, 0)).into();
        Self {
            scene,
            terms,
            random,
            days: BTreeMap::new(),
            paid,
            carry: 0,
        }
    }

    fn orders() -> BTreeMap<String, Order> {
        let order = |id: &str, member, tib: u128, fee| {
            let power = tib * TIB;
            (id.to_owned(), Order { member, power, fee })
        };
        [
            order("A1", "u1", 7, 100_000),
            order("A2", "u2", 11, 200_000),
            order("A3", "u2", 3, 0),
            order("A4", "u3", 13, 50_000),
        ]
        .into()
    }

    fn amount(&mut self) -> u128 {
        match self.random.below(6) {
            0 => 0,
            1 => u128::from(self.random.below(50)) * UNIT,
            _ => {
                u128::from(self.random.below(1_000_000)) * UNIT
                    + u128::from(self.random.next() % 1_000_000_000)
            }
        }
    }

    /// Day n is over: it is settled, if it is one of the pool's, and what vests is released.
    async fn pass(&mut self, n: i32) {
        self.scene.set(day(&on(n)), 600);
        let income = match n < DAYS {
            true => self.amount(),
            false => 0,
        };
        self.scene.record("mainnet", day(&on(n)), income).await;
        self.scene.power(&on(n), "100 TiB").await;
        self.scene.set(day(&on(n + 1)), 15);
        self.scene.settle().await;
        for (earned, day) in &mut self.days {
            for line in day.lines.values_mut() {
                line.step(i64::from(n - earned), self.terms);
            }
        }
        let before = self.days.values().next_back();
        let carried_in = before.map_or(0, |day| day.carried_out) + self.carry;
        self.carry = 0;
        let mut day = Day {
            income,
            carried_in,
            orders: Self::orders(),
            lines: BTreeMap::new(),
            carried_out: 0,
        };
        for (key, net) in day.split() {
            let given = self.terms.given(net, 0);
            let total = self.terms.total(net);
            day.lines.insert(
                key,
                Line {
                    net,
                    given,
                    done: 0,
                    total,
                },
            );
        }
        self.days.insert(n, day);
    }

    async fn correct(&mut self, today: i32) {
        let n = self.random.below(u64::from(today.unsigned_abs()) + 1) as i32;
        let mut day = self.days[&n].clone();
        let mut overrides = Overrides::default();
        if self.random.below(3) > 0 {
            let income = self.amount();
            overrides.income = Some(BaseUnits::new(income));
            day.income = income;
        }
        let ids: Vec<String> = Self::orders().into_keys().collect();
        for id in ids {
            match self.random.below(8) {
                0 if day.orders.remove(&id).is_some() => overrides.without.push(id),
                1 => self.override_order(&mut day, &mut overrides, id),
                _ => {}
            }
        }
        let nets = day.split();
        let posted = try_correct(&self.scene, &on(n), &overrides, true).await;
        if let Err(error) = posted {
            let text = error.to_string();
            assert!(
                text.contains("nothing to correct") || text.contains("counted so"),
                "{text}"
            );
            return;
        }
        let k = i64::from(today - n);
        for (key, line) in &mut day.lines {
            if !nets.contains_key(key) {
                line.correct(0, k, self.terms);
            }
        }
        for (key, net) in nets {
            let line = day.lines.entry(key).or_default();
            line.correct(net, k, self.terms);
        }
        self.carry += match self.days.keys().next_back() {
            Some(last) if *last == n => 0,
            _ => day.carried_out - self.days[&n].carried_out,
        };
        self.days.insert(n, day);
    }

    fn override_order(&mut self, day: &mut Day, overrides: &mut Overrides, id: String) {
        let mut is = day
            .orders
            .get(&id)
            .cloned()
            .unwrap_or_else(|| Self::orders()[&id].clone());
        let mut of = OrderOverride {
            order: id.clone(),
            ..OrderOverride::default()
        };
        let tib = 1 + self.random.below(15);
        (is.power, of.power) = (
            u128::from(tib) * TIB,
            Some(Power::parse(&format!("{tib} TiB")).unwrap()),
        );
        let fee = self.random.below(1_000_001);
        (is.fee, of.fee_rate) = (
            fee as i64,
            Some(FeeRate::from_millionths(fee as u32).unwrap()),
        );
        if self.random.below(2) == 0 {
            is.member = MEMBERS[self.random.below(3) as usize];
            of.member = Some(MemberId::new(is.member));
        } else if !day.orders.contains_key(&id) {
            is.member = Self::orders()[&id].member;
        }
        day.orders.insert(id, is);
        overrides.orders.push(of);
    }

    async fn check(&self, what: &str) {
        for member in MEMBERS {
            let lines = self.days.values().flat_map(|day| &day.lines);
            let own = lines.filter(|((_, whose), _)| *whose == member);
            let (given, coming) = own.fold((0, 0), |(given, coming), (_, line)| {
                (given + line.given, coming + line.net - line.given)
            });
            let has = self.scene.balance(member).await;
            assert_eq!(
                (
                    has.available + self.paid[member] - has.receivable,
                    has.vesting
                ),
                (given, coming),
                "{member} after {what}"
            );
            assert!(
                has.available == 0 || has.receivable == 0,
                "{member} after {what}: {has:?}"
            );
        }
        self.scene.verify_ledger().await;
        self.scene.verify().await;
        let today = self.days.keys().next_back().copied().unwrap_or_default();
        let span = (day(&on(today - 2)), day(&on(today)));
        adds_up(&self.scene, span, what).await;
    }

    async fn run(mut self, seed: u64) {
        let end = DAYS + self.terms.steps as i32 + 1;
        for n in 0..end {
            self.pass(n).await;
            self.check(&format!("day {n}, seed {seed}")).await;
            for turn in 0..self.random.below(3) {
                if self.random.below(3) == 0 {
                    let member = MEMBERS[self.random.below(3) as usize];
                    *self.paid.get_mut(member).unwrap() += withdraw_all(&self.scene, member).await;
                } else {
                    self.correct(n).await;
                }
                self.check(&format!("turn {turn} of day {n}, seed {seed}"))
                    .await;
            }
        }
        // What was overridden on the last days may have begun to vest.
        for n in end..end + self.terms.steps as i32 {
            self.pass(n).await;
        }
        self.check(&format!("the end, seed {seed}")).await;
        for member in MEMBERS {
            assert_eq!(
                self.scene.balance(member).await.vesting,
                0,
                "{member}, seed {seed}"
            );
        }
    }
}

async fn corrections_at_any_time_end_at_the_newest_lines(kind: Kind) {
    let long = std::env::var_os("PAYDIRT_LONG").is_some();
    let given = std::env::var("PAYDIRT_SEED")
        .ok()
        .map(|seed| seed.parse().unwrap());
    let runs: u64 = match (given, kind, long) {
        (Some(_), _, _) => 1,
        (_, _, true) => 60,
        (_, Kind::Sqlite, _) => 6,
        (_, Kind::Postgres, _) => 2,
    };
    let first = given.unwrap_or_else(|| u64::from(std::process::id()) << 16);
    for seed in first..first + runs {
        println!("repeat with PAYDIRT_SEED={seed}");
        World::new(kind, seed).await.run(seed).await;
    }
}

on_both!(corrections_at_any_time_end_at_the_newest_lines);
