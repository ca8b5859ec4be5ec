//! What is done with a storage pool's books now and then, on SQLite and PostgreSQL, in seconds:
//! `cargo bench -p paydirt-books --bench pool -- [MEMBERS] [days=DAYS] [DATABASE]`
//!
//! - *opening*: balances, an amount that a stream collected, and two vesting parts a member.
//! - *transfer*: what was collected of all members.
//! - *days*: each day's release and lines posted, a line a member, vesting over 180 days.
//! - *verify*: all of it computed again.
//! - *statistics*: of all days, computed; *report*: read.
//! - *earning*, *vesting_by_day*: a member's rows of these views.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement"
)]

use std::time::Instant;

use paydirt_books::{
    Account, Books, CHUNK, Computed, Credit, CreditTo, Entry, Holding, Line, MemberData,
    MemberNumber, NewOpening, NewRelease, NewSettlement, NewVersion, OpeningBalance, OpeningPart,
    OpeningTotals, Pool, RateChunk, SettlementKind, StreamNumber, VersionCause, VersionNumber,
    Vesting, VestingChunk,
};
use paydirt_ledger::{MemberId, PoolId};
use paydirt_money::{BaseUnits, Coin, FeeRate, Power};
use paydirt_schedule::{Day, Timestamp};
use paydirt_testkit::PostgresServer;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

const BY: &str = "bench";
const STEPS: u32 = 180;
const GROSS: i64 = 1_000_003;
const FEE: i64 = 200_000;
/// What a part that was opened with is of.
const OPENED: i64 = 1_000_007;
/// A quarter at once.
const TOTAL: i64 = (GROSS - FEE) - (GROSS - FEE) / 4;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let days = words
        .iter()
        .find_map(|word| word.strip_prefix("days=")?.parse().ok());
    let (members, days) = (number.unwrap_or(100_000), days.unwrap_or(10));
    let named = ["sqlite", "postgres"].map(|name| words.iter().any(|word| word == name));
    let both = named == [false, false];
    println!("{members} members, {days} days");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if named[0] || both {
            let directory = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", directory.path().join("books.db").display());
            measure("sqlite", &url, members, days).await;
        }
        if named[1] || both {
            let server = PostgresServer::start().await.unwrap();
            measure("postgres", &server.url(), members, days).await;
        }
    });
}

fn first_day() -> Day {
    "2026-01-01".parse().unwrap()
}

fn at(day: Day) -> Timestamp {
    Timestamp::from_ms(i64::from(day.days_since_epoch()) * 86_400_000)
}

struct Scene {
    database: &'static str,
    books: Books,
    pool: Pool,
    stream: StreamNumber,
    members: Vec<MemberNumber>,
    versions: Vec<VersionNumber>,
}

impl Scene {
    fn tell(&self, what: &str, begun: Instant) {
        println!(
            "{:<9} {what:<11} {:9.3}",
            self.database,
            begun.elapsed().as_secs_f64()
        );
    }
}

async fn measure(database: &'static str, url: &str, members: usize, days: i32) {
    let scene = fill(database, url, members).await;
    open(&scene).await;
    transfer(&scene).await;
    let begun = Instant::now();
    for place in 0..days {
        let day = first_day().checked_add_days(place).unwrap();
        settle(&scene, day).await;
        release(&scene, day, u32::try_from(place).unwrap()).await;
    }
    scene.tell("days", begun);
    let begun = Instant::now();
    let mut session = scene.books.look().await.unwrap();
    let verified = session
        .verify_ledger(&scene.pool.id, &mut |_| ())
        .await
        .unwrap();
    assert_eq!(verified.difference, None);
    scene.tell("verify", begun);
    drop(session);
    statistics(&scene, days).await;
    for (view, member) in [("earning", "m00000017"), ("vesting_by_day", "m00000017")] {
        let sql = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {view} WHERE member = '{member}'");
        let begun = Instant::now();
        let rows = raw(url, &sql).await;
        scene.tell(&format!("{view} ({rows} rows)"), begun);
    }
    scene.books.close().await;
}

async fn raw(url: &str, sql: &str) -> String {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite") {
        let mut on = SqliteConnection::connect(url).await.unwrap();
        let (text,): (String,) = sqlx::query_as(sql).fetch_one(&mut on).await.unwrap();
        return text;
    }
    let mut on = PgConnection::connect(url).await.unwrap();
    let (text,): (String,) = sqlx::query_as(sql).fetch_one(&mut on).await.unwrap();
    text
}

/// Members and an order each, in the numbers' order.
async fn fill(database: &'static str, url: &str, members: usize) -> Scene {
    let books = Books::connect(url).await.unwrap();
    books.migrate().await.unwrap();
    let mut session = books.begin().await.unwrap();
    session
        .allow(std::time::Duration::from_secs(600))
        .await
        .unwrap();
    let now = at(first_day());
    let id = PoolId::new("space");
    let pool = session
        .open_pool(&id, Coin::FIL, first_day(), now)
        .await
        .unwrap();
    let stream = session.open_stream(pool.number, "mainnet").await.unwrap();
    let named = |n: usize| MemberData {
        code: MemberId::new(format!("m{n:08}")),
        name: None,
        phone: None,
    };
    let named: Vec<MemberData> = (0..members).map(named).collect();
    let numbers = session.add_members(&named, now).await.unwrap();
    let ids: Vec<String> = (0..members).map(|n| format!("order-{n:08}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let orders = session.add_orders(pool.number, &ids).await.unwrap();
    let version = |n: usize| NewVersion {
        order: orders[n],
        holding: Holding {
            member: numbers[n],
            power: Power::from_bytes(1_000_000_000).unwrap(),
            fee_rate: FeeRate::parse("0.2").unwrap(),
            coefficient: None,
            start: first_day(),
            end: None,
            streams: None,
        },
        valid_from: first_day(),
        cause: VersionCause::Import,
        import: None,
        note: None,
    };
    let versions: Vec<NewVersion> = (0..members).map(version).collect();
    let versions = session
        .add_versions(pool.number, &versions, now, BY)
        .await
        .unwrap();
    session.commit().await.unwrap();
    Scene {
        database,
        books,
        pool,
        stream,
        members: numbers,
        versions,
    }
}

async fn open(scene: &Scene) {
    let before = first_day().prev().unwrap();
    let balance = |member: &MemberNumber| OpeningBalance {
        member: *member,
        available: 5,
        frozen: 0,
        paid: 7,
        receivable: 0,
        to_transfer: vec![(scene.stream, 9)],
    };
    let balances: Vec<OpeningBalance> = scene.members.iter().map(balance).collect();
    let part = |member: &MemberNumber, done: u32| OpeningPart {
        member: *member,
        stream: scene.stream,
        day: before.checked_add_days(-(done as i32)).unwrap(),
        total: OPENED,
        steps: STEPS,
        done,
    };
    let parts: Vec<OpeningPart> = scene
        .members
        .iter()
        .flat_map(|member| [part(member, 30), part(member, 90)])
        .collect();
    let count = i64::try_from(scene.members.len()).unwrap();
    let controls = OpeningTotals {
        available: 5 * count,
        vesting: parts.iter().map(OpeningPart::unvested).sum(),
        paid: 7 * count,
        to_transfer: [(scene.stream, 9 * count)].into(),
        ..OpeningTotals::default()
    };
    let new = NewOpening {
        file: "old.csv",
        digest: [0; 32],
        balances: &balances,
        parts: &parts,
        controls: &controls,
        at: at(first_day()),
        by: BY,
    };
    let begun = Instant::now();
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.pool.id).await.unwrap();
    session
        .post_opening(&mut locked, &new, &mut |_, _| ())
        .await
        .unwrap();
    session.commit().await.unwrap();
    scene.tell("opening", begun);
}

async fn transfer(scene: &Scene) {
    let begun = Instant::now();
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.pool.id).await.unwrap();
    let (day, now) = (first_day(), at(first_day()));
    let done = session
        .transfer(&mut locked, scene.stream, day, BY, now)
        .await
        .unwrap();
    assert_eq!(done.unwrap().members, scene.members.len() as u64);
    session.commit().await.unwrap();
    scene.tell("transfer", begun);
}

async fn settle(scene: &Scene, day: Day) {
    let line = |version: &VersionNumber| Line {
        version: *version,
        gross: GROSS,
        fee: FEE,
    };
    let lines: Vec<Line> = scene.versions.iter().map(line).collect();
    let credit = |member: &MemberNumber| Credit {
        member: *member,
        now: GROSS - FEE - TOTAL,
        vesting: TOTAL,
    };
    let credits: Vec<Credit> = scene.members.iter().map(credit).collect();
    let count = i64::try_from(lines.len()).unwrap();
    let [net, fee, vesting] = [GROSS - FEE, FEE, TOTAL].map(|each| each * count);
    let entries = [
        Entry::of_pool(Account::Income, -(net + fee)),
        Entry::of_pool(Account::Fees, fee),
        Entry::of_pool(Account::Available, net - vesting),
        Entry::of_pool(Account::Vesting, vesting),
    ];
    let new = NewSettlement {
        stream: scene.stream,
        day,
        computed: computed(day, net, fee, vesting, lines.len()),
        items: &[],
        lines: &lines,
        credits: &credits,
        to: CreditTo::Available,
        entries: &entries,
        at: at(day),
        by: BY,
        cause: format!("{day}"),
    };
    let mut session = scene.books.begin().await.unwrap();
    session
        .allow(std::time::Duration::from_secs(600))
        .await
        .unwrap();
    let mut locked = session.lock_pool(&scene.pool.id).await.unwrap();
    let settlement = session.post_settlement(&mut locked, &new).await.unwrap();
    let row = Vesting {
        settlement,
        day,
        steps: STEPS,
        steps_done: 0,
        dates: None,
    };
    let steps = i64::from(STEPS);
    let same_chunk = |a: &VersionNumber, b: &VersionNumber| chunk_of(*a) == chunk_of(*b);
    let chunk = |versions: &[VersionNumber]| VestingChunk {
        first: versions[0],
        remainders: vec![(TOTAL % steps) as u16; versions.len()],
        quotients: vec![TOTAL / steps; versions.len()],
    };
    let chunks: Vec<VestingChunk> = scene.versions.chunk_by(same_chunk).map(chunk).collect();
    session
        .add_vesting(scene.stream, &row, vesting, &chunks)
        .await
        .unwrap();
    session.commit().await.unwrap();
}

fn computed(day: Day, net: i64, fee: i64, vesting: i64, members: usize) -> Computed {
    let nothing = BaseUnits::new(0);
    let terms = format!(
        "{{\"coefficient\": \"1\", \"credit\": \"available\", \"vesting\": \
         {{\"immediate_millionths\": 250000, \"steps\": {STEPS}, \"dates\": null}}}}"
    );
    Computed {
        kind: SettlementKind::Day,
        begins_at: at(day),
        ends_at: at(day.next().unwrap()),
        zone: "UTC".into(),
        rule: 1,
        terms,
        items: nothing,
        deductions: nothing,
        carried_in: nothing,
        carried_out: nothing,
        loss_in: nothing,
        loss_out: nothing,
        loss: nothing,
        income: net + fee,
        net,
        fee,
        retained: 0,
        immediate: net - vesting,
        pool_power: None,
        sold: 1 << 60,
        whole: 1 << 60,
        members: members as u64,
        reason: None,
    }
}

/// floor(T * k / n)
fn released(total: i64, k: u32) -> i64 {
    total * i64::from(k) / i64::from(STEPS)
}

/// What vests on the day after so many.
async fn release(scene: &Scene, day: Day, before: u32) {
    let mut session = scene.books.begin().await.unwrap();
    session
        .allow(std::time::Duration::from_secs(600))
        .await
        .unwrap();
    let mut locked = session.lock_pool(&scene.pool.id).await.unwrap();
    let holders = session.vesting_holders(0..i64::MAX).await.unwrap();
    // A step of each day before; of what was opened with, the next.
    let own = released(TOTAL, before);
    let next = |done: u32| released(OPENED, done + before + 1) - released(OPENED, done + before);
    let opened = next(30) + next(90);
    let is_own = |version: &VersionNumber| version.get() <= scene.versions.len() as i64;
    let part = |version: &VersionNumber| (*version, if is_own(version) { own } else { opened });
    let parts: Vec<(VersionNumber, i64)> = holders.keys().map(part).collect();
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(_, amount)| *amount > 0)
        .collect();
    let credit = |member: &MemberNumber| Credit {
        member: *member,
        now: own + opened,
        vesting: -own - opened,
    };
    let credits: Vec<Credit> = scene.members.iter().map(credit).collect();
    let new = NewRelease {
        stream: scene.stream,
        day,
        parts: &parts,
        credits: &credits,
        to: CreditTo::Available,
        at: at(day),
        by: BY,
    };
    session.post_release(&mut locked, &new).await.unwrap();
    let steps = i64::from(STEPS);
    let rate = |version: &VersionNumber| match is_own(version) {
        true => i64::from(before) * (TOTAL / steps),
        false => 2 * (OPENED / steps),
    };
    let same_chunk = |a: &(VersionNumber, MemberNumber), b: &(VersionNumber, MemberNumber)| {
        chunk_of(a.0) == chunk_of(b.0)
    };
    let holders: Vec<(VersionNumber, MemberNumber)> = holders.into_iter().collect();
    let chunk = |holders: &[(VersionNumber, MemberNumber)]| RateChunk {
        first: holders[0].0,
        members: holders.iter().map(|(_, member)| member.get()).collect(),
        quotients: holders.iter().map(|(version, _)| rate(version)).collect(),
    };
    let chunks: Vec<RateChunk> = holders.chunk_by(same_chunk).map(chunk).collect();
    session
        .set_vesting_rates(scene.stream, &chunks)
        .await
        .unwrap();
    let open = session.open_vestings(scene.stream).await.unwrap();
    let done: Vec<_> = open
        .iter()
        .map(|it| (it.settlement, it.steps_by(day)))
        .collect();
    session.set_steps_done(&done).await.unwrap();
    session.commit().await.unwrap();
}

fn chunk_of(version: VersionNumber) -> i64 {
    version.get() / i64::try_from(CHUNK).unwrap()
}

async fn statistics(scene: &Scene, days: i32) {
    let pool = scene.pool.number;
    let mut session = scene.books.begin().await.unwrap();
    let begun = Instant::now();
    let (from, now) = (first_day(), at(first_day()));
    let count = session
        .restate_statistics(pool, scene.stream, from, now)
        .await
        .unwrap();
    scene.tell(&format!("statistics of {count} days"), begun);
    session.commit().await.unwrap();
    let mut session = scene.books.look().await.unwrap();
    let begun = Instant::now();
    let to = from.checked_add_days(days).unwrap();
    let read = session.daily_statistics(pool, from, to).await.unwrap();
    scene.tell(&format!("report of {} days", read.len()), begun);
}
