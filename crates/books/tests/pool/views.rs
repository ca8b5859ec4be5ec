//! People who query the database find plain words, exact amounts, and what the operators knew.

use paydirt_books::{CreditTo, ItemKind, NewItem};
use paydirt_money::BaseUnits;

use super::home;
use crate::full::full;
use crate::home::Raw;
use crate::scene::{BY, Scene, Terms, midnight, nov, released};

#[tokio::test]
async fn balance_and_trial_balance_say_what_there_is() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let mut raw = scene.raw().await;
    let columns = "member name pool coin available frozen vesting to_transfer in_flight paid \
                   receivable";
    let rows = raw.rows(columns, "balance ORDER BY member").await;
    assert_eq!(
        rows,
        [
            "a|-|space|FIL|0.003599009|0.000001000|0.005400020|0.000000010|0.000000000|\
             0.000000000|0.000000000",
            "b|-|space|FIL|0.000000910|0.000000005|0.000000018|0.000000000|0.000000000|\
             0.000000070|0.000000000",
        ]
    );
    let columns = "pool coin account stream debit credit";
    let trial = raw
        .rows(columns, "trial_balance ORDER BY account, stream")
        .await;
    assert!(
        trial.contains(&"space|FIL|wallet|-|0.000000005|-".to_owned()),
        "{trial:?}"
    );
    assert!(
        trial.contains(&"space|FIL|deposits|-|-|0.000000005".to_owned()),
        "{trial:?}"
    );
    let sum = |column: usize| -> i64 {
        let texts = trial
            .iter()
            .map(|row| row.split('|').nth(column).unwrap().to_owned());
        texts
            .filter(|text| text != "-")
            .map(|text| units(&text))
            .sum()
    };
    assert_eq!(sum(4), sum(5));
    assert!(sum(4) > 10_000_000);
}

fn units(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap();
    assert_eq!(part.len(), 9, "{text}");
    whole.parse::<i64>().unwrap() * 1_000_000_000 + part.parse::<i64>().unwrap()
}

#[tokio::test]
async fn earning_has_a_row_for_each_line_with_its_parts() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let mut raw = scene.raw().await;
    let columns = "member order_id stream day power_bytes coefficient fee_rate gross fee net \
                   immediate vesting";
    let of = "earning WHERE member = 'a' AND stream = 'mainnet' ORDER BY day LIMIT 1";
    assert_eq!(
        raw.rows(columns, of).await,
        [
            "a|A1|mainnet|2026-11-01|1099511627776|1|0.1|0.001000003|0.000100000|0.000900003|\
             0.000225000|0.000675003"
        ]
    );
    let lines = "SELECT CAST(COUNT(*) AS TEXT) FROM earning";
    assert_eq!(raw.texts(lines).await, ["13"]);
    let whole = "earning WHERE settlement = 2 AND member = 'a'";
    let (bytes, millionths) = ((10_u128 << 60) / 1_000_000, (10_u128 << 60) % 1_000_000);
    let whole = raw.rows("whole_bytes revision coin pool", whole).await;
    assert_eq!(whole, [format!("{bytes}.{millionths:06}|0|FIL|space")]);
}

#[tokio::test]
async fn vesting_by_day_adds_up_to_every_release_and_every_line() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let mut raw = scene.raw().await;
    let from = "vesting_by_day WHERE stream = 'mainnet' ORDER BY released_on, earned_on, member";
    let rows = raw.rows("released_on earned_on member amount", from).await;
    let mut expected = Vec::new();
    for on in 1..=4_u32 {
        let before = released(1001, 2 + on.min(3), 5) - released(1001, 1 + on.min(3), 5);
        if on <= 3 {
            expected.push((on, "2026-10-29".to_owned(), "b", before));
        }
        for earned in 1..on {
            let gross = i64::from(earned) * 1_000_003;
            let net = gross - gross / 10;
            for (member, net) in [("a", net), ("b", 7)] {
                let total = net - net / 4;
                let k = on - earned;
                let amount = released(total, k, 5) - released(total, k - 1, 5);
                expected.push((on, nov(earned).to_string(), member, amount));
            }
        }
    }
    let text = |(on, earned, member, amount): (u32, String, &str, i64)| {
        let coins = format!("{}.{:09}", amount / 1_000_000_000, amount % 1_000_000_000);
        format!("{}|{earned}|{member}|{coins}", nov(on))
    };
    let expected: Vec<String> = expected.into_iter().map(text).collect();
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn vesting_by_day_knows_late_days_and_parts_that_went_over() {
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
    scene.settle(main, nov(1), all, &[(of_a, a, 1003, 0)]).await;
    scene.release(main, nov(3), CreditTo::Available).await;
    scene.settle(main, nov(2), all, &[(of_a, a, 54, 0)]).await;
    scene.release(main, nov(4), CreditTo::Available).await;
    let mut raw = scene.raw().await;
    let holder = format!(
        "INSERT INTO vesting_holder (version, from_day, member) VALUES ({of_a}, {}, {b})",
        nov(5).days_since_epoch()
    );
    raw.execute(&holder).await.unwrap();
    let from = "vesting_by_day WHERE pool = 'space' AND order_id = 'A1' \
                ORDER BY released_on, earned_on, member";
    let rows = raw.rows("released_on earned_on member amount", from).await;
    assert_eq!(
        rows,
        [
            "2026-11-03|2026-11-01|a|0.000000401",
            "2026-11-04|2026-11-01|a|0.000000200",
            "2026-11-04|2026-11-02|a|0.000000021",
        ]
    );
    // Only the view is asked: what is posted stays the member's that had it.
    let mut lawless = Raw::lawless(&scene.home).await;
    lawless
        .execute("UPDATE vesting_holder SET from_day = from_day - 1")
        .await
        .unwrap();
    let rows = raw.rows("released_on member", from).await;
    assert_eq!(rows, ["2026-11-03|a", "2026-11-04|b", "2026-11-04|b"]);
}

#[tokio::test]
async fn vesting_by_dates_takes_steps_on_those_days() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let a = scene.members(&["a"]).await[0];
    let of_a = scene.order("A1", a, 1).await;
    let all = Terms {
        to: CreditTo::Available,
        vesting: Some((0, 3)),
    };
    scene.settle(main, nov(1), all, &[(of_a, a, 100, 0)]).await;
    let mut lawless = Raw::lawless(&scene.home).await;
    let dates = "UPDATE vesting SET dates = '[\"2026-11-03\",\"2026-11-04\",\"2026-11-20\"]'";
    lawless.execute(dates).await.unwrap();
    for on in [2, 3, 5, 19, 20] {
        scene.release(main, nov(on), CreditTo::Available).await;
    }
    let mut raw = scene.raw().await;
    let rows = raw
        .rows("released_on amount", "vesting_by_day ORDER BY released_on")
        .await;
    assert_eq!(
        rows,
        [
            "2026-11-03|0.000000033",
            "2026-11-05|0.000000033",
            "2026-11-20|0.000000034"
        ]
    );
}

#[tokio::test]
async fn base_units_are_exact_however_many_there_are() {
    let scene = Scene::new(home().await).await;
    let main = scene.stream("mainnet").await;
    let mut session = scene.books.begin().await.unwrap();
    let amounts = [
        u128::MAX / 4,
        1,
        999_999_999_999_999_999,
        237_098_000_000_000_000_000,
    ];
    for (place, amount) in amounts.iter().enumerate() {
        let item = NewItem {
            stream: Some(main),
            day: nov(1),
            earned_on: nov(1),
            kind: ItemKind::Income,
            source: format!("{place}"),
            amount: BaseUnits::new(*amount),
            evidence: None,
            note: None,
            by: BY.into(),
        };
        session
            .add_item(scene.pool.number, &item, midnight(nov(2)))
            .await
            .unwrap();
        let unknown = NewItem {
            stream: None,
            kind: ItemKind::Unclassified,
            day: nov(2)
                .checked_add_days(i32::try_from(place).unwrap())
                .unwrap(),
            ..item
        };
        session
            .add_item(scene.pool.number, &unknown, midnight(nov(2)))
            .await
            .unwrap();
    }
    session.commit().await.unwrap();
    let mut raw = scene.raw().await;
    let columns = "pool stream day coin kind items open_items amount";
    let rows = raw.rows(columns, "income_by_day ORDER BY day").await;
    let coins = |units: u128| {
        let one = 1_000_000_000_000_000_000;
        format!("{}.{:018}", units / one, units % one)
    };
    let mut expected = vec![format!(
        "space|mainnet|2026-11-01|FIL|income|4|4|{}",
        coins(amounts.iter().sum())
    )];
    for (on, amount) in (2..).zip(amounts) {
        let amount = coins(amount);
        expected.push(format!(
            "space|-|2026-11-{on:02}|FIL|unclassified|1|1|{amount}"
        ));
    }
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn settlement_by_day_shows_what_a_day_was_made_of() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let mut lawless = Raw::lawless(&scene.home).await;
    let power = match scene.home.url().starts_with("sqlite") {
        true => "x'000000000000000001A697E2F92AE000'",
        false => "'\\x000000000000000001A697E2F92AE000'",
    };
    let set = format!(
        "UPDATE settlement SET pool_power = {power}, deductions = {power} WHERE number = 2"
    );
    lawless.execute(&set).await.unwrap();
    let columns = "settlement pool stream day revision coin items deductions income net fee \
                   retained immediate vesting pool_power_bytes orders members begins_at ends_at \
                   zone settled_at settled_by reason";
    let from = "settlement_by_day WHERE settlement = 2";
    let power = 0x01A6_97E2_F92A_E000_u64;
    let (whole, part) = (power / 10_u64.pow(18), power % 10_u64.pow(18));
    assert_eq!(
        lawless.rows(columns, from).await,
        [format!(
            "2|space|mainnet|2026-11-01|0|FIL|0.001001010000000000|{whole}.{part:018}|\
             0.001001010|0.000900010|0.000100000|0.000001000|0.000225001|0.000675009|{power}|\
             2|2|2026-11-01 00:00:00|2026-11-02 00:00:00|UTC|2026-11-02 00:00:00|test|-"
        )]
    );
    let days = lawless
        .texts("SELECT CAST(COUNT(*) AS TEXT) FROM settlement_by_day")
        .await;
    assert_eq!(days, ["7"]);
    let unknown = "settlement_by_day WHERE settlement = 3";
    let rows = lawless.rows("pool_power_bytes deductions", unknown).await;
    assert_eq!(rows, ["-|0.000000000000000000"]);
}

#[tokio::test]
async fn currency_transfer_has_the_numbers_that_the_operators_knew() {
    let scene = Scene::new(home().await).await;
    let mut raw = scene.raw().await;
    let now = midnight(nov(2)).as_ms();
    let wallet = "INSERT INTO wallet (id, network, genesis, address, finality) \
                  VALUES ('w', 'n', 'g', 'f0', '{}')";
    raw.execute(wallet).await.unwrap();
    for (place, state) in (0_i64..).zip(["live", "settled", "released", "void"]) {
        let closed = if place == 0 { "NULL" } else { "1793664000000" };
        let tx = if place == 1 {
            "'0x1', 5, '0xb'"
        } else {
            "NULL, NULL, NULL"
        };
        let payment_state = if place == 0 { "held" } else { "closed" };
        for sql in [
            format!(
                "INSERT INTO payment (id, wallet, purpose, state, planned_at, closed_at, \
                 included_tx, included_block, included_hash) VALUES ('p{place}', 1, 'pay', \
                 '{payment_state}', {now}, {closed}, {tx})"
            ),
            format!(
                "INSERT INTO leg (id, payment, place, pool, member, address, coin, decimals, \
                 amount, source, state) VALUES ('l{place}', 'p{place}', 0, 'space', 'm{place}', \
                 'f1', 'FIL', 18, 1500000000, 'threshold', '{state}')"
            ),
        ] {
            raw.execute(&sql).await.unwrap();
        }
    }
    let columns = "id member pool coin address amount status status_word tx created_at updated_at";
    let rows = raw.rows(columns, "currency_transfer ORDER BY id").await;
    let [made, ended] = ["2026-11-02 00:00:00", "2026-11-03 00:00:00"];
    let row = |id: u8, status: &str, tx: &str, updated: &str| {
        format!("l{id}|m{id}|space|FIL|f1|1.500000000|{status}|{tx}|{made}|{updated}")
    };
    assert_eq!(
        rows,
        [
            row(0, "2|processing", "-", made),
            row(1, "4|paid", "0x1", ended),
            row(2, "3|failed", "-", ended),
            row(3, "5|cancelled", "-", ended),
        ]
    );
}

#[tokio::test]
async fn currency_transfer_has_withdrawals_and_not_the_legs_that_pay_them() {
    let scene = Scene::new(home().await).await;
    let mut raw = scene.raw().await;
    let now = midnight(nov(2)).as_ms();
    raw.execute("INSERT INTO member (number, code, added_at) VALUES (90001, 'w1', 1)")
        .await
        .unwrap();
    let states = "requested approved processing failed paid rejected cancelled approved";
    for (number, state) in (1..).zip(states.split(' ')) {
        let held = if state == "processing" {
            "'l', 1, 1"
        } else {
            "NULL, NULL, NULL"
        };
        let tx = if state == "paid" { "'0x9'" } else { "NULL" };
        let sql = format!(
            "INSERT INTO withdrawal (number, pool, member, amount, address, state, reason, \
             requested_by, requested_at, requested_on, decided_by, decided_at, leg, held_at, \
             held_on, tx, updated_at) SELECT {number}, number, 90001, 1500000000, 'f1', \
             '{state}', 'why', 'x', {now}, 1, 'y', 1, {held}, {tx}, {now} FROM pool"
        );
        raw.execute(&sql).await.unwrap();
    }
    // The last one failed before, and was queued again.
    raw.execute(
        "INSERT INTO withdrawal_event (withdrawal, at, by_whom, state) \
         VALUES (8, 1, 'x', 'failed')",
    )
    .await
    .unwrap();
    for sql in [
        "INSERT INTO wallet (id, network, genesis, address, finality) \
         VALUES ('w', 'n', 'g', 'f0', '{}')",
        "INSERT INTO payment (id, wallet, purpose, state, planned_at) \
         VALUES ('p', 1, 'pay', 'held', 1)",
        "INSERT INTO leg (id, payment, place, pool, member, address, coin, decimals, amount, \
         source, state) VALUES ('l', 'p', 0, 'space', 'w1', 'f1', 'FIL', 18, 1500000000, \
         'withdrawals', 'live')",
    ] {
        raw.execute(sql).await.unwrap();
    }
    let columns = "id member pool coin address amount status status_word tx created_at";
    let rows = raw.rows(columns, "currency_transfer ORDER BY id").await;
    let row = |id: u8, status: &str, tx: &str| {
        format!("{id}|w1|space|FIL|f1|1.500000000|{status}|{tx}|2026-11-02 00:00:00")
    };
    assert_eq!(
        rows,
        [
            row(1, "0|requested", "-"),
            row(2, "1|approved", "-"),
            row(3, "2|processing", "-"),
            row(4, "3|failed", "-"),
            row(5, "4|paid", "0x9"),
            row(6, "5|rejected", "-"),
            row(7, "5|cancelled", "-"),
            row(8, "6|queued again", "-"),
        ]
    );
}

#[tokio::test]
async fn ledger_entry_tells_every_change_and_views_can_only_be_read() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let mut raw = scene.raw().await;
    let columns = "pool posting day kind cause account stream member coin amount posted_at \
                   posted_by";
    let from = "ledger_entry WHERE member = 'a' ORDER BY posting, account";
    assert_eq!(
        raw.rows(columns, from).await,
        [
            "space|17|2026-11-04|hold|asked for|available|-|a|FIL|-0.000001000|\
             2026-11-05 00:00:00|test",
            "space|17|2026-11-04|hold|asked for|frozen|-|a|FIL|0.000001000|\
             2026-11-05 00:00:00|test",
        ]
    );
    for view in [
        "balance",
        "currency_transfer",
        "income_by_day",
        "settlement_by_day",
        "earning",
        "vesting_by_day",
        "trial_balance",
        "ledger_entry",
    ] {
        let sql = format!("UPDATE {view} SET coin = 'ETH'");
        assert!(raw.execute(&sql).await.is_err(), "{view}");
    }
}
