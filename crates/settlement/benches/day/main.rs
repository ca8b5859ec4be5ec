//! A day of many members against the bare statements that it can't do without, on SQLite and
//! PostgreSQL in one run:
//! `cargo bench -p paydirt-settlement --bench day -- [MEMBERS] [sqlite|postgres] [plain]`
//!
//! - *bare*: one transaction that inserts a line a member (COPY in binary, or statements of 1000
//!   rows) and updates each balance in one statement.
//! - *posting*: what settling writes: lines, balances, entries, hashes.
//! - *day*: everything: orders read, split, posted, statistics; then, unless `plain`, the same with
//!   180 days vesting and a release, and the last day corrected: one order of it, and all. Its
//!   memory is what a process of its own came to for it, at most, as Linux tells it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::print_stdout,
    reason = "a measurement"
)]

mod bare;
mod correcting;
mod memory;

use std::ops::ControlFlow;
use std::time::Instant;

use paydirt_books::{
    Books, Computed, Credit as MemberCredit, CreditTo, Holding, Line, MemberData, NewSettlement,
    NewVersion, SettlementKind, StreamNumber, VersionCause, VersionNumber, Vesting, VestingChunk,
};
use paydirt_earnings::{Oversold, decompose};
use paydirt_ledger::{MemberId, PoolId};
use paydirt_money::{BaseUnits, Coefficient, Coin, FeeRate, Portion, Power};
use paydirt_schedule::{CronSpec, Day, DaySchedule, Timestamp, ZoneHistory, parse_zone};
use paydirt_settlement::{
    Credit, Due, Losses, PoolTerms, PowerFallback, Run, Source, Span, StreamTerms, VestingTerms,
    Whole, catch_up, income,
};
use paydirt_testkit::PostgresServer;

const BY: &str = "bench";
const ROUNDS: usize = 3;
const VESTING_DAYS: u32 = 180;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let number = words.iter().find_map(|word| word.parse::<usize>().ok());
    let members = number.unwrap_or(100_000);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().build().unwrap();
    if let [word, url] = words.as_slice()
        && word == memory::WORD
    {
        return runtime.block_on(memory::tell(url));
    }
    let is_named = |name: &str| words.iter().any(|word| word == name);
    let any = is_named("sqlite") || is_named("postgres");
    let only = |name: &str| !any || is_named(name);
    let plain = is_named("plain");
    println!("{members} members, an order each; seconds, median of {ROUNDS}");
    runtime.block_on(async {
        if only("sqlite") {
            let directory = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", directory.path().join("books.db").display());
            measure("sqlite", &url, members, plain).await;
        }
        if only("postgres") {
            let server = PostgresServer::start().await.unwrap();
            measure("postgres", &server.url(), members, plain).await;
        }
    });
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn first_day() -> Day {
    "2026-01-01".parse().unwrap()
}

fn terms(vesting: bool) -> PoolTerms {
    let zones = ZoneHistory::new(parse_zone("UTC").unwrap(), []).unwrap();
    let stream = StreamTerms {
        name: "mainnet".into(),
        source: Source::Entry,
        credit: Credit::Available,
        vesting: vesting.then(|| VestingTerms {
            immediate: Portion::parse("0.25").unwrap(),
            linear_days: Some(VESTING_DAYS),
            dates: Vec::new(),
        }),
        from: None,
        until: None,
        due: Due::Daily,
    };
    PoolTerms {
        id: PoolId::new(if vesting { "vesting" } else { "plain" }),
        coin: Coin::FIL,
        first_day: first_day(),
        schedule: DaySchedule::new(CronSpec::parse("15 0 * * *").unwrap(), zones),
        whole: Whole::Sold,
        power_fallback: PowerFallback::None,
        oversold: Oversold::Refuse,
        coefficient: Coefficient::ONE,
        losses: Losses::Book,
        streams: vec![stream],
    }
}

fn at(day: Day) -> Timestamp {
    Timestamp::from_secs(i64::from(day.days_since_epoch()) * 86_400 + 86_400 + 3_600).unwrap()
}

/// Members and an order each, in the numbers' order.
async fn fill(books: &Books, terms: &PoolTerms, members: usize) -> Vec<VersionNumber> {
    let mut session = books.begin().await.unwrap();
    let now = at(terms.first_day);
    let pool = session
        .open_pool(&terms.id, terms.coin, terms.first_day, now)
        .await
        .unwrap();
    let named: Vec<MemberData> = (0..members)
        .map(|n| MemberData {
            code: MemberId::new(format!("{}-{n:08}", terms.id)),
            name: None,
            phone: None,
        })
        .collect();
    let numbers = session.add_members(&named, now).await.unwrap();
    let ids: Vec<String> = (0..members).map(|n| format!("order-{n:08}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let orders = session.add_orders(pool.number, &ids).await.unwrap();
    let versions: Vec<NewVersion> = (0..members)
        .map(|n| NewVersion {
            order: orders[n],
            holding: Holding {
                member: numbers[n],
                power: Power::from_bytes(1_000_000_000 + 7_919 * (n as u64 % 1_000)).unwrap(),
                fee_rate: FeeRate::parse("0.2").unwrap(),
                coefficient: None,
                start: terms.first_day,
                end: None,
                streams: None,
            },
            valid_from: terms.first_day,
            cause: VersionCause::Import,
            import: None,
            note: None,
        })
        .collect();
    let versions = session
        .add_versions(pool.number, &versions, now, BY)
        .await
        .unwrap();
    session.commit().await.unwrap();
    versions
}

async fn measure(name: &str, url: &str, members: usize, only_plain: bool) {
    let books = Books::connect(url).await.unwrap();
    books.migrate().await.unwrap();
    let began = Instant::now();
    let plain = terms(false);
    let versions = fill(&books, &plain, members).await;
    println!(
        "{name}: {members} orders recorded in {:.2} s",
        began.elapsed().as_secs_f64()
    );
    let bare = median(bare::seconds(url, members).await);
    let posting = median(posting(&books, &plain, &versions).await);
    let first = plain.first_day.checked_add_days(40).unwrap();
    let day = median(days(&books, &plain, first).await);
    let bytes = memory::of_a_day(url) / members;
    println!(
        "{name}: bare {bare:.3}, posting {posting:.3} = {:.2} x bare",
        posting / bare
    );
    println!(
        "{name}: day {day:.3} = {:.2} x posting, {bytes} bytes an order",
        day / posting
    );
    told(name, correcting::seconds(&books, &plain).await, day);
    if only_plain {
        return;
    }
    let vesting = terms(true);
    let versions = fill(&books, &vesting, members).await;
    steady(&books, &vesting, &versions).await;
    let first = vesting
        .first_day
        .checked_add_days(i32::try_from(VESTING_DAYS).unwrap());
    let day = median(days(&books, &vesting, first.unwrap()).await);
    println!(
        "{name}: day with {VESTING_DAYS} days vesting {day:.3} = {:.2} x posting",
        day / posting
    );
    told(name, correcting::seconds(&books, &vesting).await, day);
}

fn told(name: &str, [one, all]: [f64; 2], day: f64) {
    println!(
        "{name}: one order corrected {one:.3} = {:.2} x day, all {all:.3} = {:.2} x day",
        one / day,
        all / day
    );
}

/// The posting of a day alone: lines, balances, entries, hashes.
async fn posting(books: &Books, terms: &PoolTerms, versions: &[VersionNumber]) -> Vec<f64> {
    let mut seconds = Vec::new();
    for round in 0..=ROUNDS {
        let day = terms
            .first_day
            .checked_add_days(i32::try_from(round).unwrap())
            .unwrap();
        let (lines, credits) = lines(books, terms, versions).await;
        let began = Instant::now();
        let mut session = books.begin().await.unwrap();
        let mut locked = session.lock_pool(&terms.id).await.unwrap();
        let stream = session
            .open_stream(locked.pool.number, "mainnet")
            .await
            .unwrap();
        let new = new_settlement(stream, day, &lines, &credits);
        session.post_settlement(&mut locked, &new).await.unwrap();
        session.commit().await.unwrap();
        seconds.push(began.elapsed().as_secs_f64());
    }
    seconds.split_off(1)
}

async fn lines(
    books: &Books,
    terms: &PoolTerms,
    versions: &[VersionNumber],
) -> (Vec<Line>, Vec<MemberCredit>) {
    let mut session = books.look().await.unwrap();
    let pool = session.pool(&terms.id).await.unwrap();
    let counting = session
        .counting(pool.number, "mainnet", terms.first_day, Coefficient::ONE)
        .await
        .unwrap();
    let members = counting.orders().iter().map(|order| order.member);
    let line = |version: &VersionNumber| Line {
        version: *version,
        gross: 1_000,
        fee: 200,
    };
    let credit = |member| MemberCredit {
        member,
        now: 800,
        vesting: 0,
    };
    (
        versions.iter().map(line).collect(),
        members.map(credit).collect(),
    )
}

fn new_settlement<'a>(
    stream: StreamNumber,
    day: Day,
    lines: &'a [Line],
    credits: &'a [MemberCredit],
) -> NewSettlement<'a> {
    let nothing = BaseUnits::new(0);
    let sum = |of: fn(&Line) -> i64| lines.iter().map(of).sum::<i64>();
    let (income, fee) = (sum(|line| line.gross), sum(|line| line.fee));
    NewSettlement {
        stream,
        day,
        computed: Computed {
            kind: SettlementKind::Day,
            begins_at: at(day),
            ends_at: at(day),
            zone: "UTC".into(),
            rule: 1,
            terms: "{}".into(),
            items: nothing,
            deductions: nothing,
            carried_in: nothing,
            carried_out: nothing,
            loss_in: nothing,
            loss_out: nothing,
            loss: nothing,
            income,
            net: income - fee,
            fee,
            retained: 0,
            immediate: income - fee,
            pool_power: None,
            sold: 0,
            whole: 0,
            members: 0,
            reason: None,
        },
        items: &[],
        lines,
        credits,
        to: CreditTo::Available,
        entries: &[],
        at: at(day),
        by: BY,
        cause: "bench".into(),
    }
}

/// Whole days, from the next on.
async fn days(books: &Books, terms: &PoolTerms, first: Day) -> Vec<f64> {
    let mut seconds = Vec::new();
    for _ in 0..=ROUNDS {
        seconds.push(next_day(books, terms, first).await);
    }
    seconds.split_off(1)
}

/// How long the next day takes.
async fn next_day(books: &Books, terms: &PoolTerms, first: Day) -> f64 {
    let mut session = books.begin().await.unwrap();
    let stream = &terms.streams[0];
    let pool = session.pool(&terms.id).await.unwrap();
    let number = session
        .open_stream(pool.number, &stream.name)
        .await
        .unwrap();
    let last = session.last_settled(number).await.unwrap();
    let day = last.map_or(first, |last| last.day.next().unwrap());
    let entry = income::Entry {
        kind: paydirt_books::ItemKind::Income,
        day,
        amount: BaseUnits::parse_coin("237.098", Coin::FIL).unwrap(),
        source: income::ENTRY.into(),
        note: None,
        beside_observed: false,
        late: false,
    };
    income::record(&mut session, terms, stream, &entry, BY, at(day))
        .await
        .unwrap();
    session.commit().await.unwrap();
    let run = Run {
        now: at(day),
        by: BY,
        dry_run: false,
    };
    let span = Span::Days { from: day, to: day };
    let began = Instant::now();
    catch_up(books, terms, &[stream], span, &run, &mut |_| {
        ControlFlow::Continue(())
    })
    .await
    .unwrap();
    began.elapsed().as_secs_f64()
}

/// As many settlements before as vest at once, with what vests of them, without their lines.
async fn steady(books: &Books, terms: &PoolTerms, versions: &[VersionNumber]) {
    let (total, steps) = (1_000_007_i64, VESTING_DAYS);
    let chunks: Vec<VestingChunk> = versions
        .chunk_by(|a, b| a.get() / 16_384 == b.get() / 16_384)
        .map(|some| VestingChunk {
            first: some[0],
            remainders: some
                .iter()
                .map(|v| decompose(total + v.get() % 180, steps).unwrap().1)
                .collect(),
            quotients: some
                .iter()
                .map(|v| decompose(total + v.get() % 180, steps).unwrap().0)
                .collect(),
        })
        .collect();
    let mut session = books.begin().await.unwrap();
    let mut locked = session.lock_pool(&terms.id).await.unwrap();
    let stream = session
        .open_stream(locked.pool.number, "mainnet")
        .await
        .unwrap();
    for n in 0..VESTING_DAYS {
        let day = terms
            .first_day
            .checked_add_days(i32::try_from(n).unwrap())
            .unwrap();
        let number = session
            .post_settlement(&mut locked, &new_settlement(stream, day, &[], &[]))
            .await;
        let vesting = Vesting {
            settlement: number.unwrap(),
            day,
            steps,
            steps_done: 0,
            dates: None,
        };
        session
            .add_vesting(stream, &vesting, 1, &chunks)
            .await
            .unwrap();
    }
    session.commit().await.unwrap();
    // Balances that the releases can be taken from.
    let (_, mut credits) = lines(books, terms, versions).await;
    for credit in &mut credits {
        (credit.now, credit.vesting) = (0, total * i64::from(VESTING_DAYS) * 2);
    }
    let mut session = books.begin().await.unwrap();
    let mut locked = session.lock_pool(&terms.id).await.unwrap();
    let before = terms.first_day.checked_add_days(400).unwrap();
    let mut new = new_settlement(stream, before, &[], &credits);
    new.computed.kind = SettlementKind::Opening;
    session.post_settlement(&mut locked, &new).await.unwrap();
    session.commit().await.unwrap();
    let run = Run {
        now: at(terms
            .first_day
            .checked_add_days(i32::try_from(VESTING_DAYS - 1).unwrap())
            .unwrap()),
        by: BY,
        dry_run: false,
    };
    let span = Span::Days {
        from: terms.first_day,
        to: terms
            .first_day
            .checked_add_days(i32::try_from(VESTING_DAYS - 1).unwrap())
            .unwrap(),
    };
    let began = Instant::now();
    let done = catch_up(books, terms, &[&terms.streams[0]], span, &run, &mut |_| {
        ControlFlow::Continue(())
    })
    .await
    .unwrap();
    println!(
        "{} releases caught up in {:.1} s",
        done.len(),
        began.elapsed().as_secs_f64()
    );
}
