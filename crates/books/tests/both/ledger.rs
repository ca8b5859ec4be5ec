//! A pool's ledger keeps what every ledger promises.

use std::sync::Arc;

use async_trait::async_trait;
use paydirt_books::{
    Account, Balance, Books, Entry, MemberData, MemberNumber, NewPosting, PaidBy, Pool,
};
use paydirt_ledger::conformance::fixtures::{at, pool};
use paydirt_ledger::conformance::{Figures, LedgerBench};
use paydirt_ledger::{Ledger, MemberId};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{Day, ZoneHistory, parse_zone};

use super::{Home, Raw};

/// What a ledger's moves write to.
pub(crate) const TABLES: [&str; 13] = [
    "counter",
    "pool",
    "member",
    "member_balance",
    "posting",
    "entry",
    "account_day",
    "ledger_state",
    "ledger_token",
    "ledger_done_move",
    "ledger_leg",
    "withdrawal",
    "withdrawal_event",
];

/// The pool's ledger, its days those of Shanghai.
pub(crate) async fn ledger(books: &Books, paid_by: PaidBy) -> Arc<dyn Ledger> {
    let days = ZoneHistory::new(parse_zone("Asia/Shanghai").unwrap(), []).unwrap();
    let ledger = books.ledger(&pool(), Coin::ETH, days, paid_by).await;
    Arc::new(ledger.unwrap())
}

/// A pool without members, in new books.
pub(crate) struct Bench {
    pub(crate) home: Home,
    pub(crate) books: Books,
    pub(crate) pool: Pool,
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let home = Home::new().await;
        let books = Books::connect(&home.url()).await.unwrap();
        books.migrate().await.unwrap();
        let first = Day::from_ymd(2026, 1, 1).unwrap();
        let mut session = books.begin().await.unwrap();
        let opened = session.open_pool(&pool(), Coin::ETH, first, at(0)).await;
        session.commit().await.unwrap();
        let ledger = ledger(&books, PaidBy::Threshold).await;
        Self {
            home,
            books,
            pool: opened.unwrap(),
            ledger,
        }
    }

    /// A withdrawal in this state to the member's own address, its amount set aside.
    pub(crate) async fn withdrawal(&self, code: &MemberId, units: i64, state: &str) -> String {
        self.post(code, Account::Frozen, units).await;
        let (pool, member) = (self.pool.number, self.member(code).await);
        let decided = match state {
            "requested" => "NULL, NULL",
            _ => "'bob', 2",
        };
        let reason = if state == "failed" {
            "'it reverted'"
        } else {
            "NULL"
        };
        let sql = format!(
            "INSERT INTO withdrawal (number, pool, member, amount, address, state, reason, \
             requested_by, requested_at, requested_on, decided_by, decided_at, updated_at) \
             SELECT COALESCE(MAX(number), 0) + 1, {pool}, {member}, {units}, '{code}', '{state}', \
             {reason}, 'alice', 1, 20454, {decided}, 2 FROM withdrawal"
        );
        let mut raw = Raw::connect(&self.home).await;
        raw.execute(&sql).await.unwrap();
        let newest = raw.number("SELECT MAX(number) FROM withdrawal").await;
        newest.to_string()
    }

    /// The member, made with an address if it is new.
    pub(crate) async fn member(&self, code: &MemberId) -> MemberNumber {
        let mut session = self.books.begin().await.unwrap();
        if let Ok(member) = session.member(code).await {
            session.end().await.unwrap();
            return member.number;
        }
        let data = MemberData {
            code: code.clone(),
            name: None,
            phone: None,
        };
        let added = session.add_members(&[data], at(0)).await.unwrap()[0];
        let address = [(added, code.to_string())];
        let number = self.pool.number;
        session
            .add_addresses(number, &address, at(0), at(0))
            .await
            .unwrap();
        session.commit().await.unwrap();
        added
    }

    pub(crate) async fn balance(&self, member: &MemberId) -> Balance {
        let mut session = self.books.look().await.unwrap();
        let balance = match session.member(member).await {
            Ok(found) => session
                .balance(self.pool.number, found.number)
                .await
                .unwrap(),
            Err(_) => Balance::default(),
        };
        session.end().await.unwrap();
        balance
    }

    /// Changes one of a member's accounts.
    pub(crate) async fn post(&self, member: &MemberId, account: Account, units: i64) {
        let number = self.member(member).await;
        let mut session = self.books.begin().await.unwrap();
        let mut locked = session.lock_pool(&self.pool.id).await.unwrap();
        let posting = NewPosting {
            kind: "credit",
            stream: None,
            day: Day::from_ymd(2026, 1, 1).unwrap(),
            at: at(0),
            by: "test".into(),
            cause: "a test needs it".into(),
        };
        let entries = [
            Entry::of_member(account, number, units),
            Entry::of_pool(Account::OpeningEquity, -units),
        ];
        session.post(&mut locked, &posting, &entries).await.unwrap();
        session.commit().await.unwrap();
    }
}

#[async_trait]
impl LedgerBench for Bench {
    fn ledger(&self) -> Arc<dyn Ledger> {
        self.ledger.clone()
    }

    fn is_strict(&self) -> bool {
        false
    }

    fn can_be_negative(&self) -> bool {
        false
    }

    fn recovers(&self) -> bool {
        true
    }

    async fn set_balance(&self, member: &MemberId, balance: Amount) {
        let units = balance.units() - self.balance(member).await.available;
        self.post(member, Account::Available, units).await;
    }

    async fn figures(&self, member: &MemberId) -> Figures {
        let balance = self.balance(member).await;
        Figures::new(balance.available, balance.in_flight, balance.paid)
    }

    async fn approve_withdrawal(&self, member: &MemberId, amount: Amount) -> Option<String> {
        Some(self.withdrawal(member, amount.units(), "approved").await)
    }

    async fn keep_copy(&self) -> bool {
        Raw::admin(&self.home).await.keep_copy(&TABLES).await;
        true
    }

    async fn restore_copy(&self) -> bool {
        Raw::admin(&self.home).await.restore_copy(&TABLES).await;
        true
    }
}

paydirt_ledger::ledger_conformance!(async { Bench::new().await });
