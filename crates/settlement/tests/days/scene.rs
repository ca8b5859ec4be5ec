//! A pool in new books, and what is done to it.

use std::ops::ControlFlow;

use paydirt_books::{
    Account, Balance, Books, Computed, DayPower, Holding, ItemKind, MemberData, NewVersion, Pool,
    PowerBasis, VersionCause,
};
use paydirt_earnings::Oversold;
use paydirt_ledger::{MemberId, PoolId};
use paydirt_money::{Amount, BaseUnits, Coefficient, Coin, FeeRate, PoolPower, Portion, Power};
use paydirt_schedule::{CronSpec, Day, DaySchedule, Timestamp, ZoneHistory, parse_zone};
use paydirt_settlement::{
    Credit, Due, Losses, Outcome, PoolTerms, PowerFallback, Run, Settled, SettlementError, Source,
    Span, StreamTerms, VestingTerms, What, Whole, catch_up, income, verify,
};
use paydirt_testkit::PostgresServer;

/// A test of each of these on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::scene::Kind::Sqlite).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::scene::Kind::Postgres).await;
            })*
        }
    };
}

/// By whom everything is done.
pub(crate) const BY: &str = "test";

/// A pool of whole = "pool", in Shanghai, from 2026-11-01 on.
pub(crate) struct Scene {
    pub(crate) books: Books,
    pub(crate) terms: PoolTerms,
    pub(crate) now: Timestamp,
    url: String,
    /// Dropped last: what the books live on.
    _keep: Box<dyn std::any::Any + Send>,
}

/// Which database the books are in.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn units(text: &str) -> i64 {
    Amount::parse(text, Coin::FIL).unwrap().units()
}

pub(crate) fn stream(name: &str) -> StreamTerms {
    StreamTerms {
        name: name.into(),
        source: Source::Entry,
        credit: Credit::Available,
        vesting: None,
        from: None,
        until: None,
        due: Due::Daily,
    }
}

pub(crate) fn linear(immediate: &str, days: u32) -> VestingTerms {
    VestingTerms {
        immediate: Portion::parse(immediate).unwrap(),
        linear_days: Some(days),
        dates: Vec::new(),
    }
}

fn terms() -> PoolTerms {
    let zone = parse_zone("Asia/Shanghai").unwrap();
    let zones = ZoneHistory::new(zone, []).unwrap();
    PoolTerms {
        id: PoolId::new("space"),
        coin: Coin::FIL,
        first_day: day("2026-11-01"),
        schedule: DaySchedule::new(CronSpec::parse("15 0 * * *").unwrap(), zones),
        whole: Whole::Pool(PowerBasis::Raw),
        power_fallback: PowerFallback::None,
        oversold: Oversold::Refuse,
        coefficient: Coefficient::ONE,
        losses: Losses::Book,
        streams: vec![stream("mainnet")],
    }
}

/// What an entry is named, so that a day may have income and a deduction.
fn source_of(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Deduction => "penalty",
        _ => income::ENTRY,
    }
}

/// An order to be.
pub(crate) struct Order {
    pub(crate) id: &'static str,
    pub(crate) member: &'static str,
    pub(crate) power: &'static str,
    pub(crate) fee_rate: &'static str,
    /// The stream that it is in; `None`: all.
    pub(crate) stream: Option<&'static str>,
}

impl Order {
    pub(crate) const fn only_in(self, stream: &'static str) -> Self {
        Self {
            stream: Some(stream),
            ..self
        }
    }
}

pub(crate) const fn order(
    id: &'static str,
    member: &'static str,
    power: &'static str,
    fee_rate: &'static str,
) -> Order {
    Order {
        id,
        member,
        power,
        fee_rate,
        stream: None,
    }
}

impl Scene {
    pub(crate) async fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite().await,
            Kind::Postgres => {
                let server = PostgresServer::start().await.unwrap();
                Self::on(server.url(), Box::new(server)).await
            }
        }
    }

    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("books.db");
        Self::on(format!("sqlite:{}", file.display()), Box::new(directory)).await
    }

    pub(crate) async fn on(url: String, keep: Box<dyn std::any::Any + Send>) -> Self {
        let books = Books::connect(&url).await.unwrap();
        books.migrate().await.unwrap();
        Self {
            books,
            terms: terms(),
            now: Timestamp::from_ms(0),
            url,
            _keep: keep,
        }
        .at("2026-11-01", 0)
    }

    /// The same pool, through this address.
    pub(crate) async fn through(&self, url: &str) -> Self {
        Self {
            books: Books::connect(url).await.unwrap(),
            terms: self.terms.clone(),
            now: self.now,
            url: url.to_owned(),
            _keep: Box::new(()),
        }
    }

    /// The same books, as another process has them.
    pub(crate) async fn another(&self) -> Books {
        Books::connect(&self.url).await.unwrap()
    }

    /// So many minutes into this day in Shanghai.
    pub(crate) fn at(mut self, on: &str, minutes: u64) -> Self {
        self.set(day(on), minutes);
        self
    }

    pub(crate) fn set(&mut self, on: Day, minutes: u64) {
        let begins = self.terms.zones().instants(on).start;
        self.now = begins.saturating_add_ms(minutes * 60_000);
    }

    pub(crate) async fn pool(&self) -> Pool {
        let mut session = self.books.begin().await.unwrap();
        let (id, coin) = (&self.terms.id, self.terms.coin);
        let pool = session
            .open_pool(id, coin, self.terms.first_day, self.now)
            .await;
        session.commit().await.unwrap();
        pool.unwrap()
    }

    /// Adds members and orders, open, from the pool's first day on.
    pub(crate) async fn orders(&self, orders: &[Order]) {
        self.orders_from(orders, self.terms.first_day).await;
    }

    /// The same from another day on.
    pub(crate) async fn orders_from(&self, orders: &[Order], first: Day) {
        let pool = self.pool().await;
        let mut session = self.books.begin().await.unwrap();
        for order in orders {
            let code = MemberId::new(order.member);
            let known = session.members_by_code([order.member]).await.unwrap();
            let member = match known.get(order.member) {
                Some(member) => member.number,
                None => {
                    let data = MemberData {
                        code,
                        name: None,
                        phone: None,
                    };
                    session.add_members(&[data], self.now).await.unwrap()[0]
                }
            };
            let added = session.add_orders(pool.number, &[order.id]).await.unwrap();
            let version = NewVersion {
                order: added[0],
                holding: Holding {
                    member,
                    power: Power::parse(order.power).unwrap(),
                    fee_rate: FeeRate::parse(order.fee_rate).unwrap(),
                    coefficient: None,
                    start: first,
                    end: None,
                    streams: order.stream.map(|name| [name.to_owned()].into()),
                },
                valid_from: first,
                cause: VersionCause::Import,
                import: None,
                note: None,
            };
            session
                .add_versions(pool.number, &[version], self.now, BY)
                .await
                .unwrap();
        }
        session.commit().await.unwrap();
    }

    pub(crate) async fn power(&self, on: &str, power: &str) {
        let pool = self.pool().await;
        let mut session = self.books.begin().await.unwrap();
        let power = DayPower {
            day: day(on),
            basis: PowerBasis::Raw,
            power: PoolPower::parse(power).unwrap(),
            source: "entry".into(),
            by: BY.into(),
        };
        session
            .set_power(pool.number, &power, self.now)
            .await
            .unwrap();
        session.commit().await.unwrap();
    }

    /// Records an entry of base units.
    pub(crate) async fn entry(
        &self,
        stream: &str,
        kind: ItemKind,
        on: &str,
        amount: u128,
        late: bool,
    ) -> Result<income::Recorded, SettlementError> {
        let mut session = self.books.begin().await.unwrap();
        let entry = income::Entry {
            kind,
            day: day(on),
            amount: BaseUnits::new(amount),
            source: source_of(kind).into(),
            note: None,
            beside_observed: false,
            late,
        };
        let stream = self.terms.stream(stream).unwrap();
        let done = income::record(&mut session, &self.terms, stream, &entry, BY, self.now).await?;
        session.commit().await.unwrap();
        Ok(done)
    }

    /// Records income of base units.
    pub(crate) async fn record(&self, stream: &str, on: Day, amount: u128) {
        let on = on.to_string();
        self.entry(stream, ItemKind::Income, &on, amount, false)
            .await
            .unwrap();
    }

    /// Records income of the first stream.
    pub(crate) async fn income(&self, on: &str, amount: &str) {
        let amount = BaseUnits::parse_coin(amount, Coin::FIL).unwrap().get();
        let name = self.terms.streams[0].name.clone();
        self.entry(&name, ItemKind::Income, on, amount, false)
            .await
            .unwrap();
    }

    /// Records a deduction of base units from the first stream.
    pub(crate) async fn deduction(&self, on: &str, amount: u128) {
        let name = &self.terms.streams[0].name;
        self.entry(name, ItemKind::Deduction, on, amount, false)
            .await
            .unwrap();
    }

    pub(crate) async fn try_settle(&self, span: Span) -> Result<Vec<Settled>, SettlementError> {
        let run = Run {
            now: self.now,
            by: BY,
            dry_run: false,
        };
        let streams: Vec<&StreamTerms> = self.terms.streams.iter().collect();
        catch_up(&self.books, &self.terms, &streams, span, &run, &mut |_| {
            ControlFlow::Continue(())
        })
        .await
    }

    pub(crate) async fn settle(&self) -> Vec<Settled> {
        self.try_settle(Span::Due).await.unwrap()
    }

    /// What was computed for a day of a stream.
    pub(crate) async fn computed(&self, stream: &str, on: &str) -> Computed {
        let pool = self.pool().await;
        let mut session = self.books.look().await.unwrap();
        let number = session.streams(pool.number).await.unwrap()[stream];
        let settled = session.settlement_of_day(number, day(on)).await.unwrap();
        settled.unwrap().computed
    }

    /// The sum of an account's entries of a day.
    pub(crate) async fn posted(&self, account: Account, on: &str) -> i64 {
        use sqlx::Connection as _;

        let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM account_day \
                   WHERE account = $1 AND day = $2";
        let (name, on) = (account.name(), day(on).days_since_epoch());
        if self.url.starts_with("sqlite:") {
            let mut books = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            let asked = sqlx::query_scalar(sql).bind(name).bind(on);
            asked.fetch_one(&mut books).await.unwrap()
        } else {
            let mut books = sqlx::PgConnection::connect(&self.url).await.unwrap();
            let asked = sqlx::query_scalar(sql).bind(name).bind(on);
            asked.fetch_one(&mut books).await.unwrap()
        }
    }

    /// The sum of a view's amounts, ledger units.
    pub(crate) async fn sum(&self, view: &str, column: &str, which: &str) -> i64 {
        use sqlx::{AssertSqlSafe, Connection as _};

        let sum = match self.url.starts_with("sqlite:") {
            true => format!("SUM(CAST(REPLACE({column}, '.', '') AS INTEGER))"),
            false => format!("CAST(SUM({column}) * 1000000000 AS BIGINT)"),
        };
        let sql = AssertSqlSafe(format!("SELECT {sum} FROM {view} WHERE {which}"));
        if self.url.starts_with("sqlite:") {
            let mut books = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut books).await.unwrap()
        } else {
            let mut books = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut books).await.unwrap()
        }
    }

    /// The balance of a member.
    pub(crate) async fn balance(&self, code: &str) -> Balance {
        let pool = self.pool().await;
        let mut session = self.books.look().await.unwrap();
        let member = session.member(&MemberId::new(code)).await.unwrap();
        session.balance(pool.number, member.number).await.unwrap()
    }

    pub(crate) async fn verify(&self) -> paydirt_settlement::Checked {
        let pool = self.pool().await;
        let mut session = self.books.look().await.unwrap();
        verify(
            &mut session,
            &pool,
            day("2026-01-01"),
            day("2030-01-01"),
            |_| (),
        )
        .await
        .unwrap()
    }
}

impl Scene {
    /// Every posting, and every balance recomputed from them.
    pub(crate) async fn verify_ledger(&self) {
        let mut session = self.books.look().await.unwrap();
        let verified = session
            .verify_ledger(&self.terms.id, &mut |_| ())
            .await
            .unwrap();
        assert_eq!(verified.difference, None);
    }
}

/// The days that were settled, and the one that waits, with its reason.
pub(crate) fn told(done: &[Settled]) -> Vec<String> {
    let tell = |settled: &Settled| match &settled.what {
        What::Settlement(Outcome::Settled(_)) => format!("{} settled", settled.day),
        What::Settlement(Outcome::Waiting(reason)) => format!("{} waits: {reason}", settled.day),
        What::Settlement(Outcome::Already) => format!("{} already", settled.day),
        What::Release(released) => format!("{} released {}", settled.day, released.amount),
    };
    done.iter().map(tell).collect()
}
