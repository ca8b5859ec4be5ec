//! Days settled on schedule, by a clock that tests drive.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::sync::Arc;
use std::time::Duration;

use paydirt_app::config::{Environment, Sources, load};
use paydirt_app::serve::{RETRY_MS, Settler};
use paydirt_app::terms::pool_terms;
use paydirt_books::{Books, ItemKind, PostgresOptions, RunState};
use paydirt_money::BaseUnits;
use paydirt_payouts::Stop;
use paydirt_schedule::{Day, DrivenClock};
use paydirt_settlement::{JOB, income};
use paydirt_testkit::PostgresServer;

const CONFIG: &str = r#"
[chain.fil]
kind = "filecoin"
coin = "FIL"
[pool.space]
chain = "fil"
ledger = "sql"
time_zone = "Asia/Shanghai"
first_day = "2026-11-01"
whole = "sold"
[pool.space.stream.mainnet]
"#;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A pool that is settled by a clock of ours.
struct Scene {
    settler: Settler,
    clock: Arc<DrivenClock>,
}

impl Scene {
    async fn on(url: &str) -> Scene {
        let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        std::fs::write(file.path(), CONFIG).unwrap();
        let settings = load(&Sources {
            files: vec![file.path().to_owned()],
            environment: Environment::from_iter([("X", "")]),
            ..Sources::default()
        });
        let terms = pool_terms(&settings.unwrap(), "space").unwrap();
        // A server that is away is told soon.
        let options = PostgresOptions {
            connect_timeout_ms: 500,
            ..PostgresOptions::default()
        };
        let books = Books::connect_with(url, &options).await.unwrap();
        books.migrate().await.unwrap();
        let begin = terms.zones().instants(terms.first_day).start;
        let clock = Arc::new(DrivenClock::new(begin));
        let settler = Settler {
            books,
            terms,
            observer: None,
            clock: clock.clone(),
            stop: Stop::default(),
        };
        Scene { settler, clock }
    }

    /// So many minutes into a day there.
    fn set(&self, on: &str, minutes: u64) {
        let begins = self.settler.terms.zones().instants(day(on)).start;
        self.clock.set(begins.saturating_add_ms(minutes * 60_000));
    }

    async fn record(&self, on: &str) {
        use paydirt_schedule::Clock as _;
        let (books, terms) = (&self.settler.books, &self.settler.terms);
        let mut session = books.begin().await.unwrap();
        let entry = income::Entry {
            kind: ItemKind::Income,
            day: day(on),
            amount: BaseUnits::new(1_000_000_000_000_000_000),
            source: income::ENTRY.into(),
            note: None,
            beside_observed: false,
            late: false,
        };
        let stream = &terms.streams[0];
        let now = self.clock.now();
        income::record(&mut session, terms, stream, &entry, "test", now)
            .await
            .unwrap();
        session.commit().await.unwrap();
    }

    async fn state(&self, on: &str) -> Option<RunState> {
        let books = &self.settler.books;
        let mut session = books.look().await.ok()?;
        let pool = session.pool(&self.settler.terms.id).await.ok()?;
        let runs = session.job_runs(pool.number, day(on), day(on)).await.ok()?;
        runs.into_iter()
            .find(|run| run.job == JOB)
            .map(|run| run.state)
    }

    async fn until(&self, on: &str, state: RunState) {
        while self.state(on).await != Some(state) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Until it has nothing to do but to wait.
    async fn until_it_sleeps(&self) {
        while self.clock.sleepers() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Runs the settler beside a story, and stops it at its end.
    async fn beside(&self, story: impl Future<Output = ()>) {
        let story = async {
            story.await;
            self.settler.stop.ask();
        };
        tokio::join!(self.settler.run(), story);
    }
}

async fn each_day_is_settled_when_its_turn_comes_and_a_waiting_one_is_tried_again(url: &str) {
    let scene = Scene::on(url).await;
    scene
        .beside(async {
            scene.record("2026-11-01").await;
            scene.set("2026-11-02", 14);
            scene.until_it_sleeps().await;
            assert_eq!(scene.state("2026-11-01").await, None);
            scene.set("2026-11-02", 15);
            scene.until("2026-11-01", RunState::Done).await;
            // Nobody was there for a week.
            scene.until_it_sleeps().await;
            scene.record("2026-11-02").await;
            scene.set("2026-11-09", 20);
            scene.until("2026-11-02", RunState::Done).await;
            scene.until("2026-11-03", RunState::Waiting).await;
            scene.until_it_sleeps().await;
            scene.record("2026-11-03").await;
            scene.clock.advance_ms(RETRY_MS - 1);
            scene.until_it_sleeps().await;
            assert_eq!(scene.state("2026-11-03").await, Some(RunState::Waiting));
            scene.clock.advance_ms(1);
            scene.until("2026-11-03", RunState::Done).await;
            scene.until("2026-11-04", RunState::Waiting).await;
        })
        .await;
}

mod sqlite {
    use super::*;

    #[tokio::test]
    async fn each_day_is_settled_when_its_turn_comes() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("books.db").display());
        each_day_is_settled_when_its_turn_comes_and_a_waiting_one_is_tried_again(&url).await;
    }
}

mod postgres {
    use super::*;

    #[tokio::test]
    async fn each_day_is_settled_when_its_turn_comes() {
        let server = PostgresServer::start().await.unwrap();
        let url = server.url();
        each_day_is_settled_when_its_turn_comes_and_a_waiting_one_is_tried_again(&url).await;
    }

    #[tokio::test]
    async fn a_server_that_is_away_when_a_day_is_due_is_tried_until_it_is_back() {
        let mut server = PostgresServer::start().await.unwrap();
        let scene = Scene::on(&server.url()).await;
        scene
            .beside(async {
                scene.record("2026-11-01").await;
                scene.until_it_sleeps().await;
                server.kill9();
                scene.set("2026-11-02", 15);
                for _ in 0..3 {
                    scene.until_it_sleeps().await;
                    scene.clock.advance_ms(60_000);
                }
                assert_eq!(scene.state("2026-11-01").await, None);
                server.restart().await.unwrap();
                while scene.state("2026-11-01").await != Some(RunState::Done) {
                    scene.until_it_sleeps().await;
                    scene.clock.advance_ms(60_000);
                }
            })
            .await;
    }
}
