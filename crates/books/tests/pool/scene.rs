//! A pool in new books, and days of it that a test makes up: posted as the settling crate does, by
//! the simplest code that is right.

use std::collections::BTreeMap;

use paydirt_books::{
    Account, Balance, Books, Computed, Credit, CreditTo, Entry, Holding, ItemKind, Line,
    LockedPool, MemberData, MemberNumber, NewItem, NewRelease, NewSettlement, NewVersion, Pool,
    RateChunk, Session, SettlementKind, SettlementNumber, StreamNumber, VersionCause,
    VersionNumber, Vesting, VestingChunk,
};
use paydirt_ledger::{MemberId, PoolId};
use paydirt_money::{BaseUnits, Coin, FeeRate, Power};
use paydirt_schedule::{Day, Timestamp};

use crate::home::{Home, Raw};

/// By whom everything is done.
pub(crate) const BY: &str = "test";

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The day of November 2026.
pub(crate) fn nov(number: u32) -> Day {
    Day::from_ymd(2026, 11, number).unwrap()
}

/// The beginning of a day in UTC.
pub(crate) fn midnight(day: Day) -> Timestamp {
    Timestamp::from_ms(i64::from(day.days_since_epoch()) * 86_400_000)
}

/// How a made-up day vests and where it goes.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) to: CreditTo,
    /// Millionths at once, and steps.
    pub(crate) vesting: Option<(i64, u32)>,
}

/// All at once, available.
pub(crate) const AT_ONCE: Terms = Terms {
    to: CreditTo::Available,
    vesting: None,
};

/// A pool "space" of FIL from 2026-11-01 on, its days those of UTC.
pub(crate) struct Scene {
    pub(crate) books: Books,
    pub(crate) pool: Pool,
    /// Dropped last: what the books live on.
    pub(crate) home: Home,
}

impl Scene {
    pub(crate) async fn new(home: Home) -> Self {
        let books = Books::connect(&home.url()).await.unwrap();
        books.migrate().await.unwrap();
        let mut session = books.begin().await.unwrap();
        let (id, first) = (PoolId::new("space"), nov(1));
        let pool = session
            .open_pool(&id, Coin::FIL, first, midnight(first))
            .await
            .unwrap();
        session.commit().await.unwrap();
        Self { books, pool, home }
    }

    pub(crate) async fn raw(&self) -> Raw {
        Raw::connect(&self.home).await
    }

    pub(crate) async fn begin(&self) -> (Session, LockedPool) {
        let mut session = self.books.begin().await.unwrap();
        let locked = session.lock_pool(&self.pool.id).await.unwrap();
        (session, locked)
    }

    pub(crate) async fn look(&self) -> Session {
        self.books.look().await.unwrap()
    }

    pub(crate) async fn stream(&self, name: &str) -> StreamNumber {
        let mut session = self.books.begin().await.unwrap();
        let stream = session.open_stream(self.pool.number, name).await.unwrap();
        session.commit().await.unwrap();
        stream
    }

    /// Members of these codes.
    pub(crate) async fn members(&self, codes: &[&str]) -> Vec<MemberNumber> {
        let mut session = self.books.begin().await.unwrap();
        let data = |code: &&str| MemberData {
            code: MemberId::new(*code),
            name: None,
            phone: None,
        };
        let members: Vec<MemberData> = codes.iter().map(data).collect();
        let added = session
            .add_members(&members, midnight(nov(1)))
            .await
            .unwrap();
        session.commit().await.unwrap();
        added
    }

    /// An order of so many TiB from the first day on.
    pub(crate) async fn order(&self, id: &str, member: MemberNumber, tib: u64) -> VersionNumber {
        let (mut session, _) = self.begin().await;
        let order = session.add_orders(self.pool.number, &[id]).await.unwrap()[0];
        let version = NewVersion {
            order,
            holding: Holding {
                member,
                power: Power::from_bytes(tib << 40).unwrap(),
                fee_rate: FeeRate::from_millionths(100_000).unwrap(),
                coefficient: None,
                start: nov(1),
                end: None,
                streams: None,
            },
            valid_from: nov(1),
            cause: VersionCause::Import,
            import: None,
            note: None,
        };
        let now = midnight(nov(1));
        let added = session
            .add_versions(self.pool.number, &[version], now, BY)
            .await
            .unwrap();
        session.commit().await.unwrap();
        added[0]
    }

    pub(crate) async fn balance(&self, member: MemberNumber) -> Balance {
        let mut session = self.look().await;
        session.balance(self.pool.number, member).await.unwrap()
    }

    /// Settles a day with these lines: version, its member, gross, fee.
    pub(crate) async fn settle(
        &self,
        stream: StreamNumber,
        on: Day,
        terms: Terms,
        lines: &[(VersionNumber, MemberNumber, i64, i64)],
    ) -> SettlementNumber {
        let (mut session, mut locked) = self.begin().await;
        let number = settle(&mut session, &mut locked, stream, on, terms, lines).await;
        session.commit().await.unwrap();
        number
    }

    /// Releases what vests of a stream on a day.
    pub(crate) async fn release(&self, stream: StreamNumber, on: Day, to: CreditTo) -> i64 {
        let (mut session, mut locked) = self.begin().await;
        let amount = release(&mut session, &mut locked, stream, on, to).await;
        session.commit().await.unwrap();
        amount
    }
}

fn immediate(net: i64, vesting: Option<(i64, u32)>) -> i64 {
    vesting.map_or(net, |(rate, _)| {
        i64::try_from(i128::from(net) * i128::from(rate) / 1_000_000).unwrap()
    })
}

/// floor(T * k / n)
pub(crate) fn released(total: i64, k: u32, n: u32) -> i64 {
    i64::try_from(i128::from(total) * i128::from(k) / i128::from(n)).unwrap()
}

async fn settle(
    session: &mut Session,
    locked: &mut LockedPool,
    stream: StreamNumber,
    on: Day,
    terms: Terms,
    given: &[(VersionNumber, MemberNumber, i64, i64)],
) -> SettlementNumber {
    let mut lines = Vec::new();
    let mut credits: BTreeMap<MemberNumber, (i64, i64)> = BTreeMap::new();
    let mut totals = Vec::new();
    for (version, member, gross, fee) in given {
        let line = Line {
            version: *version,
            gross: *gross,
            fee: *fee,
        };
        let now = immediate(line.net(), terms.vesting);
        let credit = credits.entry(*member).or_default();
        (credit.0, credit.1) = (credit.0 + now, credit.1 + line.net() - now);
        totals.push((*version, line.net() - now));
        lines.push(line);
    }
    let net: i64 = lines.iter().map(Line::net).sum();
    let fee: i64 = lines.iter().map(|line| line.fee).sum();
    let vesting: i64 = totals.iter().map(|(_, total)| total).sum();
    let (account, of) = match terms.to {
        CreditTo::Available => (Account::Available, None),
        CreditTo::Stream => (Account::ToTransfer, Some(stream)),
    };
    let retained = 1000;
    let entries = [
        Entry::of_pool(Account::Income, -(net + fee + retained)),
        Entry::of_pool(Account::Fees, fee),
        Entry::of_pool(Account::Retained, retained),
        Entry {
            stream: of,
            ..Entry::of_pool(account, net - vesting)
        },
        Entry::of_pool(Account::Vesting, vesting),
    ];
    let credits: Vec<Credit> = credits
        .iter()
        .filter(|(_, (now, vesting))| (*now, *vesting) != (0, 0))
        .map(|(member, (now, vesting))| Credit {
            member: *member,
            now: *now,
            vesting: *vesting,
        })
        .collect();
    let income = net + fee + retained;
    let item = NewItem {
        stream: Some(stream),
        day: on,
        earned_on: on,
        kind: ItemKind::Income,
        source: "entry".into(),
        amount: BaseUnits::new(u128::try_from(income).unwrap() * 1_000_000_000),
        evidence: None,
        note: None,
        by: BY.into(),
    };
    session
        .add_item(locked.pool.number, &item, midnight(on))
        .await
        .unwrap();
    let items = session.items_of_day(stream, on).await.unwrap();
    let new = NewSettlement {
        stream,
        day: on,
        computed: computed(on, terms, net, fee, retained, vesting, credits.len()),
        items: &items,
        lines: &lines,
        credits: &credits,
        to: terms.to,
        entries: &entries,
        at: midnight(on.next().unwrap()),
        by: BY,
        cause: format!("a made-up {on}"),
    };
    let number = session.post_settlement(locked, &new).await.unwrap();
    if let Some((_, steps)) = terms.vesting.filter(|_| vesting > 0) {
        let row = Vesting {
            settlement: number,
            day: on,
            steps,
            steps_done: 0,
            dates: None,
        };
        let chunks = chunks(&totals, steps);
        session
            .add_vesting(stream, &row, vesting, &chunks)
            .await
            .unwrap();
    }
    number
}

fn computed(
    on: Day,
    terms: Terms,
    net: i64,
    fee: i64,
    retained: i64,
    vesting: i64,
    members: usize,
) -> Computed {
    let nothing = BaseUnits::new(0);
    let vests = terms.vesting.map(|(rate, steps)| {
        serde_json::json!({"immediate_millionths": rate, "steps": steps, "dates": null})
    });
    let credit = match terms.to {
        CreditTo::Available => "available",
        CreditTo::Stream => "transfer",
    };
    let kept = serde_json::json!({
        "whole": "sold", "power_basis": null, "oversold": "refuse", "coefficient": "1",
        "losses": "book", "credit": credit, "vesting": vests,
    });
    let income = net + fee + retained;
    Computed {
        kind: SettlementKind::Day,
        begins_at: midnight(on),
        ends_at: midnight(on.next().unwrap()),
        zone: "UTC".into(),
        rule: 1,
        terms: kept.to_string(),
        items: BaseUnits::new(u128::try_from(income).unwrap() * 1_000_000_000),
        deductions: nothing,
        carried_in: nothing,
        carried_out: nothing,
        loss_in: nothing,
        loss_out: nothing,
        loss: nothing,
        income,
        net,
        fee,
        retained,
        immediate: net - vesting,
        pool_power: None,
        sold: 10 << 60,
        whole: 10 << 60,
        members: u64::try_from(members).unwrap(),
        reason: None,
    }
}

/// One chunk a line: the columns may be as short as that.
fn chunks(totals: &[(VersionNumber, i64)], steps: u32) -> Vec<VestingChunk> {
    let n = i64::from(steps);
    let vesting = totals.iter().filter(|(_, total)| *total > 0);
    let chunk = |(version, total): &(VersionNumber, i64)| VestingChunk {
        first: *version,
        remainders: vec![u16::try_from(total % n).unwrap()],
        quotients: vec![total / n],
    };
    vesting.map(chunk).collect()
}

async fn release(
    session: &mut Session,
    locked: &mut LockedPool,
    stream: StreamNumber,
    on: Day,
    to: CreditTo,
) -> i64 {
    let open = session.open_vestings(stream).await.unwrap();
    let mut parts: BTreeMap<VersionNumber, i64> = BTreeMap::new();
    let mut rates: BTreeMap<VersionNumber, i64> = BTreeMap::new();
    let mut done = Vec::new();
    for vesting in open {
        let steps = vesting.steps_by(on).max(vesting.steps_done);
        for chunk in session.vesting_chunks(&vesting).await.unwrap() {
            let versions = (chunk.first.get()..).map(VersionNumber::new);
            let columns = chunk.quotients.iter().zip(&chunk.remainders);
            for (version, (quotient, rest)) in versions.zip(columns) {
                let total = quotient * i64::from(vesting.steps) + i64::from(*rest);
                let by = |k| released(total, k, vesting.steps);
                *parts.entry(version).or_default() += by(steps) - by(vesting.steps_done);
                if steps > 0 && steps < vesting.steps && vesting.dates.is_none() {
                    *rates.entry(version).or_default() += quotient;
                } else {
                    rates.entry(version).or_default();
                }
            }
        }
        done.push((vesting.settlement, steps));
    }
    let holders = session.vesting_holders(0..i64::MAX).await.unwrap();
    let parts: Vec<(VersionNumber, i64)> = parts.into_iter().filter(|(_, it)| *it > 0).collect();
    let mut credits: BTreeMap<MemberNumber, i64> = BTreeMap::new();
    for (version, amount) in &parts {
        *credits.entry(holders[version]).or_default() += amount;
    }
    let credits: Vec<Credit> = credits
        .into_iter()
        .map(|(member, now)| Credit {
            member,
            now,
            vesting: -now,
        })
        .collect();
    let new = NewRelease {
        stream,
        day: on,
        parts: &parts,
        credits: &credits,
        to,
        at: midnight(on.next().unwrap()),
        by: BY,
    };
    let amount = session.post_release(locked, &new).await.unwrap();
    let chunk = rate_chunk(&rates, &holders);
    session.set_vesting_rates(stream, &chunk).await.unwrap();
    session.set_steps_done(&done).await.unwrap();
    amount
}

/// All versions of a test are in the first chunk.
fn rate_chunk(
    rates: &BTreeMap<VersionNumber, i64>,
    holders: &BTreeMap<VersionNumber, MemberNumber>,
) -> Vec<RateChunk> {
    let Some((first, _)) = rates.first_key_value() else {
        return Vec::new();
    };
    let last = rates.last_key_value().unwrap().0.get();
    let versions = (first.get()..=last).map(VersionNumber::new);
    let of = |version: VersionNumber| {
        let rate = rates.get(&version).copied().unwrap_or_default();
        let member = holders
            .get(&version)
            .filter(|_| rates.contains_key(&version));
        (member.map_or(0, |member| member.get()), rate)
    };
    let (members, quotients) = versions.map(of).unzip();
    vec![RateChunk {
        first: *first,
        members,
        quotients,
    }]
}
