//! What each act does to a call, seen on the ledger's and the journal's models.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Arc;

use futures::poll;
use paydirt_chain::{Address, Finality, Identity};
use paydirt_faults::{Act, Faulty, Point, Script, Standing};
use paydirt_ledger::memory::{MemoryJournal, MemoryLedger};
use paydirt_ledger::{
    Acquired, Change, Journal, JournalError, JournalId, Lease, Ledger, LedgerError, WalletOpening,
};
use paydirt_money::Coin;
use paydirt_schedule::{Clock, DrivenClock, Timestamp};

fn ledger(script: Script) -> (Arc<dyn Ledger>, Faulty<dyn Ledger>, Arc<Script>) {
    let script = Arc::new(script);
    let inner: Arc<dyn Ledger> = Arc::new(MemoryLedger::new(Coin::ETH));
    (
        Arc::clone(&inner),
        Faulty::new(inner, Arc::clone(&script)),
        script,
    )
}

/// Whether this ledger knows this journal.
async fn knows(ledger: &Arc<dyn Ledger>, journal: JournalId) -> bool {
    ledger.look(journal, None, &[]).await.is_ok()
}

fn at(name: &str, act: Act) -> Script {
    Script::at(Point::new(name, 1), act)
}

#[tokio::test]
async fn a_failure_before_has_no_effect_and_one_after_has() {
    for (name, effect) in [
        ("ledger.attach:before", false),
        ("ledger.attach:after", true),
    ] {
        let (inner, faulty, _) = ledger(at(name, Act::Fail));
        let journal = JournalId::new();
        let failed = faulty.attach(journal).await;
        assert!(matches!(failed, Err(LedgerError::Unavailable(_))), "{name}");
        assert_eq!(knows(&inner, journal).await, effect, "{name}");
        faulty.attach(journal).await.unwrap();
        assert!(knows(&inner, journal).await);
    }
}

#[tokio::test]
async fn a_crash_never_returns_and_stops_every_other_caller() {
    let (inner, faulty, script) = ledger(at("ledger.attach:before", Act::Crash));
    let journal = JournalId::new();
    {
        let mut call = faulty.attach(journal);
        assert!(poll!(&mut call).is_pending());
        assert_eq!(script.stopped().await, Standing::Crashed);
        let mut other = faulty.attach(journal);
        assert!(poll!(&mut other).is_pending());
        script.resume();
        assert!(poll!(&mut call).is_pending() && poll!(&mut other).is_pending());
    }
    assert!(!knows(&inner, journal).await);
    assert_eq!(script.points(), [Point::new("ledger.attach:before", 1)]);
}

#[tokio::test]
async fn a_paused_caller_waits_for_resume_and_so_do_the_others() {
    let (inner, faulty, script) = ledger(at("ledger.attach:before", Act::Pause));
    let journal = JournalId::new();
    let mut call = faulty.attach(journal);
    assert!(poll!(&mut call).is_pending());
    assert_eq!(script.standing(), Standing::Paused);
    let mut other = faulty.health();
    assert!(poll!(&mut other).is_pending());
    assert!(!knows(&inner, journal).await);
    script.resume();
    call.await.unwrap();
    other.await.unwrap();
    assert!(knows(&inner, journal).await);
}

#[tokio::test]
async fn a_delay_waits_by_the_scripts_clock() {
    let clock = Arc::new(DrivenClock::new(Timestamp::EPOCH));
    let script = at("ledger.health:after", Act::Delay { ms: 50 });
    let (_, faulty, _) = ledger(script.with_clock(clock.clone()));
    let mut call = faulty.health();
    assert!(poll!(&mut call).is_pending());
    clock.advance_ms(49);
    assert!(poll!(&mut call).is_pending());
    clock.advance_ms(1);
    call.await.unwrap();
    assert_eq!(clock.now(), Timestamp::from_ms(50));
}

async fn leased(journal: &dyn Journal) -> Lease {
    let opening = WalletOpening {
        identity: Identity {
            network: "1".into(),
            genesis: "0x01".into(),
        },
        address: Address::canonical("0x02"),
        finality: Finality::Signalled,
    };
    let wallet = journal.open_wallet(&opening).await.unwrap();
    match journal.acquire(&wallet.id, "a", 1000, None).await.unwrap() {
        Acquired::Granted(lease) => lease,
        held => panic!("{held:?}"),
    }
}

#[tokio::test]
async fn a_write_names_its_changes_each_kind_once_and_counts_its_turns() {
    let clock = Arc::new(DrivenClock::new(Timestamp::EPOCH));
    let inner: Arc<dyn Journal> = Arc::new(MemoryJournal::new(clock));
    let last = Point::new("journal.write[alert+paused]:before", 2);
    let script = Arc::new(Script::at(last, Act::Fail));
    let faulty: Arc<dyn Journal> = Arc::new(Faulty::new(inner, Arc::clone(&script)));
    let lease = leased(&*faulty).await;
    let alert = Change::Alert {
        payment: None,
        message: "a".into(),
    };
    let paused = Change::Paused { reason: "b".into() };
    let changes = [alert.clone(), paused, alert];
    let write = || faulty.write(&lease, &changes, Timestamp::EPOCH);
    write().await.unwrap();
    assert!(matches!(write().await, Err(JournalError::Database(_))));
    let reached: Vec<String> = script.points().iter().map(ToString::to_string).collect();
    assert_eq!(
        reached,
        [
            "journal.open_wallet:before#1",
            "journal.open_wallet:after#1",
            "journal.acquire:before#1",
            "journal.acquire:after#1",
            "journal.write[alert+paused]:before#1",
            "journal.write[alert+paused]:after#1",
            "journal.write[alert+paused]:before#2",
        ]
    );
}

const CRASH_AT: &str = "PAYDIRT_FAULTS_TEST_CRASH_AT";
const LIST: &str = "PAYDIRT_FAULTS_TEST_LIST";

/// The process that the next test starts and that kills itself. Does nothing otherwise.
#[tokio::test]
async fn child_that_is_killed_where_the_environment_says() {
    let Some(script) = Script::from_env(CRASH_AT, LIST).unwrap() else {
        return;
    };
    let (_, faulty, _) = ledger(script);
    faulty.health().await.unwrap();
    faulty.health().await.unwrap();
}

fn child(crash_at: &str, list: &std::path::Path) -> std::process::ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed_where_the_environment_says"])
        .env(CRASH_AT, crash_at)
        .env(LIST, list)
        .output()
        .unwrap()
        .status
}

#[test]
fn a_script_from_the_environment_kills_its_process_there_and_lists_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("points");
    let killed = child("ledger.health:before#2", &list);
    assert_eq!(killed.signal(), Some(9), "{killed}");
    let reached = std::fs::read_to_string(&list).unwrap();
    let way = "ledger.health:before#1\nledger.health:after#1\nledger.health:before#2\n";
    assert_eq!(reached, way);
    assert!(child("ledger.health:before#3", &list).success());
    let refused = child("ledger.health#1", &list);
    assert_eq!(refused.signal(), None);
    assert!(!refused.success());
}
