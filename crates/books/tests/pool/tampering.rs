//! Whatever was changed behind the books' back is named.

use super::home;
use super::verify::first_difference;
use crate::full::full;
use crate::home::Raw;
use crate::scene::Scene;

/// A table, what is changed in it, and what the first difference says.
const TAMPERED: &[(&str, &str, &[&str])] = &[
    (
        "entry",
        "UPDATE entry SET amount = amount + 1 WHERE account = 'fees' AND posting = \
         (SELECT MIN(posting) FROM settlement WHERE kind = 'day')",
        &[
            "posting 4 (settlement: a made-up 2026-11-01)",
            "what it posts to fees",
            "0.0001 FIL",
        ],
    ),
    (
        "entry",
        "UPDATE entry SET amount = amount * 2 WHERE posting = (SELECT MAX(number) FROM posting)",
        &["posting 17 (hold: asked for): the hash of its entries"],
    ),
    (
        "entry",
        "UPDATE entry SET member = 2 WHERE posting = (SELECT MAX(number) FROM posting)",
        &["posting 17 (hold: asked for): the hash of its entries"],
    ),
    (
        "entry",
        "UPDATE entry SET amount = amount - 1 WHERE account = 'frozen' AND posting = \
         (SELECT MAX(number) FROM posting)",
        &["posting 17 (hold: asked for): the sum of its entries: expected 0, found -1"],
    ),
    (
        "entry",
        "DELETE FROM entry WHERE posting = (SELECT MAX(number) FROM posting)",
        &["posting 17 (hold: asked for): the hash of its entries"],
    ),
    (
        "entry",
        "UPDATE entry SET account = 'fees' WHERE account = 'frozen' AND posting = \
         (SELECT MAX(number) FROM posting)",
        &["posting 17 (hold: asked for), entry 1: expected an account of members, found fees"],
    ),
    (
        "entry",
        "UPDATE entry SET member = NULL WHERE posting = (SELECT MAX(number) FROM posting)",
        &["posting 17 (hold: asked for): what stands behind it: expected lines"],
    ),
    (
        "posting",
        "UPDATE posting SET cause = 'a gift' WHERE kind = 'hold'",
        &["posting 17 (hold: a gift): its hash"],
    ),
    (
        "posting",
        "UPDATE posting SET day = day + 1 WHERE kind = 'hold'",
        &["posting 17 (hold: asked for): its hash"],
    ),
    (
        "posting",
        "UPDATE posting SET posted_by = 'nobody' WHERE seq = 3",
        &["posting 3 (treasury: deposit 0x1): its hash"],
    ),
    (
        "posting",
        "UPDATE posting SET digest = hash WHERE kind = 'hold'",
        &["posting 17 (hold: asked for): the hash of its entries"],
    ),
    (
        "posting",
        "DELETE FROM posting WHERE seq = 5",
        &["the place of a posting: expected 5, found 6"],
    ),
    (
        "posting",
        "DELETE FROM posting WHERE seq = 17",
        &["the pool's number of postings: expected 16, found 17"],
    ),
    (
        "pool",
        "UPDATE pool SET head = (SELECT hash FROM posting WHERE seq = 16)",
        &["the pool's newest hash"],
    ),
    (
        "line",
        "UPDATE line SET fee = fee + 1, gross = gross + 1 WHERE settlement = 3 AND version = 2",
        &["settlement 3 (stream spacerace, 2026-11-01): the hash of its lines"],
    ),
    (
        "line",
        "UPDATE line SET gross = gross + 40 WHERE settlement = 2 AND version = 1",
        &[
            "settlement 2 (stream mainnet, 2026-11-01)",
            "vesting of the line of version 1",
        ],
    ),
    (
        "line",
        "DELETE FROM line WHERE settlement = 2 AND version = 2",
        &["settlement 2 (stream mainnet, 2026-11-01): the hash of its lines"],
    ),
    (
        "line",
        "UPDATE line SET version = 99 WHERE settlement = 3 AND version = 2",
        &["settlement 3", "the line of version 99", "found none"],
    ),
    (
        "settlement",
        "UPDATE settlement SET zone = 'Mars' WHERE number = 2",
        &["settlement 2 (stream mainnet, 2026-11-01): the hash of all it was made of"],
    ),
    (
        "settlement",
        "UPDATE settlement SET net = net + 1, income = income + 1 WHERE number = 3",
        &["settlement 3", "the hash of all it was made of"],
    ),
    (
        "settlement",
        "UPDATE settlement SET terms = '{}' WHERE number = 3",
        &["settlement 3 (stream spacerace, 2026-11-01): its terms"],
    ),
    (
        "settlement",
        "UPDATE settlement SET day = 20000 WHERE number = 3",
        &["settlement 3 (stream spacerace, 2024-10-04): the posting's day"],
    ),
    (
        "settlement",
        "UPDATE settlement SET posting = 99 WHERE number = 3",
        &["what stands behind it: expected lines of what it posts to to_transfer, found none"],
    ),
    (
        "settlement",
        "UPDATE settlement SET posting = (SELECT posting FROM settlement WHERE number = 1) \
         WHERE number = 2",
        &["posting 4 (settlement: a made-up 2026-11-01): what stands behind it"],
    ),
    (
        "opening",
        "DELETE FROM opening",
        &["posting 1 (opening: balances before these books, of old.csv): what stands behind it"],
    ),
    (
        "income_item",
        "UPDATE income_item SET source = 'thin air' WHERE settlement = 3",
        &["settlement 3", "the hash of all it was made of"],
    ),
    (
        "release",
        "UPDATE release SET amount = amount + 1 WHERE amount > 0",
        &[
            "the release of 2026-11-01 of stream mainnet: its amount",
            "0.0000002",
            "found 0.000000201",
        ],
    ),
    (
        "release",
        "UPDATE release SET digest = (SELECT hash FROM posting WHERE seq = 9) WHERE day = \
         (SELECT MAX(day) FROM release)",
        &["the release of 2026-11-04 of stream mainnet: the hash of its parts"],
    ),
    (
        "release",
        "UPDATE release SET digest = (SELECT hash FROM posting WHERE seq = 9) WHERE day = \
         (SELECT MAX(day) - 1 FROM release)",
        &["(release: vested on 2026-11-03): the hash of its entries"],
    ),
    (
        "release",
        "UPDATE release SET posting = NULL, amount = 0 WHERE day = (SELECT MAX(day) FROM release)",
        &["(release: vested on 2026-11-04): what stands behind it"],
    ),
    (
        "vesting",
        "UPDATE vesting SET steps_done = steps_done - 1 WHERE settlement = 2",
        &["settlement 2", "the steps released: expected 3, found 2"],
    ),
    (
        "vesting",
        "UPDATE vesting SET steps_done = 5 WHERE settlement = 2",
        &["settlement 2", "the steps released: expected 3, found 5"],
    ),
    (
        "vesting",
        "UPDATE vesting SET total = total + 1 WHERE settlement = 2",
        &["settlement 2", "the sum of what vests"],
    ),
    (
        "vesting",
        "UPDATE vesting SET day = day - 1 WHERE settlement = 2",
        &["settlement 2", "the day by which it vests"],
    ),
    (
        "vesting",
        "DELETE FROM vesting WHERE settlement = 2",
        &["settlement 2", "vesting of the line of version 1"],
    ),
    (
        "vesting_chunk",
        "UPDATE vesting_chunk SET quotients = (SELECT quotients FROM vesting_chunk \
         WHERE settlement = 4 AND first = 1) WHERE settlement = 2 AND first = 1",
        &[
            "settlement 2",
            "vesting of the line of version 1",
            "a step and",
        ],
    ),
    (
        "vesting_rate",
        "UPDATE vesting_rate SET members = quotients, quotients = members",
        &["stream mainnet: the daily release of version 1"],
    ),
    (
        "vesting_rate",
        "DELETE FROM vesting_rate",
        &[
            "stream mainnet: the daily release of version 1",
            "found none",
        ],
    ),
    (
        "transfer_line",
        "UPDATE transfer_line SET amount = amount + 1, available_after = available_after + 1",
        &["transfer 1: its amount: expected 0.000000203 FIL, found 0.000000202 FIL"],
    ),
    (
        "transfer_line",
        "UPDATE transfer_line SET member = 1",
        &["(transfer: all that it had collected for 1 members): the hash of its entries"],
    ),
    (
        "treasury",
        "UPDATE treasury SET tx = '0x2', posting = NULL",
        &["posting 3 (treasury: deposit 0x1): what stands behind it: expected its treasury"],
    ),
    (
        "treasury",
        "UPDATE treasury SET kind = 'draw'",
        &["posting 3 (treasury: deposit 0x1): what it posts to"],
    ),
    (
        "account_day",
        "UPDATE account_day SET amount = amount + 1 WHERE account = 'fees' AND day = \
         (SELECT MIN(day) FROM settlement WHERE kind = 'day')",
        &["the sum of fees on 2026-11-01: expected 0.000100009 FIL, found 0.00010001 FIL"],
    ),
    (
        "account_day",
        "DELETE FROM account_day WHERE account = 'wallet'",
        &["the sum of wallet on 2026-11-01: expected -0.000000005 FIL, found none"],
    ),
    (
        "member_balance",
        "UPDATE member_balance SET available = available + 1 WHERE member = 2",
        &["member b: available: expected 0.00000", "found 0.00000"],
    ),
    (
        "member_balance",
        "UPDATE member_balance SET paid = 0 WHERE member = 2",
        &["member b: paid: expected 0.00000007 FIL, found 0 FIL"],
    ),
    (
        "member_balance",
        "UPDATE member_balance SET receivable = 4 WHERE member = 2",
        &["member b: receivable: expected 0 FIL, found 0.000000004 FIL"],
    ),
    (
        "member_balance",
        "UPDATE member_balance SET vesting = vesting - 1 WHERE member = 1",
        &["member a: vesting"],
    ),
    (
        "member_balance",
        "UPDATE member_balance SET in_flight = 1 WHERE member = 1",
        &["member a: in_flight: expected 0 FIL, found 0.000000001 FIL"],
    ),
    (
        "member_balance",
        "DELETE FROM member_balance WHERE member = 1",
        &[
            "member number 1: available: expected 0.",
            "found no balance",
        ],
    ),
    (
        "stream_balance",
        "UPDATE stream_balance SET to_transfer = to_transfer + 1 WHERE member = 1",
        &["member a: to_transfer of stream spacerace: expected 0.00000001 FIL"],
    ),
    (
        "stream_balance",
        "DELETE FROM stream_balance WHERE member = 1",
        &["member number 1: to_transfer of stream spacerace: expected 0.00000001 FIL"],
    ),
    (
        "order_version",
        "UPDATE order_version SET member = 1 WHERE member = 2 AND cause = 'import'",
        &["member a: available"],
    ),
];

#[tokio::test]
async fn whatever_is_changed_behind_the_books_back_is_named() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let mut raw = Raw::lawless(&scene.home).await;
    for (table, sql, wanted) in TAMPERED {
        raw.tamper(table, sql).await;
        let found = first_difference(&scene).await;
        for part in *wanted {
            assert!(found.contains(part), "{sql}\n{part}\n{found}");
        }
        raw.restore(table).await;
    }
    assert_eq!(first_difference(&scene).await, "none");
}

#[tokio::test]
async fn a_second_settlement_of_one_posting_is_named() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let mut raw = Raw::lawless(&scene.home).await;
    for sql in [
        "CREATE TABLE forged AS SELECT * FROM settlement WHERE number = 3",
        "UPDATE forged SET number = 99, kind = 'opening'",
        "INSERT INTO settlement SELECT * FROM forged",
    ] {
        raw.execute(sql).await.unwrap();
    }
    let found = first_difference(&scene).await;
    assert!(
        found.contains("expected one thing, found settlement 99 and settlement 3"),
        "{found}"
    );
}
