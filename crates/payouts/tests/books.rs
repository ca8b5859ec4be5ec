//! Runs with journal and ledger in the books, in the same database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't build its input has failed"
)]

#[path = "../../../tests/withdrawals/asked.rs"]
mod asked;
mod scene;

use std::sync::Arc;

use paydirt_books::{Account, Books, Entry, MemberData, NewPosting, PaidBy};
use paydirt_chain::Address;
use paydirt_devnet::Payee;
use paydirt_faults::{Act, Faulty, Point, Script};
use paydirt_ledger::{Ledger, MemberId, RequestKind};
use paydirt_money::Coin;
use paydirt_payouts::{Engine, ReconcileOptions};
use paydirt_schedule::{Clock, Day, ZoneHistory, parse_zone};
use scene::{ETHER, Scene, WEI};

/// Members of a pool in the books, each with an address of its own.
struct Owed {
    scene: Scene,
    books: Books,
    members: Vec<(MemberId, Address, i64)>,
    /// Who can't be paid after all.
    refused: Option<(MemberId, Address, i64)>,
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
    async fn asked(url: &str, amounts: &[i64]) -> Self {
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
    fn turn(&self) {
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

    /// A process that ends as by a power cut at a point of its run, if it comes there. Returns the
    /// points that it passed.
    async fn run_until(&self, url: &str, script: Script) -> Vec<Point> {
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
    async fn are(url: &str, state: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM withdrawal WHERE state = '{state}'");
        asked::number(url, &sql).await
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

/// Two withdrawals of one member go in one leg, beside what is left of its balance; one that the
/// chain refuses fails and stays set aside, and nobody waits for it.
async fn withdrawals_are_paid(url: &str) {
    let owed = Owed::asked(url, &AMOUNTS).await;
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    let tally = (report.tally.settled, report.tally.released);
    assert_eq!((tally, report.in_flight), ((3, 1), 0));
    owed.assert_paid("one run").await;
    assert_eq!(
        (Owed::are(url, "paid").await, Owed::are(url, "failed").await),
        (2, 1)
    );
    let legs = "SELECT COUNT(DISTINCT leg) FROM withdrawal WHERE state = 'paid'";
    assert_eq!(asked::number(url, legs).await, 1);
    let report = owed.engine(url).await.run(&Scene::once()).await.unwrap();
    assert_eq!(report.tally.planned, 0, "a person decides what follows");
}

/// Given back before anything was saved, it is planned again.
async fn a_paused_wallet_gives_withdrawals_back(url: &str) {
    let owed = Owed::asked(url, &[ETHER, 2 * ETHER]).await;
    let mut engine = owed.engine(url).await;
    // One that is never unmined leaves no room for the others to be signed.
    engine.policy.max_in_flight = 1;
    let clock = owed.scene.clock.clone();
    owed.scene.no_hook();
    clock.stop_mining(true);
    let report = engine.run(&scene_for(20_000)).await.unwrap();
    assert_eq!(report.in_flight, 3);
    let pause = engine.request(RequestKind::Pause, "test", "a look", 0);
    pause.await.unwrap();
    engine.run(&scene_for(20_000)).await.unwrap();
    let [processing, approved] = [Owed::are(url, "processing"), Owed::are(url, "approved")];
    let (processing, approved) = (processing.await, approved.await);
    assert!(
        approved > 0 && processing + approved == 3,
        "{processing} {approved}"
    );
    let resume = engine.request(RequestKind::Resume, "test", "done", 0);
    resume.await.unwrap();
    engine.policy.max_in_flight = 16;
    owed.turn();
    engine.run(&Scene::once()).await.unwrap();
    owed.assert_paid("paused and resumed").await;
}

/// With `PAYDIRT_LONG`, at each point of a run; else at some of them.
async fn whoever_crashed_the_next_finishes(urls: impl AsyncFn() -> (String, Kept)) {
    let (url, _kept) = urls().await;
    let owed = Owed::asked(&url, &AMOUNTS).await;
    let points = owed.run_until(&url, Script::quiet()).await;
    owed.assert_paid("undisturbed").await;
    let step = match std::env::var_os("PAYDIRT_LONG") {
        Some(_) => 1,
        None => 4,
    };
    assert!(points.len() > 60, "{points:?}");
    for point in points.iter().step_by(step) {
        let (url, _kept) = urls().await;
        let owed = Owed::asked(&url, &AMOUNTS).await;
        owed.run_until(&url, Script::at(point.clone(), Act::Crash))
            .await;
        let report = owed.engine(&url).await.run(&Scene::once()).await;
        assert_eq!(report.unwrap().in_flight, 0, "{point}");
        owed.assert_paid(&point.to_string()).await;
        assert_eq!(Owed::are(&url, "paid").await, 2, "{point}");
        assert_eq!(Owed::are(&url, "processing").await, 0, "{point}");
    }
}

/// What the journal knows as planned and the ledger as held, may have been sent by a part of the
/// journal that is lost: its withdrawals are left to a person.
async fn reconcile_leaves_withdrawals_to_a_person(url: &str) {
    let owed = Owed::asked(url, &[ETHER, 2 * ETHER]).await;
    let held = Point::new("ledger.hold:after", 1);
    owed.run_until(url, Script::at(held, Act::Crash)).await;
    assert_eq!(Owed::are(url, "processing").await, 3);
    owed.scene.no_hook();
    owed.scene.clock.stop_mining(false);
    let options = ReconcileOptions {
        reason: "a test".into(),
        ..ReconcileOptions::default()
    };
    let done = owed.engine(url).await.reconcile(&options).await.unwrap();
    assert_eq!(done.orphans.len(), 3);
    assert_eq!(Owed::are(url, "failed").await, 3);
    let why = "SELECT COUNT(*) FROM withdrawal WHERE reason = 'not on the chain'";
    assert_eq!(asked::number(url, why).await, 3);
    let mut session = owed.books.look().await.unwrap();
    let verified = session.verify_ledger(&owed.scene.pool(), &mut |_| ()).await;
    assert_eq!(verified.unwrap().difference, None);
    session.end().await.unwrap();
}

fn scene_for(ms: u64) -> paydirt_payouts::RunOptions {
    paydirt_payouts::RunOptions {
        deadline_ms: Some(ms),
        ..Scene::once()
    }
}

const AMOUNTS: [i64; 3] = [ETHER, 2 * ETHER, 3 * ETHER];

/// What books live on, until they are no longer needed.
type Kept = Box<dyn std::any::Any>;

mod sqlite {
    #[tokio::test]
    async fn after_a_crash_at_any_point_the_next_run_pays_what_is_owed_once() {
        super::whoever_crashed_the_next_finishes(async || {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("books.db");
            (
                format!("sqlite://{}", path.display()),
                Box::new(directory) as super::Kept,
            )
        })
        .await;
    }

    #[tokio::test]
    async fn what_a_lost_journal_may_have_sent_is_left_to_a_person() {
        on_file(async |url| super::reconcile_leaves_withdrawals_to_a_person(&url).await).await;
    }

    async fn on_file<F: Future<Output = ()>>(run: impl FnOnce(String) -> F) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("books.db");
        run(format!("sqlite://{}", path.display())).await;
    }

    #[tokio::test]
    async fn withdrawals_are_paid_once_beside_balances() {
        on_file(async |url| super::withdrawals_are_paid(&url).await).await;
    }

    #[tokio::test]
    async fn what_a_pause_gives_back_is_paid_after_it() {
        on_file(async |url| super::a_paused_wallet_gives_withdrawals_back(&url).await).await;
    }

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

    #[tokio::test]
    async fn withdrawals_are_paid_once_beside_balances() {
        let server = PostgresServer::start().await.unwrap();
        withdrawals_are_paid(&server.url()).await;
    }

    #[tokio::test]
    async fn what_a_lost_journal_may_have_sent_is_left_to_a_person() {
        let server = PostgresServer::start().await.unwrap();
        reconcile_leaves_withdrawals_to_a_person(&server.url()).await;
    }

    #[tokio::test]
    async fn what_a_pause_gives_back_is_paid_after_it() {
        let server = PostgresServer::start().await.unwrap();
        a_paused_wallet_gives_withdrawals_back(&server.url()).await;
    }

    /// Runs until one goes through, while the wire breaks at one commit, after so many. Returns
    /// whether there were as many.
    async fn run_with(passes: u32, fault: PostgresFault) -> bool {
        let server = PostgresServer::start().await.unwrap();
        let proxy = PostgresProxy::start(&server).await.unwrap();
        let owed = Owed::asked(&server.url(), &AMOUNTS).await;
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
        let url = server.url();
        assert_eq!(Owed::are(&url, "paid").await, 2, "{why}");
        assert_eq!(Owed::are(&url, "processing").await, 0, "{why}");
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
