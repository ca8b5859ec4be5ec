//! Stories in which money was once lost, paid twice or stuck, found by reading the engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't build its input has failed"
)]

mod scene;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use paydirt_books::Books;
use paydirt_chain::{Address, Call, LegOutcome, Receipt, TxId, TxOutcome};
use paydirt_devnet::{Call as DevCall, Lie, Payee};
use paydirt_faults::{Act, Faulty, Point, Script};
use paydirt_ledger::{
    Journal, Ledger, LeftoverRow, MemberId, PaymentState, RequestKind, Resolution,
};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::decide::{Around, Evidence, Step, next_step};
use paydirt_payouts::{Engine, Found, ReconcileOptions, RunOptions, Schedule};
use paydirt_schedule::Clock;
use scene::{ETHER, Scene, WEI};

async fn journal_at(path: &Path) -> Arc<dyn Journal> {
    let url = format!("sqlite://{}", path.display());
    let books = Books::connect(&url).await.unwrap();
    books.migrate().await.unwrap();
    Arc::new(books.journal().await.unwrap())
}

/// A copy of the journal's files, as a backup takes them.
fn copy_journal(from: &Path, to: &Path) {
    for end in ["", "-wal", "-shm"] {
        let of = |path: &Path| format!("{}{end}", path.display());
        if Path::new(&of(from)).exists() {
            std::fs::copy(of(from), of(to)).unwrap();
        }
    }
}

fn ledger_of(engine: &mut Engine, scene: &Scene, script: Script) {
    let inner: Arc<dyn Ledger> = scene.ledger.clone();
    let faulty = Arc::new(Faulty::new(inner, Arc::new(script)));
    engine.pools.get_mut(&scene.pool()).unwrap().ledger = faulty;
}

fn for_ms(deadline_ms: u64) -> RunOptions {
    RunOptions {
        deadline_ms: Some(deadline_ms),
        ..Scene::once()
    }
}

/// What the part of the journal that is lost had done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// Sent, mined, final, and recorded in the ledger.
    Settled,
    /// Sent and mined.
    Mined,
    /// Sent, and seen by no endpoint any more.
    Sent,
}

async fn restored_journal(only_planned: bool, lost: Lost) {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let dir = tempfile::tempdir().unwrap();
    let (whole, backup) = (dir.path().join("whole.db"), dir.path().join("backup.db"));
    let journal = journal_at(&whole).await;
    let mut engine = scene.engine();
    engine.journal = journal.clone();
    scene.net.set_base_fee(1_000 * WEI);
    if only_planned {
        let stop = engine.stop.clone();
        let script = Script::new(move |point: &Point| match point.name.as_str() {
            "ledger.hold:after" => {
                stop.ask();
                Act::Fail
            }
            _ => Act::Go,
        });
        ledger_of(&mut engine, &scene, script);
    }
    engine.run(&for_ms(20_000)).await.unwrap();
    assert_eq!(scene.books(&member), (0, ETHER, 0));
    copy_journal(&whole, &backup);

    scene.net.set_base_fee(WEI);
    let wallet = journal.wallets().await.unwrap()[0].id.clone();
    let known = journal.recent(&wallet, 1).await.unwrap().remove(0);
    let state = if only_planned {
        PaymentState::Planned
    } else {
        PaymentState::Held
    };
    assert_eq!(known.state, state);
    if only_planned {
        // The engine that goes on learns that it was held.
        let lease = match journal.acquire(&wallet, "a", 6_000, None).await.unwrap() {
            paydirt_ledger::Acquired::Granted(lease) => lease,
            other => panic!("{other:?}"),
        };
        let held = [paydirt_ledger::Change::Held(known.id)];
        journal
            .write(&lease, &held, scene.clock.now())
            .await
            .unwrap();
        journal.give_up(&lease).await.unwrap();
    }
    let mut engine = scene.engine();
    engine.journal = journal.clone();
    match lost {
        Lost::Settled => _ = engine.run(&Scene::once()).await.unwrap(),
        Lost::Mined | Lost::Sent => {
            scene.clock.stop_mining(true);
            engine.run(&for_ms(7_000)).await.unwrap();
            assert_eq!(scene.net.mempool().len(), 1);
            if lost == Lost::Mined {
                scene.net.mine(5);
            } else {
                scene.net.endpoint(0).forget_mempool();
            }
            scene.clock.stop_mining(false);
        }
    }

    let mut engine = scene.engine();
    engine.journal = journal_at(&backup).await;
    if lost != Lost::Sent {
        let error = engine.run(&Scene::once()).await.unwrap_err().to_string();
        assert!(error.contains("reconcile"), "{error}");
    }
    let options = ReconcileOptions {
        reason: "restored from a backup".into(),
        ..ReconcileOptions::default()
    };
    for _ in 0..2 {
        engine.reconcile(&options).await.unwrap();
    }
    engine.run(&Scene::once()).await.unwrap();
    scene.net.mine(20);
    let what = format!("only planned: {only_planned}, lost: {lost:?}");
    let due = u128::try_from(ETHER).unwrap() * WEI;
    assert_eq!(scene.received(&member), due, "{what}");
    assert_eq!(scene.books(&member), (0, 0, ETHER), "{what}");
    assert!(scene.ledger.held().await.unwrap().is_empty(), "{what}");
}

#[tokio::test]
async fn a_journal_restored_from_before_the_save_pays_nobody_again() {
    for lost in [Lost::Settled, Lost::Mined, Lost::Sent] {
        for only_planned in [false, true] {
            restored_journal(only_planned, lost).await;
        }
    }
}

#[tokio::test]
async fn a_request_that_is_asked_twice_does_not_end_the_run() {
    let scene = Scene::new();
    scene.net.set_base_fee(1_000 * WEI);
    let member = scene.member(ETHER);
    scene.run_for(20_000).await.unwrap();
    let payment = scene.journal.all_payments()[0].id;
    let wallet = scene.wallet_id().await;
    for _ in 0..2 {
        let kind = RequestKind::Cancel { payment };
        scene
            .journal
            .post(&wallet, kind, "ann", "wrong rate", scene.clock.now())
            .await
            .unwrap();
    }
    let none = RunOptions {
        pools: Some(Default::default()),
        ..for_ms(60_000)
    };
    scene.engine().run(&none).await.unwrap();
    assert_eq!(scene.books(&member), (ETHER, 0, 0));
}

fn row(scene: &Scene, member: &MemberId, units: i64, nonce: Option<u64>) {
    let row = LeftoverRow {
        text: format!("{member}:{units}"),
        member: member.clone(),
        amount: Amount::from_units(units, Coin::ETH),
        at: scene.clock.now(),
        transaction: None,
        nonce,
    };
    scene.ledger.add_leftover(row).unwrap();
}

fn pays(scene: &Scene, member: &MemberId, nonce: u64, units: i64) -> TxId {
    let call = Call {
        to: Address::canonical(member.as_str()),
        value: u128::try_from(units).unwrap() * WEI,
        data: Vec::new(),
    };
    scene.net.inject(&scene.wallet, nonce, call).unwrap()
}

#[tokio::test]
async fn a_row_whose_first_payment_failed_and_whose_second_did_not_is_paid() {
    let scene = Scene::new();
    let reason = "no".to_owned();
    let payee = scene.net.payee(Payee::Rejects { reason });
    let member = scene.member_at(&payee, 700);
    row(&scene, &member, 700, None);
    pays(&scene, &member, 0, 700);
    scene.net.mine(2);
    scene.net.set_payee(&payee, Payee::Plain).unwrap();
    let paid = pays(&scene, &member, 1, 700);
    scene.net.mine(4);
    let report = scene.engine().resolve(false).await.unwrap();
    assert_eq!(report.rows[0].done, Some(Resolution::Paid(paid)));
    assert_eq!(scene.books(&member), (0, 0, 700));
}

#[tokio::test]
async fn a_transaction_that_is_on_chain_without_a_receipt_is_not_credited_back() {
    let scene = Scene::new();
    let member = scene.member(700);
    row(&scene, &member, 700, None);
    let id = pays(&scene, &member, 0, 700);
    scene.net.mine(4);
    let receipt = None;
    scene.net.endpoint(0).lie(Lie::Receipt { id, receipt });
    let dry = scene.engine().resolve(true).await.unwrap();
    assert!(
        matches!(dry.rows[0].found, Found::NotFinal { .. }),
        "{dry:?}"
    );
}

#[tokio::test]
async fn what_was_sent_at_a_recorded_nonce_cannot_come_up_after_it_was_credited_back() {
    let scene = Scene::new();
    let member = scene.member(700);
    row(&scene, &member, 700, Some(2));
    let call = Call {
        to: Address::canonical(member.as_str()),
        value: 700 * WEI,
        data: Vec::new(),
    };
    scene.net.inject_unseen(&scene.wallet, 2, call).unwrap();
    scene.engine().resolve(false).await.unwrap();
    for _ in 0..3 {
        scene.member(ETHER);
    }
    scene.run().await.unwrap();
    scene.net.mine(10);
    let (balance, pending, paid) = scene.books(&member);
    let due = u128::try_from(700 - balance).unwrap() * WEI;
    assert_eq!(scene.received(&member), due, "{balance} {pending} {paid}");
}

#[tokio::test]
async fn a_recorded_nonce_that_cannot_be_right_is_refused() {
    let scene = Scene::new();
    let member = scene.member(700);
    row(&scene, &member, 700, Some(u64::MAX));
    let error = scene.engine().resolve(false).await.unwrap_err().to_string();
    assert!(error.contains("nonces"), "{error}");
    assert_eq!(scene.books(&member), (0, 700, 0));
}

#[tokio::test]
async fn a_receipt_that_only_one_node_ever_told_of_does_not_end_the_sending() {
    let scene = Scene::new();
    scene.member(ETHER);
    let (net, wallet, clock) = (scene.net.clone(), scene.wallet.clone(), scene.clock.clone());
    clock.stop_mining(true);
    scene.each_wait(move |tick| {
        let endpoint = net.endpoint(0);
        if let (1, Some((id, _))) = (tick, net.mempool().first().cloned()) {
            net.drop_from_mempool(&id);
            let receipt = Receipt {
                id: id.clone(),
                block: net.head(),
                outcome: TxOutcome::Whole(LegOutcome::Paid),
                fee: 21_000,
            };
            let receipt = Some(receipt);
            endpoint.lie(Lie::Receipt { id, receipt });
            let address = wallet.clone();
            endpoint.lie(Lie::Nonce { address, nonce: 1 });
        }
        if tick == 3 {
            endpoint.honest();
            clock.stop_mining(false);
        }
    });
    let report = scene.run_for(3_600_000).await.unwrap();
    assert_eq!(report.in_flight, 0);
    scene.assert_at_rest();
}

#[tokio::test]
async fn fees_above_the_cap_alert_once_whatever_they_are() {
    let scene = Scene::new();
    scene.net.set_base_fee(1_000 * WEI);
    scene.member(ETHER);
    let net = scene.net.clone();
    scene.each_wait(move |tick| net.set_base_fee((1_000 + u128::from(tick)) * WEI));
    scene.run_for(600_000).await.unwrap();
    let history = scene.journal.all_history();
    let alerts = history.iter().filter(|h| h.detail.contains("fee cap"));
    assert_eq!(alerts.count(), 1);
}

#[tokio::test]
async fn a_clock_that_was_set_back_stops_neither_sending_nor_replacing() {
    let scene = Scene::new();
    scene.member(ETHER);
    scene.clock.stop_mining(true);
    scene.run_for(20_000).await.unwrap();
    let payment = scene.journal.all_payments().remove(0);
    assert_eq!(payment.state, PaymentState::Saved);
    let holds = BTreeMap::new();
    let year_ms: i64 = 365 * 86_400_000;
    let now = paydirt_schedule::Timestamp::from_ms(scene.clock.now().as_ms() - year_ms);
    let mut around = Around {
        blind: false,
        now,
        holds: &holds,
        lowest_since: Some(now),
        is_mined: false,
        has_room: true,
        frozen: false,
        stopped: false,
        node_sends: false,
        resend_ms: 30_000,
        replace_after_ms: 180_000,
    };
    assert_eq!(next_step(&payment, &Evidence::Unseen, &around), Step::Send);
    around.now = now.saturating_add_ms(180_000);
    assert_eq!(
        next_step(&payment, &Evidence::Unseen, &around),
        Step::Replace
    );
}

#[tokio::test]
async fn a_daemon_goes_on_after_a_ledger_refused() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let mut engine = scene.engine();
    let ledger = scene.ledger.clone();
    let script = Script::new(move |point: &Point| {
        if point.name == "ledger.lock:after" && point.nth == 1 {
            // An operator deletes our lock.
            ledger.set_lock(None);
        }
        Act::Go
    });
    ledger_of(&mut engine, &scene, script);
    let (stop, ledger, paid) = (engine.stop.clone(), scene.ledger.clone(), member.clone());
    scene.each_wait(move |tick| {
        if ledger.paid(&paid).units() > 0 || tick > 2_000 {
            stop.ask();
        }
    });
    let schedule = Schedule {
        at_once: true,
        next: Arc::new(|now| Some(now.saturating_add_ms(60_000))),
    };
    let options = RunOptions {
        schedules: BTreeMap::from([(scene.pool(), schedule)]),
        ..RunOptions::default()
    };
    engine.run(&options).await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
}

#[tokio::test]
async fn what_was_odd_about_a_settlement_is_told_though_the_next_move_fails() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let payee = scene.net.payee(Payee::Contract { gas: 100 });
    let fails = scene.member_at(&payee, 2 * ETHER);
    let (net, clock, ledger) = (scene.net.clone(), scene.clock.clone(), scene.ledger.clone());
    clock.stop_mining(true);
    let rolled = member.clone();
    scene.each_wait(move |tick| {
        if tick == 1 {
            let reason = "changed".to_owned();
            net.set_payee(&payee, Payee::Rejects { reason }).unwrap();
            ledger.roll_back_pending(&rolled).unwrap();
            clock.stop_mining(false);
        }
    });
    let mut engine = scene.engine();
    let broken = Point::new("ledger.release:before", 1);
    ledger_of(&mut engine, &scene, Script::at(broken, Act::Fail));
    engine.run(&Scene::once()).await.unwrap();
    assert_eq!(scene.books(&member), (0, 0, ETHER));
    assert_eq!(scene.books(&fails), (2 * ETHER, 0, 0));
    let history = scene.journal.all_history();
    let told = history
        .iter()
        .any(|h| h.detail.contains("hold was missing"));
    assert!(told, "{history:?}");
}

#[tokio::test]
async fn while_a_person_is_waited_for_blocks_are_looked_through_once() {
    let scene = Scene::new();
    let member = scene.member(ETHER);
    let (net, wallet, clock) = (scene.net.clone(), scene.wallet.clone(), scene.clock.clone());
    clock.stop_mining(true);
    let to = Address::canonical(member.as_str());
    scene.each_wait(move |tick| {
        if tick == 1 {
            let call = Call {
                to: to.clone(),
                value: 5,
                data: Vec::new(),
            };
            net.inject(&wallet, 0, call).unwrap();
            clock.stop_mining(false);
        }
    });
    scene.run_for(3_600_000).await.unwrap();
    assert_eq!(scene.books(&member), (0, ETHER, 0), "still held");
    let calls = scene.net.endpoint(0).take_calls();
    let scans = calls.iter().filter(|c| **c == DevCall::SentBy).count();
    assert_eq!(scans, 1);
}

#[tokio::test]
async fn a_restart_sends_the_same_bytes_again_at_once() {
    let scene = Scene::new();
    scene.member(ETHER);
    scene.clock.stop_mining(true);
    scene.run_for(7_000).await.unwrap();
    scene.net.endpoint(0).forget_mempool();
    assert!(scene.net.endpoint(0).mempool().is_empty());
    scene.run_for(1).await.unwrap();
    assert_eq!(scene.net.endpoint(0).mempool().len(), 1);
    let payment = scene.journal.all_payments().remove(0);
    assert_eq!(payment.attempts.len(), 1, "the same bytes");
}

#[tokio::test]
async fn a_command_takes_the_lease_of_an_owner_that_died() {
    let scene = Scene::new();
    scene.run().await.unwrap();
    let wallet = scene.wallet_id().await;
    scene
        .journal
        .acquire(&wallet, "elsewhere", 6_000, None)
        .await
        .unwrap();
    let answer = scene
        .engine()
        .request(RequestKind::Pause, "ann", "audit", 30_000)
        .await
        .unwrap();
    assert!(answer.unwrap().done);
}

#[tokio::test]
async fn a_payment_on_record_in_another_pool_pays_no_row_of_this_one() {
    let scene = Scene::new();
    let member = scene.member(700);
    row(&scene, &member, 700, None);
    let id = pays(&scene, &member, 0, 700);
    scene.net.mine(4);
    let other = Arc::new(paydirt_ledger::memory::MemoryLedger::strict(Coin::ETH));
    let mut engine = scene.engine();
    let mut pool = engine.pools.values().next().unwrap().clone();
    pool.id = paydirt_ledger::PoolId::new("another");
    pool.ledger = other.clone();
    other.set_balance(&member, Amount::from_units(0, Coin::ETH));
    let there = LeftoverRow {
        text: format!("{member}:700"),
        member: member.clone(),
        amount: Amount::from_units(700, Coin::ETH),
        at: scene.clock.now(),
        transaction: Some(id.clone()),
        nonce: None,
    };
    other.add_leftover(there).unwrap();
    engine.pools.insert(pool.id.clone(), pool);
    let report = engine.resolve(false).await.unwrap();
    let done: Vec<_> = report.rows.iter().map(|r| r.done.clone()).collect();
    assert_eq!(
        done,
        [Some(Resolution::Paid(id)), Some(Resolution::CreditBack)]
    );
}
