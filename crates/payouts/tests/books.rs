//! Runs with journal and ledger in the books, in the same database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't build its input has failed"
)]

mod scene;

use std::sync::Arc;

use paydirt_books::{Account, Books, Entry, MemberData, NewPosting, PaidBy};
use paydirt_chain::Address;
use paydirt_ledger::{Ledger, MemberId};
use paydirt_money::Coin;
use paydirt_payouts::Engine;
use paydirt_schedule::{Clock, Day, ZoneHistory, parse_zone};
use scene::{ETHER, Scene, WEI};

/// Members of a pool in the books, each with an address of its own.
struct Owed {
    scene: Scene,
    books: Books,
    members: Vec<(MemberId, Address, i64)>,
}

impl Owed {
    /// In new books, where these amounts are owed.
    async fn new(url: &str, amounts: &[i64]) -> Self {
        let scene = Scene::new();
        let books = Books::connect(url).await.unwrap();
        books.migrate().await.unwrap();
        let now = scene.clock.now();
        let day = Day::from_ymd(2023, 11, 14).unwrap();
        let mut session = books.begin().await.unwrap();
        let opened = session.open_pool(&scene.pool(), Coin::ETH, day, now).await;
        let pool = opened.unwrap().number;
        let mut members = Vec::new();
        let mut entries = Vec::new();
        for (n, amount) in (1..).zip(amounts) {
            let (code, address) = (MemberId::new(format!("M{n}")), scene.net.stranger());
            let data = MemberData {
                code: code.clone(),
                name: None,
                phone: None,
            };
            let number = session.add_members(&[data], now).await.unwrap()[0];
            let place = [(number, address.to_string())];
            session.add_addresses(pool, &place, now, now).await.unwrap();
            entries.push(Entry::of_member(Account::Available, number, *amount));
            entries.push(Entry::of_pool(Account::OpeningEquity, -amount));
            members.push((code, address, *amount));
        }
        let posting = NewPosting {
            kind: "opening",
            stream: None,
            day,
            at: now,
            by: "test".into(),
            cause: "what is owed".into(),
        };
        let mut locked = session.lock_pool(&scene.pool()).await.unwrap();
        session.post(&mut locked, &posting, &entries).await.unwrap();
        session.commit().await.unwrap();
        Self {
            scene,
            books,
            members,
        }
    }

    /// An engine whose journal and ledger are reached by this URL.
    async fn engine(&self, url: &str) -> Engine {
        let books = Books::connect(url).await.unwrap();
        let books = books.with_clock(self.scene.clock.clone());
        let days = ZoneHistory::new(parse_zone("Asia/Shanghai").unwrap(), []).unwrap();
        let pool = self.scene.pool();
        let ledger = books
            .ledger(&pool, Coin::ETH, days, PaidBy::Threshold)
            .await;
        let ledger: Arc<dyn Ledger> = Arc::new(ledger.unwrap());
        let mut engine = self.scene.engine();
        engine.journal = Arc::new(books.journal().await.unwrap());
        engine.pools.get_mut(&pool).unwrap().ledger = ledger;
        engine
    }

    /// Everyone has received what was owed, once, and the books say so.
    async fn assert_paid(&self, why: &str) {
        let mut session = self.books.look().await.unwrap();
        let pool = session.pool(&self.scene.pool()).await.unwrap().number;
        for (code, address, amount) in &self.members {
            let received = self.scene.net.balance(address);
            let owed = u128::try_from(*amount).unwrap() * WEI;
            assert_eq!(received, owed, "{code}: {why}");
            let number = session.member(code).await.unwrap().number;
            let found = session.balance(pool, number).await.unwrap();
            let rest = (found.available, found.in_flight, found.receivable);
            assert_eq!((found.paid, rest), (*amount, (0, 0, 0)), "{code}: {why}");
        }
        session.end().await.unwrap();
    }
}

async fn everyone_is_paid(url: &str) {
    let owed = Owed::new(url, &[ETHER, 2 * ETHER, 3 * ETHER + 1]).await;
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    assert_eq!((report.tally.settled, report.in_flight), (3, 0));
    owed.assert_paid("one run").await;
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    assert_eq!(report.tally.planned, 0, "nobody is due any more");
}

mod sqlite {
    #[tokio::test]
    async fn everyone_is_paid_from_the_books_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("books.db");
        super::everyone_is_paid(&format!("sqlite://{}", path.display())).await;
    }
}

mod postgres {
    use paydirt_testkit::{PostgresFault, PostgresProxy, PostgresServer};

    use super::*;

    const COMMIT: &str = "COMMIT\0";

    #[tokio::test]
    async fn everyone_is_paid_from_the_books_once() {
        let server = PostgresServer::start().await.unwrap();
        everyone_is_paid(&server.url()).await;
    }

    /// Runs until one goes through, while the wire breaks at one commit, after so many. Returns
    /// whether there were as many.
    async fn run_with(passes: u32, fault: PostgresFault) -> bool {
        let server = PostgresServer::start().await.unwrap();
        let proxy = PostgresProxy::start(&server).await.unwrap();
        let owed = Owed::new(&server.url(), &[ETHER, 2 * ETHER]).await;
        let engine = owed.engine(&proxy.url()).await;
        let why = format!("{fault:?} after {passes}");
        proxy.once_after(passes, COMMIT, fault);
        let mut failed = 0;
        while let Err(error) = engine.run(&Scene::once()).await {
            assert!(error.is_retryable(), "{why}: {error}");
            failed += 1;
            assert!(failed < 3, "{why}: {error}");
        }
        owed.assert_paid(&why).await;
        let unused = proxy.heal() > 0;
        !unused
    }

    /// With `PAYDIRT_LONG`, each commit of a run; else some of them.
    #[tokio::test]
    async fn whichever_commit_is_lost_everyone_is_paid_once() {
        let step = match std::env::var_os("PAYDIRT_LONG") {
            Some(_) => 1,
            None => 14,
        };
        for (first, fault) in [(0, PostgresFault::CutAfter), (4, PostgresFault::CutBefore)] {
            let mut passes = first;
            while run_with(passes, fault.clone()).await {
                passes += step;
            }
            eprintln!("{fault:?}: fewer than {passes} commits");
            assert!(passes > 20, "a run has more commits than {passes}");
        }
    }
}
