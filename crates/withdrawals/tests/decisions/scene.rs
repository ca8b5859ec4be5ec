//! A pool in new books, members with something in it, and who does what.

use paydirt_books::{
    Account, Balance, Books, Entry, MemberData, MemberNumber, NewPosting, Pool, Session,
    Withdrawal, WithdrawalNumber,
};
use paydirt_ledger::{MemberId, PoolId};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{Day, Timestamp, ZoneHistory, parse_zone};
use paydirt_testkit::PostgresServer;
use paydirt_withdrawals::policy::Policy;
use paydirt_withdrawals::{Asked, Deciding, Request, Terms, WithdrawalError};

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

/// Which database the books are in.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// Where the members are paid.
pub(crate) const HOME: &str = "0xhome";
/// The pool's own wallet.
pub(crate) const OWN: &str = "0xpool";

/// 2026-11-02 00:00 in Shanghai.
const START: i64 = 1_793_548_800_000;

pub(crate) struct Scene {
    pub(crate) books: Books,
    pub(crate) terms: Terms,
    pub(crate) now: Timestamp,
    pub(crate) url: String,
    /// Dropped last: what the books live on.
    _keep: Box<dyn std::any::Any + Send + Sync>,
}

pub(crate) fn fil(text: &str) -> Amount {
    Amount::parse(text, Coin::FIL).unwrap()
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn terms() -> Terms {
    let zone = parse_zone("Asia/Shanghai").unwrap();
    Terms {
        pool: PoolId::new("space"),
        coin: Coin::FIL,
        zones: ZoneHistory::new(zone, []).unwrap(),
        policy: Ok(Policy {
            minimum: fil("0.1"),
            withdrawal_cap: fil("100"),
            member_daily_cap: fil("150"),
            daily_cap: fil("1000"),
            approve_above: Some(fil("10")),
        }),
        own: vec![OWN.to_owned()],
    }
}

impl Scene {
    pub(crate) async fn new(kind: Kind) -> Scene {
        match kind {
            Kind::Sqlite => {
                let directory = tempfile::tempdir().unwrap();
                let file = directory.path().join("books.db");
                let url = format!("sqlite:{}", file.display());
                Self::on(url, Box::new(directory)).await
            }
            Kind::Postgres => {
                let server = PostgresServer::start().await.unwrap();
                Self::on(server.url(), Box::new(server)).await
            }
        }
    }

    async fn on(url: String, keep: Box<dyn std::any::Any + Send + Sync>) -> Scene {
        let books = Books::connect(&url).await.unwrap();
        books.migrate().await.unwrap();
        let now = Timestamp::from_ms(START);
        let terms = terms();
        let mut session = books.begin().await.unwrap();
        let (id, first) = (&terms.pool, day("2026-11-01"));
        session.open_pool(id, Coin::FIL, first, now).await.unwrap();
        session.commit().await.unwrap();
        Scene {
            books,
            terms,
            now,
            url,
            _keep: keep,
        }
    }

    /// Later, or another day.
    pub(crate) fn later(&mut self, hours: u64) {
        self.now = self.now.saturating_add_ms(hours * 3_600_000);
    }

    pub(crate) async fn pool(&self, session: &mut Session) -> Pool {
        session.pool(&self.terms.pool).await.unwrap()
    }

    /// A member that has this and is paid at [`HOME`].
    pub(crate) async fn member(&self, code: &str, available: &str) -> MemberNumber {
        self.member_with(code, &[(Account::Available, available)])
            .await
    }

    pub(crate) async fn member_with(&self, code: &str, has: &[(Account, &str)]) -> MemberNumber {
        let mut session = self.books.begin().await.unwrap();
        let data = MemberData {
            code: MemberId::new(code),
            name: None,
            phone: None,
        };
        let member = session.add_members(&[data], self.now).await.unwrap()[0];
        let mut locked = session.lock_pool(&self.terms.pool).await.unwrap();
        session
            .add_address_after(&locked, member, HOME, self.now, 0)
            .await
            .unwrap();
        let header = NewPosting {
            kind: "test",
            stream: None,
            day: day("2026-11-01"),
            at: self.now,
            by: "test".into(),
            cause: format!("what {code} has"),
        };
        let mut entries = Vec::new();
        for (account, amount) in has {
            let units = match account {
                Account::Receivable => -fil(amount).units(),
                _ => fil(amount).units(),
            };
            entries.push(Entry::of_member(*account, member, units));
            entries.push(Entry::of_pool(Account::Retained, -units));
        }
        session.post(&mut locked, &header, &entries).await.unwrap();
        session.commit().await.unwrap();
        member
    }

    /// The member owes so much from now on, as after a correction.
    pub(crate) async fn owes(&self, member: MemberNumber, amount: &str) {
        let mut session = self.books.begin().await.unwrap();
        let mut locked = session.lock_pool(&self.terms.pool).await.unwrap();
        let header = NewPosting {
            kind: "test",
            stream: None,
            day: day("2026-11-01"),
            at: self.now,
            by: "test".into(),
            cause: "what it owes".into(),
        };
        let units = fil(amount).units();
        let entries = [
            Entry::of_member(Account::Receivable, member, -units),
            Entry::of_pool(Account::Retained, units),
        ];
        session.post(&mut locked, &header, &entries).await.unwrap();
        session.commit().await.unwrap();
    }

    /// A member without anything.
    pub(crate) async fn stranger(&self, code: &str) -> MemberNumber {
        let mut session = self.books.begin().await.unwrap();
        let data = MemberData {
            code: MemberId::new(code),
            name: None,
            phone: None,
        };
        let member = session.add_members(&[data], self.now).await.unwrap()[0];
        session.commit().await.unwrap();
        member
    }

    /// Adds an address that can be used so many hours from now on.
    pub(crate) async fn address(&self, member: MemberNumber, address: &str, hours: u64) {
        let mut session = self.books.begin().await.unwrap();
        let locked = session.lock_pool(&self.terms.pool).await.unwrap();
        let ms = hours * 3_600_000;
        session
            .add_address_after(&locked, member, address, self.now, ms)
            .await
            .unwrap();
        session.commit().await.unwrap();
    }

    pub(crate) async fn balance(&self, member: MemberNumber) -> Balance {
        let mut session = self.books.look().await.unwrap();
        let pool = self.pool(&mut session).await.number;
        session.balance(pool, member).await.unwrap()
    }

    /// What is available and set aside.
    pub(crate) async fn has(&self, member: MemberNumber) -> (Amount, Amount) {
        let balance = self.balance(member).await;
        let shown = |units| Amount::from_units(units, Coin::FIL);
        (shown(balance.available), shown(balance.frozen))
    }

    pub(crate) async fn request(&self, asked: &Ask<'_>) -> Result<Asked, WithdrawalError> {
        let mut session = self.books.begin().await.unwrap();
        let mut locked = session.lock_pool(&self.terms.pool).await.unwrap();
        let request = Request {
            member: &MemberId::new(asked.member),
            amount: asked.amount.map(fil),
            to: asked.to,
            closes: asked.closes,
            key: asked.key,
            by: asked.by,
            now: self.now,
        };
        let done =
            paydirt_withdrawals::request(&mut session, &mut locked, &self.terms, &request).await;
        match &done {
            Ok(_) => session.commit().await.unwrap(),
            Err(_) => session.end().await.unwrap(),
        }
        done
    }

    /// One that is new.
    pub(crate) async fn asked(&self, member: &str, amount: &str) -> Withdrawal {
        let done = self.request(&ask(member, amount)).await.unwrap();
        done.withdrawal().clone()
    }

    pub(crate) async fn found(&self, number: WithdrawalNumber) -> Withdrawal {
        let mut session = self.books.look().await.unwrap();
        let pool = self.pool(&mut session).await.number;
        session.withdrawal(pool, number).await.unwrap()
    }

    /// One decision of `by`.
    pub(crate) async fn decide(
        &self,
        what: What,
        number: WithdrawalNumber,
        by: &str,
        reason: Option<&str>,
    ) -> Result<Withdrawal, WithdrawalError> {
        let mut session = self.books.begin().await.unwrap();
        let mut locked = session.lock_pool(&self.terms.pool).await.unwrap();
        let deciding = Deciding {
            by,
            now: self.now,
            zones: &self.terms.zones,
            reason,
        };
        let (session_ref, locked) = (&mut session, &mut locked);
        let done = match what {
            What::Approve => {
                paydirt_withdrawals::approve(session_ref, locked, number, &deciding).await
            }
            What::Reject => {
                paydirt_withdrawals::reject(session_ref, locked, number, &deciding).await
            }
            What::Cancel => {
                paydirt_withdrawals::cancel(session_ref, locked, number, &deciding).await
            }
        };
        match &done {
            Ok(_) => session.commit().await.unwrap(),
            Err(_) => session.end().await.unwrap(),
        }
        done
    }

    /// Runs this as it is, as nobody but a test may.
    pub(crate) async fn sql(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if let Some(file) = self.url.strip_prefix("sqlite:") {
            use sqlx::ConnectOptions as _;
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
            let mut on = options.connect().await.unwrap();
            sqlx::raw_sql(sql).execute(&mut on).await.unwrap();
        } else {
            use sqlx::Connection as _;
            let mut on = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut on).await.unwrap();
        }
    }

    /// Every balance is what its entries add up to, and the audit log is whole.
    pub(crate) async fn verify(&self) {
        let mut session = self.books.look().await.unwrap();
        let verified = session
            .verify_ledger(&self.terms.pool, &mut |_| ())
            .await
            .unwrap();
        assert_eq!(verified.difference, None);
        assert!(session.verify_audit().await.unwrap().is_ok());
    }
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    Approve,
    Reject,
    Cancel,
}

/// A request, by alice to [`HOME`] unless it says otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) member: &'a str,
    pub(crate) amount: Option<&'a str>,
    pub(crate) to: &'a str,
    pub(crate) closes: bool,
    pub(crate) key: Option<&'a str>,
    pub(crate) by: &'a str,
}

pub(crate) fn ask<'a>(member: &'a str, amount: &'a str) -> Ask<'a> {
    Ask {
        member,
        amount: Some(amount),
        to: HOME,
        closes: false,
        key: None,
        by: "alice",
    }
}
