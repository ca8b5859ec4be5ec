//! Books are computed again, and whatever was changed behind their back is named.

use paydirt_books::{Account, CreditTo, Entry, Looked, NewPosting, Verified};

use super::home;
use crate::full::full;
use crate::home::Raw;
use crate::scene::{AT_ONCE, BY, Scene, Terms, midnight, nov};

const VESTS: Terms = Terms {
    to: CreditTo::Available,
    vesting: Some((250_000, 5)),
};

async fn verified(scene: &Scene) -> Verified {
    let mut session = scene.look().await;
    let mut told = 0;
    let verified = session
        .verify_ledger(&scene.pool.id, &mut |verifying| {
            assert!(verifying.postings >= told && verifying.postings <= verifying.of);
            told = verifying.postings;
        })
        .await
        .unwrap();
    assert_eq!(told, verified.looked.postings);
    verified
}

async fn first_difference(scene: &Scene) -> String {
    let difference = verified(scene).await.difference;
    difference.map_or_else(|| "none".into(), |difference| difference.to_string())
}

#[tokio::test]
async fn books_of_every_kind_are_right_and_all_of_them_are_looked_at() {
    let scene = Scene::new(home().await).await;
    assert_eq!(verified(&scene).await.looked, Looked::default());
    full(&scene).await;
    let verified = verified(&scene).await;
    assert_eq!(verified.difference, None);
    let looked = verified.looked;
    // Two of the opening; a deposit; seven days; four releases; a transfer; a hold.
    assert_eq!(looked.postings, 2 + 1 + 7 + 4 + 1 + 1);
    assert_eq!((looked.settlements, looked.lines), (8, 1 + 8 + 4 + 1));
    assert_eq!(
        (looked.releases, looked.transfers, looked.transfer_lines),
        (4, 1, 1)
    );
    assert_eq!(
        (looked.movements, looked.balances, looked.collected),
        (1, 2, 2)
    );
    assert!(looked.entries > 30 && looked.sums > 20, "{looked:?}");
}

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
        &["posting 16 (hold: asked for): the hash of its entries"],
    ),
    (
        "entry",
        "UPDATE entry SET member = 2 WHERE posting = (SELECT MAX(number) FROM posting)",
        &["posting 16 (hold: asked for): the hash of its entries"],
    ),
    (
        "entry",
        "UPDATE entry SET amount = amount - 1 WHERE account = 'frozen' AND posting = \
         (SELECT MAX(number) FROM posting)",
        &["posting 16 (hold: asked for): the sum of its entries: expected 0, found -1"],
    ),
    (
        "entry",
        "DELETE FROM entry WHERE posting = (SELECT MAX(number) FROM posting)",
        &["posting 16 (hold: asked for): the hash of its entries"],
    ),
    (
        "entry",
        "UPDATE entry SET account = 'fees' WHERE account = 'frozen' AND posting = \
         (SELECT MAX(number) FROM posting)",
        &["posting 16 (hold: asked for), entry 1: expected an account of members, found fees"],
    ),
    (
        "entry",
        "UPDATE entry SET member = NULL WHERE posting = (SELECT MAX(number) FROM posting)",
        &["posting 16 (hold: asked for): what stands behind it: expected lines"],
    ),
    (
        "posting",
        "UPDATE posting SET cause = 'a gift' WHERE kind = 'hold'",
        &["posting 16 (hold: a gift): its hash"],
    ),
    (
        "posting",
        "UPDATE posting SET day = day + 1 WHERE kind = 'hold'",
        &["posting 16 (hold: asked for): its hash"],
    ),
    (
        "posting",
        "UPDATE posting SET posted_by = 'nobody' WHERE seq = 3",
        &["posting 3 (treasury: deposit 0x1): its hash"],
    ),
    (
        "posting",
        "UPDATE posting SET digest = hash WHERE kind = 'hold'",
        &["posting 16 (hold: asked for): the hash of its entries"],
    ),
    (
        "posting",
        "DELETE FROM posting WHERE seq = 5",
        &["the place of a posting: expected 5, found 6"],
    ),
    (
        "posting",
        "DELETE FROM posting WHERE seq = 16",
        &["the pool's number of postings: expected 15, found 16"],
    ),
    (
        "pool",
        "UPDATE pool SET head = (SELECT hash FROM posting WHERE seq = 15)",
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
        &["member b: receivable: expected 0.000000003 FIL, found 0.000000004 FIL"],
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
        "UPDATE forged SET number = 99, revision = 1",
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

#[tokio::test]
async fn what_is_settled_late_vests_from_the_next_release_on() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    scene
        .settle(main, nov(1), VESTS, &[(of_a, a, 1_000_003, 0)])
        .await;
    scene.release(main, nov(2), CreditTo::Available).await;
    scene.release(main, nov(3), CreditTo::Available).await;
    // Its steps of two days are released together.
    scene
        .settle(main, nov(2), VESTS, &[(of_a, a, 999_999, 0)])
        .await;
    assert_eq!(first_difference(&scene).await, "none");
    scene.release(main, nov(4), CreditTo::Available).await;
    assert_eq!(first_difference(&scene).await, "none");
    // Where it goes may change on the way.
    for on in 5..=7 {
        scene.release(main, nov(on), CreditTo::Stream).await;
        assert_eq!(first_difference(&scene).await, "none");
    }
    let has = scene.balance(a).await;
    assert_eq!(has.vesting, 0);
    assert_eq!(has.available + has.to_transfer, 1_000_003 + 999_999);
}

#[tokio::test]
async fn releases_of_nothing_are_no_difference() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    let slow = Terms {
        to: CreditTo::Available,
        vesting: Some((0, 180)),
    };
    scene.settle(main, nov(1), slow, &[(of_a, a, 1, 0)]).await;
    for on in 2..=5 {
        assert_eq!(scene.release(main, nov(on), CreditTo::Available).await, 0);
    }
    scene.settle(main, nov(2), slow, &[(of_a, a, 100, 0)]).await;
    assert_eq!(first_difference(&scene).await, "none");
    assert_eq!(scene.release(main, nov(6), CreditTo::Available).await, 2);
    assert_eq!(first_difference(&scene).await, "none");
}

#[tokio::test]
async fn parts_that_went_over_to_another_member_are_its_own_from_that_day_on() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let [a, b] = scene.members(&["a", "b"]).await[..] else {
        panic!()
    };
    let of_a = scene.order("A1", a, 1).await;
    scene.order("B1", b, 1).await;
    let all = Terms {
        to: CreditTo::Available,
        vesting: Some((0, 5)),
    };
    scene.settle(main, nov(1), all, &[(of_a, a, 1002, 0)]).await;
    scene.release(main, nov(2), CreditTo::Available).await;
    scene.release(main, nov(3), CreditTo::Available).await;
    let mut raw = scene.raw().await;
    let holder = format!(
        "INSERT INTO vesting_holder (version, from_day, member) VALUES ({of_a}, {}, {b})",
        nov(4).days_since_epoch()
    );
    raw.execute(&holder).await.unwrap();
    let posting = NewPosting {
        kind: "order_transfer",
        stream: Some(main),
        day: nov(3),
        at: midnight(nov(4)),
        by: BY.into(),
        cause: "with what is vesting".into(),
    };
    let entries = [
        Entry::of_member(Account::Vesting, a, -602),
        Entry::of_member(Account::Vesting, b, 602),
    ];
    let (mut session, mut locked) = scene.begin().await;
    session.post(&mut locked, &posting, &entries).await.unwrap();
    session.commit().await.unwrap();
    // The member of the daily release is not changed yet: that is said.
    let found = first_difference(&scene).await;
    assert!(
        found.contains("the member of the daily release of version 1"),
        "{found}"
    );
    scene.release(main, nov(4), CreditTo::Available).await;
    assert_eq!(first_difference(&scene).await, "none");
    scene.release(main, nov(5), CreditTo::Available).await;
    scene.release(main, nov(6), CreditTo::Available).await;
    assert_eq!(first_difference(&scene).await, "none");
    let (a, b) = (scene.balance(a).await, scene.balance(b).await);
    assert_eq!(
        (a.available, a.vesting, b.available, b.vesting),
        (400, 0, 602, 0)
    );
}

#[tokio::test]
async fn all_at_once_needs_nothing_that_vests() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    scene
        .settle(main, nov(1), AT_ONCE, &[(of_a, a, 10, 1)])
        .await;
    assert_eq!(first_difference(&scene).await, "none");
    let mut raw = Raw::lawless(&scene.home).await;
    raw.execute(
        "INSERT INTO vesting (settlement, stream, day, steps, total) VALUES (1, 1, 20758, 5, 9)",
    )
    .await
    .unwrap();
    let found = first_difference(&scene).await;
    assert!(
        found.contains("which was free at once: expected 0, found 1"),
        "{found}"
    );
}
