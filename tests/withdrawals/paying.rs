//! Balances above the minimum, and withdrawals that are approved.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::place;
use crate::place::{ETHER, in_words, on_request, pay_line};

#[tokio::test]
async fn a_settled_day_is_paid_to_everybody_above_the_minimum() {
    let place = place().await.settled().await;
    let dry = place.json("payouts run --dry-run").await;
    assert_eq!(dry["wallets"][0]["payments"], 3, "{dry}");
    assert_eq!(dry["wallets"][0]["below_threshold"], 1, "{dry}");
    let ran = place.pay("threshold").await;
    assert_eq!(ran["tally"]["settled"], 2, "{ran}");
    let paid = [("ann", 3 * ETHER, 1), ("ben", 2 * ETHER, 1)];
    place.assert_paid(&paid, "by threshold").await;
    let again = place.pay("threshold").await;
    assert_eq!(again["tally"]["planned"], 0, "{again}");
    let status = place.json("payouts status").await;
    let rows = status["rows"].as_array().unwrap();
    let settled = rows.iter().filter(|row| row["state"] == "settled");
    assert_eq!(settled.count(), 2, "{status}");
    let check = place.json("check").await;
    let lines = check["rows"].as_array().unwrap();
    assert!(lines.iter().all(|line| line["status"] != "fail"), "{check}");
    place.ok("payouts reconcile --reason test --yes").await;
    place.assert_paid(&paid, "reconciled").await;
}

#[tokio::test]
async fn approved_withdrawals_are_paid_together_and_one_that_fails_stops_nobody() {
    let place = place().await.settled().await;
    place.approved("ann", ETHER).await;
    place.approved("ann", ETHER / 2).await;
    place.approved("ben", ETHER + 1).await;
    place.approved("tess", 2 * ETHER).await;
    place.approved("ina", ETHER).await;
    let ran = place.pay("request").await;
    let tally = (&ran["tally"]["settled"], &ran["tally"]["released"]);
    assert_eq!(tally, (&2.into(), &1.into()), "{ran}");
    let skipped = ran["skipped"].to_string();
    assert!(skipped.contains("ina"), "{ran}");
    let paid = [("ann", 3 * ETHER / 2, 1), ("ben", ETHER + 1, 1)];
    place.assert_paid(&paid, "on request").await;
    assert_eq!(place.count("state = 'paid' AND tx LIKE '0x%'").await, 3);
    assert_eq!(
        place.count("state = 'failed' AND reason IS NOT NULL").await,
        1
    );
    // In quarantine before anything was held for it.
    assert_eq!(
        place.count("state = 'approved' AND held_at IS NULL").await,
        1
    );
    let tess = place.json("members show tess").await;
    assert_eq!(tess["balances"][0]["frozen"], "2.000000000");
    let again = place.pay("request").await;
    assert_eq!(again["tally"]["planned"], 0, "{again}");
    // Who asked for nothing is paid by threshold only; what is asked for is paid in both modes.
    place.approved("sue", ETHER / 10).await;
    place.pay("threshold").await;
    let paid = [
        ("ann", 3 * ETHER, 2),
        ("ben", 2 * ETHER, 2),
        ("sue", ETHER / 10, 1),
    ];
    place.assert_paid(&paid, "by threshold too").await;
}

#[tokio::test]
async fn what_the_days_cap_has_no_room_for_waits() {
    let place = place().await.settled().await;
    place.mine();
    place.approved("ann", ETHER).await;
    place.approved("ben", 2 * ETHER).await;
    place.approved("sue", ETHER / 4).await;
    let capped = format!(
        "{} --set pool.ether.payouts.daily_cap=1.5",
        pay_line("request")
    );
    let ran = place.json(&capped).await;
    assert_eq!(ran["tally"]["settled"], 2, "{ran}");
    let bad = ran["unreadable"].to_string();
    assert!(
        bad.contains("above the pool's daily cap of 1.5 ETH"),
        "{ran}"
    );
    place.approved("ann", ETHER / 2).await;
    let ran = place.json(&capped).await;
    let waiting = ran["waiting"].to_string();
    assert!(waiting.contains("later day"), "{ran}");
    let paid = [("ann", ETHER, 1), ("sue", ETHER / 4, 1)];
    place.assert_paid(&paid, "capped").await;
}

#[tokio::test]
async fn whoever_is_killed_at_whatever_step_the_next_pays_what_is_left_once() {
    for point in [
        "journal.write[plan]:after#1",
        "ledger.hold:before#1",
        "ledger.hold:after#1",
        "journal.save:after#1",
        "chain.submit:midway#1",
        "ledger.settle:after#1",
        "ledger.release:after#1",
    ] {
        let place = place().await.settled().await;
        place.approved("ann", ETHER).await;
        place.approved("ann", ETHER / 2).await;
        place.approved("tess", 2 * ETHER).await;
        let mut command = place.command(&pay_line("threshold"));
        command.env("PAYDIRT_CRASH_AT", point);
        let killed = place.run(command).await;
        assert_eq!(
            killed.status.signal(),
            Some(9),
            "{point}: {}",
            in_words(&killed)
        );
        place.pay("threshold").await;
        // What is left of Ann's balance goes by itself.
        let paid = [("ann", 3 * ETHER, 2), ("ben", 2 * ETHER, 1)];
        place.assert_paid(&paid, point).await;
        assert_eq!(place.count("state = 'paid'").await, 2, "{point}");
        assert_eq!(
            place.count("state IN ('failed', 'approved')").await,
            1,
            "{point}"
        );
    }
}

#[tokio::test]
async fn serve_pays_by_schedule_a_pool_that_its_books_learn_of_meanwhile() {
    let place = place().await;
    place.ok("migrate").await;
    place.mine();
    // Balances are left alone, so that there is something to ask for.
    let line = format!("serve {}", on_request("interval=1s daily_cap=1000"));
    let mut served = place.start(&line, "served.log");
    let log = || std::fs::read_to_string(place.path("served.log")).unwrap();
    let place = &place;
    let wait = async |what: &str, served: &mut std::process::Child| {
        while !log().contains(what) {
            assert!(served.try_wait().unwrap().is_none(), "{}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    wait("nothing to pay", &mut served).await;
    place.settle().await;
    place.approved("ben", ETHER).await;
    let paid = async || place.count("state = 'paid'").await;
    while paid().await == 0 {
        assert!(served.try_wait().unwrap().is_none(), "{}", log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    kill_process(Pid::from_child(&served), Signal::TERM).unwrap();
    assert!(served.wait().unwrap().success(), "{}", log());
    place.pay("threshold").await;
    assert_eq!(place.count("state = 'paid'").await, 1);
}
