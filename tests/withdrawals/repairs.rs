//! The operators' two emergency repairs, wrong steps included, with the chain's evidence.

use serde_json::{Value, json};

use super::shell;
use crate::shell::{ALICE, BOB, PAYER, STRANGER, Shell, U1, U2, WALLET};

const WEI: u128 = 1_000_000_000_000_000_000;
const HEADER: &str = "withdrawal,member,address,amount,status,requested\n";

/// Four of u1 and u2 that failed in the program before; their ids.
fn failed(shell: &Shell) -> Vec<String> {
    let rows = format!(
        "T1,u1,{U1},1,failed,2024-10-01\nT2,u1,{U1},2,3,2024-10-01\nT3,u1,{U1},3,3,2024-10-01\n\
         T4,u2,{U2},4,failed,2024-10-01\n"
    );
    shell.write("failed.csv", &[HEADER, &rows].concat());
    let import = ["withdrawals", "import", "failed.csv", "--pool", "ether"];
    shell.ok(ALICE, &[&import[..], &["--dry-run"]].concat());
    assert_eq!(shell.rows(ALICE, &["withdrawals", "list"]).len(), 0);
    shell.ok(ALICE, &import);
    let mut rows = shell.rows(ALICE, &["withdrawals", "list", "--state", "failed"]);
    rows.sort_by_key(|row| row["former"].as_str().unwrap().to_owned());
    rows.iter().map(crate::shell::id).collect()
}

fn mark_paid<'a>(id: &'a str, tx: &'a str) -> Vec<&'a str> {
    vec![
        "withdrawals",
        "mark-paid",
        id,
        "--tx",
        tx,
        "--reason",
        "paid by hand last night",
    ]
}

fn requeue(id: &str) -> Vec<&str> {
    vec![
        "withdrawals",
        "requeue",
        id,
        "--reason",
        "the transfer never arrived",
    ]
}

#[tokio::test]
async fn a_payment_by_hand_is_recorded_by_two_persons_after_every_wrong_one_is_refused() {
    let shell = shell().await.with_members().with_node().await;
    let ids = failed(&shell);
    let (one, two) = (ids[0].as_str(), ids[1].as_str());
    let right = shell.send(PAYER, U1, WEI).await;
    let refused = shell.refused(ALICE, 4, &mark_paid(one, &right));
    assert!(refused.contains("not final yet"), "{refused}");
    let of_stranger = shell.send(STRANGER, U1, WEI).await;
    let to_other = shell.send(PAYER, U2, WEI).await;
    let less = shell.send(WALLET, U1, WEI - 1).await;
    // A contract that takes nothing.
    let bytes = "0x60006000fd";
    let contract = "0x000000000000000000000000000000000000dead";
    shell.rpc("anvil_setCode", json!([contract, bytes])).await;
    let sent = json!({
        "from": paydirt_testkit::DEV_ACCOUNTS[PAYER].address, "to": contract, "gas": "0x186a0",
        "value": format!("{WEI:#x}"),
    });
    let reverted = shell.rpc("eth_sendTransaction", json!([sent])).await;
    let reverted = reverted.as_str().unwrap().to_owned();
    shell.finalise().await;
    let unknown = format!("0x{}", "12".repeat(32));
    for (tx, exit, what) in [
        (of_stranger.as_str(), 4, "none of the registered payers"),
        (&to_other, 4, &*format!("pays {U2}, not {U1}")),
        (&less, 4, "0.999999999999999999 ETH"),
        (&reverted, 4, "paid nobody"),
        (&unknown, 4, "no block has transaction"),
        ("0x12", 2, "no transaction's hash"),
        ("latest", 2, "no transaction's hash"),
    ] {
        let refused = shell.refused(ALICE, exit, &mark_paid(one, tx));
        assert!(refused.contains(what), "{refused}");
    }
    let refused = shell.refused(ALICE, 4, &mark_paid(two, &right));
    assert!(refused.contains("the withdrawal is of 2 ETH"), "{refused}");
    // Nothing was proposed by any of these.
    assert_eq!(
        shell
            .rows(BOB, &["approvals", "list", "--pool", "ether"])
            .len(),
        0
    );
    let dry = shell.json(
        ALICE,
        &["withdrawals", "mark-paid", one, "--tx", &right, "--dry-run"],
    );
    assert_eq!(dry["what"], "dry run");
    assert_eq!(dry["before"]["frozen"], "6.000000000");
    assert_eq!(
        (&dry["after"]["frozen"], &dry["after"]["paid"]),
        (&json!("5.000000000"), &json!("1.000000000"))
    );
    assert_eq!(dry["evidence"]["tx"], right);
    let proposed = shell.json(ALICE, &mark_paid(one, &right));
    assert_eq!(
        (&proposed["what"], &proposed["state"]),
        (&json!("proposed"), &json!("failed"))
    );
    let refused = shell.refused(ALICE, 4, &mark_paid(one, &right));
    assert!(refused.contains("another person"), "{refused}");
    assert_eq!(shell.has("u1"), ["50", "6", "0"]);
    let done = shell.json(BOB, &mark_paid(one, &right));
    assert_eq!(
        (&done["what"], &done["state"]),
        (&json!("done"), &json!("paid"))
    );
    assert_eq!(shell.has("u1"), ["50", "5", "1"]);
    // The same for another withdrawal, or again.
    let refused = shell.refused(ALICE, 4, &mark_paid(two, &right));
    assert!(
        refused.contains(&format!("what paid withdrawal {one}")),
        "{refused}"
    );
    let refused = shell.refused(BOB, 4, &mark_paid(one, &right));
    assert!(
        refused.contains("paid, neither failed nor approved"),
        "{refused}"
    );
    let shown = shell.json(BOB, &["withdrawals", "show", one]);
    assert_eq!(shown["tx"], right);
    let last = shown["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["evidence"]["proposed_by"], ALICE);
    assert_eq!(last["evidence"]["confirmed_by"], BOB);
    shell.verify();
}

#[tokio::test]
async fn what_was_paid_before_it_was_asked_for_pays_it_only_if_that_is_said() {
    // 2024-09-15 00:00 UTC; it was asked for on 2024-10-01.
    let started = ["--timestamp", "1726358400"];
    let shell = shell().await.with_members().with_node_of(&started).await;
    let ids = failed(&shell);
    let one = ids[0].as_str();
    let before = shell.send(PAYER, U1, WEI).await;
    shell.finalise().await;
    shell
        .rpc("evm_setNextBlockTimestamp", json!([1_727_740_800]))
        .await;
    shell.finalise().await;
    let refused = shell.refused(ALICE, 4, &mark_paid(one, &before));
    assert!(
        refused.contains("from before 2024-10-01") && refused.contains("--since"),
        "{refused}"
    );
    let mut since = mark_paid(one, &before);
    since.extend(["--since", "2024-09-01"]);
    let proposed = shell.json(ALICE, &since);
    assert_eq!(proposed["evidence"]["since"], "2024-09-01");
    assert_eq!(shell.json(BOB, &since)["state"], "paid");
    let after = shell.send(PAYER, U1, 2 * WEI).await;
    shell.finalise().await;
    shell.ok(ALICE, &mark_paid(&ids[1], &after));
    shell.verify();
}

#[tokio::test]
async fn one_from_before_is_queued_again_only_if_the_chain_shows_no_payment_of_it() {
    let shell = shell().await.with_members().with_node().await;
    let ids = failed(&shell);
    let (one, two) = (ids[0].as_str(), ids[1].as_str());
    let paid = shell.send(PAYER, U1, WEI).await;
    let refused = shell.refused(ALICE, 4, &requeue(one));
    assert!(
        refused.contains(&paid) && refused.contains("mark-paid"),
        "{refused}"
    );
    // The other one was paid by nobody.
    let dry = shell.json(ALICE, &["withdrawals", "requeue", two, "--dry-run"]);
    assert_eq!(dry["evidence"]["chain"]["found"], 0);
    assert_eq!(dry["evidence"]["chain"]["since"], "2024-10-01");
    let refused = shell.run(ALICE, &["withdrawals", "requeue", two]);
    assert_eq!(refused.exit(), 2, "{refused}");
    shell.ok(ALICE, &requeue(two));
    shell.refused(ALICE, 4, &requeue(two));
    assert_eq!(shell.json(BOB, &requeue(two))["state"], "approved");
    assert_eq!(shell.has("u1"), ["50", "6", "0"]);
    // What is on record does not stand in the way of one of the same amount.
    shell.finalise().await;
    shell.ok(ALICE, &mark_paid(one, &paid));
    shell.ok(BOB, &mark_paid(one, &paid));
    let more = format!("{HEADER}T5,u1,{U1},1,failed,2024-10-01\n");
    shell.write("more.csv", &more);
    let refused = shell.run(
        ALICE,
        &["withdrawals", "import", "more.csv", "--pool", "ether"],
    );
    assert_eq!(refused.exit(), 1, "{refused}");
    shell.verify();
}

#[tokio::test]
async fn a_failed_one_is_taken_back_by_two_persons() {
    let shell = shell().await.with_members().with_node().await;
    let ids = failed(&shell);
    let cancel = [
        "withdrawals",
        "cancel",
        &ids[2],
        "--reason",
        "the member asked",
    ];
    assert_eq!(shell.json(ALICE, &cancel)["what"], "proposed");
    assert_eq!(shell.has("u1"), ["50", "6", "0"]);
    let rows = shell.rows(BOB, &["approvals", "list", "--pool", "ether"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(shell.json(BOB, &cancel)["state"], "cancelled");
    assert_eq!(shell.has("u1"), ["53", "3", "0"]);
    assert_eq!(
        shell
            .rows(BOB, &["approvals", "list", "--pool", "ether"])
            .len(),
        0
    );
    shell.verify();
}

#[tokio::test]
async fn something_else_than_was_proposed_has_to_be_confirmed_by_another_person() {
    let shell = shell().await.with_members().with_node().await;
    let ids = failed(&shell);
    let one = ids[0].as_str();
    let first = shell.send(PAYER, U1, WEI).await;
    let second = shell.send(WALLET, U1, WEI).await;
    shell.finalise().await;
    shell.ok(ALICE, &mark_paid(one, &first));
    // What else the member has may change meanwhile.
    shell.ask("u1", "5", U1);
    let other = shell.json(BOB, &mark_paid(one, &second));
    assert_eq!(
        (&other["what"], &other["state"]),
        (&json!("proposed"), &json!("failed"))
    );
    let open = shell.rows(BOB, &["approvals", "list", "--pool", "ether"]);
    assert_eq!(open.len(), 1);
    assert_eq!(shell.has("u1"), ["45", "11", "0"]);
    let done = shell.json(ALICE, &mark_paid(one, &second));
    assert_eq!(
        (&done["state"], &done["evidence"]["tx"]),
        (&json!("paid"), &json!(second))
    );
    assert_eq!(shell.has("u1"), ["45", "10", "1"]);
    shell.verify();
}

#[tokio::test]
async fn an_unusable_address_keeps_a_failed_one_from_being_queued_again() {
    let shell = shell().await.with_members().with_node().await;
    let ids = failed(&shell);
    let address = ["members", "address", "u2", "--pool", "ether"];
    shell.ok(ALICE, &[&address[..], &["--remove", U2]].concat());
    let refused = shell.refused(ALICE, 4, &requeue(&ids[3]));
    assert!(refused.contains("not in the address book"), "{refused}");
    shell.ok(ALICE, &[&address[..], &["--add", U2]].concat());
    let refused = shell.refused(ALICE, 4, &requeue(&ids[3]));
    assert!(refused.contains("can be used from"), "{refused}");
}

#[tokio::test]
async fn without_its_node_nothing_is_recorded_as_paid() {
    let shell = shell().await.with_members();
    let ids = failed(&shell);
    let tx = format!("0x{}", "12".repeat(32));
    for line in [mark_paid(&ids[0], &tx), requeue(&ids[0])] {
        let refused = shell.refused(ALICE, 1, &line);
        assert!(refused.contains("no endpoint answered"), "{refused}");
    }
    let shown: Value = shell.json(ALICE, &["withdrawals", "show", &ids[0]]);
    assert_eq!(shown["state"], "failed");
}
