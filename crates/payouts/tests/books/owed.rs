//! Members of a pool in the books, and who of them is paid.

use std::sync::Arc;

use paydirt_books::{Account, Books, Entry, MemberData, NewPosting, PaidBy};
use paydirt_chain::Address;
use paydirt_devnet::Payee;
use paydirt_faults::{Faulty, Point, Script};
use paydirt_ledger::{Ledger, MemberId};
use paydirt_money::Coin;
use paydirt_payouts::Engine;
use paydirt_schedule::{Clock, Day, ZoneHistory, parse_zone};

use crate::asked;
use crate::scene::{ETHER, Scene, WEI};

/// Members of a pool in the books, each with an address of its own.
pub(crate) struct Owed {
    pub(crate) scene: Scene,
    pub(crate) books: Books,
    pub(crate) members: Vec<(MemberId, Address, i64)>,
    /// Who can't be paid after all.
    refused: Option<(MemberId, Address, i64)>,
}

impl Owed {
    /// In new books, where these amounts are owed.
    pub(crate) async fn new(url: &str, amounts: &[i64]) -> Self {
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
            kind: "credit",
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
            refused: None,
        }
    }

    /// The same with two withdrawals of `M1` to one address, and one of all that `M2` has to an
    /// address that takes no money once it is to be mined.
    pub(crate) async fn asked(url: &str, amounts: &[i64]) -> Self {
        let mut owed = Self::new(url, amounts).await;
        let when = (owed.scene.clock.now(), Day::from_ymd(2023, 11, 14).unwrap());
        let pool = owed.scene.pool();
        let (books, [first, second]) = ((&owed.books, url), [ETHER / 5, 3 * ETHER / 10]);
        let (one, address, _) = &owed.members[0];
        for units in [first, second] {
            asked::approved(books, &pool, (one, units, address.as_str()), when).await;
        }
        let (two, address, all) = &owed.members[1];
        asked::approved(books, &pool, (two, *all, address.as_str()), when).await;
        let turncoat = owed.members.remove(1);
        owed.refused = Some(turncoat);
        owed.turn();
        owed
    }

    /// Nothing is mined before what pays the one who is refused was sent; then it takes no money.
    pub(crate) fn turn(&self) {
        let Some((_, address, _)) = self.refused.clone() else {
            return;
        };
        let (net, clock) = (self.scene.net.clone(), self.scene.clock.clone());
        clock.stop_mining(true);
        self.scene.each_wait(move |_| {
            let sent = net.mempool();
            if sent.iter().any(|(_, sent)| sent.call.to == address) {
                let payee = Payee::Rejects {
                    reason: "changed my mind".into(),
                };
                net.set_payee(&address, payee).unwrap();
                clock.stop_mining(false);
            }
        });
    }

    /// An engine whose journal and ledger are reached by this URL.
    pub(crate) async fn engine(&self, url: &str) -> Engine {
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

    /// A process that ends as by a power cut at a point of its run, if it comes there. Returns the
    /// points that it passed.
    pub(crate) async fn run_until(&self, url: &str, script: Script) -> Vec<Point> {
        let script = Arc::new(script);
        let mut engine = self.engine(url).await;
        engine.owner = "crashing".into();
        engine.chain = Arc::new(Faulty::new(engine.chain, script.clone()));
        engine.journal = Arc::new(Faulty::new(engine.journal, script.clone()));
        for pool in engine.pools.values_mut() {
            pool.ledger = Arc::new(Faulty::new(pool.ledger.clone(), script.clone()));
        }
        let once = Scene::once();
        tokio::select! {
            report = engine.run(&once) => assert_eq!(report.unwrap().in_flight, 0),
            _ = script.stopped() => {}
        }
        script.points()
    }

    /// Everyone has received what was owed, once, and the books say so.
    pub(crate) async fn assert_paid(&self, why: &str) {
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
        if let Some((code, address, amount)) = &self.refused {
            assert_eq!(self.scene.net.balance(address), 0, "{why}");
            let number = session.member(code).await.unwrap().number;
            let found = session.balance(pool, number).await.unwrap();
            assert_eq!((found.frozen, found.in_flight), (*amount, 0), "{why}");
        }
        let id = self.scene.pool();
        let verified = session.verify_ledger(&id, &mut |_| ()).await.unwrap();
        assert_eq!(verified.difference, None, "{why}");
        session.end().await.unwrap();
    }

    /// So many withdrawals are in this state.
    pub(crate) async fn are(url: &str, state: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM withdrawal WHERE state = '{state}'");
        asked::number(url, &sql).await
    }
}
