//! A payment of the program's own that is under way, or that failed, and what people do about it.

use serde_json::{Value, json};

use super::place;
use crate::place::{ETHER, MEMBERS, Place, on_request};

const PAYER: usize = 3;

/// By whom, and with a wallet beside the pool's that pays by hand.
async fn by(place: &Place, who: &str, line: &str) -> (bool, String) {
    let payer = paydirt_testkit::DEV_ACCOUNTS[PAYER].address;
    let set = on_request(&format!("daily_cap=1000 payers={payer}"));
    let mut command = place.command(&format!("{line} {set}"));
    command.env("USER", who).args(["--reason", "looked it up"]);
    let output = place.run(command).await;
    (output.status.success(), crate::place::in_words(&output))
}

async fn refused(place: &Place, who: &str, line: &str, why: &str) {
    let (done, said) = by(place, who, line).await;
    assert!(!done && said.contains(why), "{line}: {said}");
}

async fn done(place: &Place, who: &str, line: &str) {
    let (done, said) = by(place, who, line).await;
    assert!(done, "{line}: {said}");
}

/// Paid by hand to a member's address; its transaction.
async fn by_hand(place: &Place, member: &str, units: i64) -> String {
    let from = paydirt_testkit::DEV_ACCOUNTS[PAYER].address;
    let (_, _, to) = MEMBERS.iter().find(|(name, ..)| *name == member).unwrap();
    let wei = u128::try_from(units).unwrap() * crate::place::WEI;
    let sent = json!([{ "from": from, "to": to, "value": format!("{wei:#x}"), "gas": "0x186a0" }]);
    let tx = place.node.rpc("eth_sendTransaction", sent).await.unwrap();
    tx.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_is_repaired_while_its_payment_is_under_way() {
    let place = place().await.settled().await;
    let id = place.approved("ann", ETHER).await;
    // No block is made: it is sent, and stays on its way.
    let settings = on_request("daily_cap=1000");
    let line = &format!("payouts run --once --yes --deadline 2s {settings}");
    let ran = place.run(place.command(line)).await;
    assert_eq!(
        ran.status.code(),
        Some(3),
        "{}",
        crate::place::in_words(&ran)
    );
    assert_eq!(place.count("state = 'processing'").await, 1);
    let tx = format!("0x{}", "12".repeat(32));
    for line in [
        format!("withdrawals requeue {id}"),
        format!("withdrawals mark-paid {id} --tx {tx}"),
        format!("withdrawals cancel {id}"),
    ] {
        refused(&place, "alice", &line, "payouts cancel").await;
    }
    place.mine();
    place.pay("request").await;
    place.assert_paid(&[("ann", ETHER, 1)], "after all").await;
}

#[tokio::test]
async fn what_failed_here_and_was_paid_by_hand_is_never_paid_again() {
    let place = place().await.settled().await;
    let id = place.approved("tess", 2 * ETHER).await;
    let ran = place.pay("request").await;
    assert_eq!(ran["tally"]["released"], 1, "{ran}");
    assert_eq!(place.count("state = 'failed'").await, 1);
    place.takes_again().await;
    place.stop_mining();
    let tx = by_hand(&place, "tess", 2 * ETHER).await;
    let requeue = format!("withdrawals requeue {id}");
    refused(&place, "alice", &requeue, "pending").await;
    place.mine();
    while place.is_pending(&tx).await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    refused(&place, "alice", &requeue, &tx).await;
    let later = format!("{requeue} --since 2099-01-01");
    refused(&place, "alice", &later, "would not be found").await;
    let mark_paid = format!("withdrawals mark-paid {id} --tx {tx}");
    let mut proposed = by(&place, "alice", &mark_paid).await;
    while !proposed.0 {
        assert!(proposed.1.contains("not final yet"), "{}", proposed.1);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        proposed = by(&place, "alice", &mark_paid).await;
    }
    refused(&place, "alice", &mark_paid, "another person").await;
    done(&place, "bob", &mark_paid).await;
    place.pay("request").await;
    let shown: Value = place.json("members show tess").await;
    let has = &shown["balances"][0];
    assert_eq!(
        (&has["paid"], &has["frozen"]),
        (&json!("2.000000000"), &json!("0.000000000"))
    );
    let verified = place.json("ledger verify --pool ether").await;
    assert_eq!(verified["rows"][0]["state"], "right", "{verified}");
    assert_eq!(
        place.wei(MEMBERS[4].2).await,
        2 * 1_000_000_000 * crate::place::WEI
    );
}

#[tokio::test]
async fn a_payment_that_was_for_something_else_is_named_and_stands_in_the_evidence() {
    let place = place().await.settled().await;
    let id = place.approved("tess", 2 * ETHER).await;
    place.pay("request").await;
    place.takes_again().await;
    let tx = by_hand(&place, "tess", 2 * ETHER).await;
    while place.is_pending(&tx).await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let requeue = format!("withdrawals requeue {id}");
    let except = format!("{requeue} --except {tx}");
    refused(&place, "alice", &requeue, "--except").await;
    done(&place, "alice", &except).await;
    refused(&place, "bob", &requeue, "--except").await;
    done(&place, "bob", &except).await;
    let shown = place.json(&format!("withdrawals show {id}")).await;
    assert!(shown["events"].to_string().contains(&tx), "{shown}");
    assert_eq!(place.count("state = 'approved'").await, 1);
}

#[tokio::test]
async fn what_failed_and_was_paid_by_nobody_is_queued_again_and_paid_once() {
    let place = place().await.settled().await;
    let id = place.approved("tess", 2 * ETHER).await;
    place.pay("request").await;
    place.takes_again().await;
    let requeue = format!("withdrawals requeue {id}");
    done(&place, "alice", &requeue).await;
    refused(&place, "alice", &requeue, "another person").await;
    assert_eq!(place.count("state = 'failed'").await, 1);
    done(&place, "bob", &requeue).await;
    place
        .ok("payouts quarantine lift tess --reason mended --pool ether")
        .await;
    let ran = place.pay("request").await;
    assert_eq!(ran["tally"]["settled"], 1, "{ran}");
    place
        .assert_paid(&[("tess", 2 * ETHER, 1)], "queued again")
        .await;
}
