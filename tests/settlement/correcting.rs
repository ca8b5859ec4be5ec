//! Settled days, corrected by two persons; and months that are closed.

use paydirt_books::{Account, Entry, NewPosting};
use paydirt_ledger::{MemberId, PoolId};
use paydirt_schedule::{Clock as _, Day, SystemClock};
use serde_json::Value;

use super::shell;
use crate::shell::{FIRST, SECOND, Shell, columns};

const OF_FIRST: [&str; 8] = [
    "settle", "correct", "--pool", "space", "--stream", "mainnet", "--day", FIRST,
];
const WHY: [&str; 2] = ["--reason", "the node counted twice"];

fn correct<'a>(overrides: &[&'a str]) -> Vec<&'a str> {
    [&OF_FIRST[..], &WHY, overrides].concat()
}

/// What the member has is paid, as a withdrawal does it.
async fn pay_all(shell: &Shell, code: &str) {
    let books = shell.books().await;
    let mut session = books.begin().await.unwrap();
    let mut locked = session.lock_pool(&PoolId::new("space")).await.unwrap();
    let member = session.member(&MemberId::new(code)).await.unwrap().number;
    let pool = session.pool(&PoolId::new("space")).await.unwrap().number;
    let has = session.balance(pool, member).await.unwrap();
    let posting = NewPosting {
        kind: "paid",
        stream: None,
        day: SECOND.parse::<Day>().unwrap(),
        at: SystemClock.now(),
        by: "test".into(),
        cause: "withdrawn".into(),
    };
    let entries = [
        Entry::of_member(Account::Available, member, -has.available),
        Entry::of_member(Account::Paid, member, has.available),
    ];
    session.post(&mut locked, &posting, &entries).await.unwrap();
    session.commit().await.unwrap();
    books.close().await;
}

fn balance(shell: &Shell, code: &str) -> Value {
    shell.json(&["members", "show", code])["balances"][0].clone()
}

fn all_is_right(shell: &Shell) {
    shell.ok(&["ledger", "verify"]);
    shell.ok(&["settle", "verify"]);
    shell.ok(&["audit", "verify"]);
}

#[tokio::test]
async fn a_day_that_is_withdrawn_and_lowered_is_owed_and_recovered_from_the_next() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "118.95", "118.950 PB");
    shell.ok(&["settle", "--day", FIRST]);
    assert_eq!(balance(&shell, "u1")["available"], "0.900000000");
    pay_all(&shell, "u1").await;
    // Half of it had come in.
    let lower = correct(&["--income", "59.475 FIL"]);
    let dry = shell.json(&[&lower[..], &["--dry-run"]].concat());
    assert_eq!(dry["state"], "dry run");
    let overrides = &dry["overrides"][0];
    let expected = ["income", "118.95 FIL", "59.475 FIL"];
    assert_eq!(columns(overrides, &["what", "was", "is"]), expected);
    let names = ["member", "vesting", "available", "receivable"];
    let expected = ["u1", "0.000000000", "0.000000000", "0.450000000"];
    assert_eq!(columns(&dry["members"][0], &names), expected);
    // In rows, a difference is not what something is.
    let csv = shell.ok(&[&lower[..], &["--dry-run", "--output", "csv"]].concat());
    for line in [
        "of,name,member,what,was,is,difference",
        "figure,items,,,118.95 FIL,59.475 FIL,",
        "member,,u1,receivable,,,0.450000000",
    ] {
        assert!(csv.lines().any(|it| it == line), "{line}: {csv}");
    }
    assert_eq!(balance(&shell, "u1")["receivable"], "0.000000000");
    // One person proposes, and can't confirm.
    assert_eq!(shell.json(&lower)["state"], "proposed");
    let (exit, error) = shell.refused(&lower);
    assert_eq!(exit, 4, "{error}");
    assert!(
        error["message"].as_str().unwrap().contains("alice"),
        "{error}"
    );
    let open = shell.rows(&["approvals", "list", "--pool", "space"]);
    assert_eq!(
        columns(&open[0], &["kind", "proposed_by"]),
        ["settle correct", "alice"]
    );
    assert_eq!(balance(&shell, "u1")["receivable"], "0.000000000");
    // Another person does, but not something else.
    let other = correct(&["--income", "59.476 FIL"]);
    let other = shell.run_as("bob", &[&other[..], &["--output", "json"]].concat());
    assert!(other.out().contains("\"state\":\"proposed\""), "{other}");
    assert_eq!(shell.json(&lower)["state"], "proposed");
    let done = shell.run_as("bob", &[&lower[..], &["--output", "json"]].concat());
    assert!(done.out().contains("\"state\":\"corrected\""), "{done}");
    let owes = balance(&shell, "u1");
    let names = ["available", "paid", "receivable"];
    let expected = ["0.000000000", "0.900000000", "0.450000000"];
    assert_eq!(columns(&owes, &names), expected);
    all_is_right(&shell);
    // What counts, and what was booked.
    let income = |more: &[&str]| {
        let of = ["members", "income", "u1", "--pool", "space"];
        let found = shell.json(&[&of[..], more].concat());
        (
            found["totals"]["net"].clone(),
            found["rows"][0]["revision"].clone(),
        )
    };
    assert_eq!(income(&[]), ("0.450000000".into(), 1.into()));
    assert_eq!(income(&["--as-booked"]), ("0.900000000".into(), 0.into()));
    let shown = shell.json(&["settle", "show", "--pool", "space", "--day", FIRST]);
    let sums = |revision: usize| shown["rows"][revision]["sums"].as_array().unwrap().clone();
    assert!(
        (0..2).all(|it| sums(it).iter().all(|sum| sum["matches"] == true)),
        "{shown}"
    );
    // The next days go there first.
    for (day, expected) in [
        (SECOND, ["0.000000000", "0.150000000"]),
        ("2024-11-03", ["0.150000000", "0.000000000"]),
    ] {
        shell.record(day, "39.65", "118.950 PB");
        shell.ok(&["settle", "--day", day]);
        let has = balance(&shell, "u1");
        assert_eq!(columns(&has, &["available", "receivable"]), expected);
    }
    let debts = shell.json(&["members", "show", "u1"])["debts"].clone();
    let debts = debts.as_array().unwrap();
    let told: Vec<_> = debts
        .iter()
        .map(|it| columns(it, &["kind", "owed"]))
        .collect();
    let expected = [
        ["correction", "0.450000000"],
        ["recovery", "-0.300000000"],
        ["recovery", "-0.150000000"],
    ];
    assert_eq!(told, expected);
    all_is_right(&shell);
}

#[tokio::test]
async fn what_an_earlier_correction_took_out_is_in_no_later_one() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "118.95", "118.950 PB");
    shell.ok(&["settle", "--day", FIRST]);
    for overrides in [
        ["--without-order", "A3"],
        ["--order", "A2:fee_rate=0.1"],
        ["--income", "59.475 FIL"],
    ] {
        let line = correct(&overrides);
        shell.ok(&line);
        let done = shell.run_as("bob", &line);
        assert_eq!(done.exit(), 0, "{done}");
    }
    let show = ["settle", "show", "--pool", "space", "--day", FIRST];
    let shown = shell.rows(&[&show[..], &["--lines"]].concat());
    let orders = |revision: usize| -> Vec<Vec<String>> {
        let lines = shown[revision]["lines"].as_array().unwrap().iter();
        let line = |it| {
            columns(it, &["order", "fee_rate"])
                .into_iter()
                .map(str::to_owned)
        };
        lines.map(|it| line(it).collect()).collect()
    };
    assert_eq!(orders(0).len(), 3);
    assert_eq!(orders(1), [["A1", "0"], ["A2", "0.2"]]);
    assert_eq!(orders(2), [["A1", "0"], ["A2", "0.1"]]);
    assert_eq!(orders(3), orders(2));
    all_is_right(&shell);
}

#[tokio::test]
async fn two_who_confirm_at_once_correct_the_day_once() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "118.95", "118.950 PB");
    shell.ok(&["settle", "--day", FIRST]);
    let rate = correct(&["--order", "A2:fee_rate=0.1"]);
    shell.ok(&rate);
    let mut clicks = Vec::new();
    for person in ["bob", "carol", "dave"] {
        clicks.push(shell.start_as(person, &rate, &format!("{person}.log")));
    }
    let exits = clicks.iter_mut().map(|click| click.wait().unwrap().code());
    let mut exits: Vec<_> = exits.collect();
    exits.sort_unstable();
    assert_eq!(exits, [Some(0), Some(1), Some(1)]);
    let shown = shell.rows(&["settle", "show", "--pool", "space", "--day", FIRST]);
    assert_eq!(shown.len(), 2);
    // 0.1 less a tenth, and 1 TiB less a twentieth.
    assert_eq!(balance(&shell, "u2")["available"], "0.091044536");
    let (exit, error) = shell.refused(&rate);
    assert!(
        error["message"].as_str().unwrap().contains("counted so"),
        "{exit} {error}"
    );
    all_is_right(&shell);
}

#[tokio::test]
async fn who_is_killed_while_correcting_leaves_all_of_it_or_nothing() {
    let shell = shell().await.with_orders().await;
    shell.add_many(3_000).await;
    shell.record(FIRST, "118.95", "118.950 PB");
    shell.ok(&["settle", "--day", FIRST]);
    let lower = correct(&["--income", "59.475 FIL"]);
    shell.ok(&lower);
    let revisions = || {
        let shown = shell.rows(&["settle", "show", "--pool", "space", "--day", FIRST]);
        shown.len()
    };
    for pause_ms in [20, 60, 100, 140, 180, 220] {
        let mut killed = shell.start_as("bob", &lower, "killed.log");
        std::thread::sleep(std::time::Duration::from_millis(pause_ms));
        killed.kill().unwrap();
        killed.wait().unwrap();
        all_is_right(&shell);
        let available = balance(&shell, "u1")["available"].clone();
        let expected = match revisions() {
            1 => "0.900000000",
            _ => "0.450000000",
        };
        assert_eq!(available, expected);
    }
    if revisions() == 1 {
        let done = shell.run_as("bob", &lower);
        assert_eq!(done.exit(), 0, "{done}");
    }
    assert_eq!(balance(&shell, "u1")["available"], "0.450000000");
    all_is_right(&shell);
}

#[tokio::test]
async fn a_closed_month_takes_nothing_and_is_corrected_on_the_day_of_the_correction() {
    let shell = shell().await.with_orders().await;
    let close = |month: &'static str| {
        vec![
            "ledger", "close", "--pool", "space", "--month", month, "--reason", "audited",
        ]
    };
    let message = |line: &[&str]| {
        let (exit, error) = shell.refused(line);
        (exit, error["message"].as_str().unwrap().to_owned())
    };
    let days: Vec<String> = (1..=30).map(|n| format!("2024-11-{n:02}")).collect();
    for day in &days[..29] {
        shell.record(day, "118.95", "118.950 PB");
    }
    let november = [
        "settle", "--pool", "space", "--from", &days[0], "--to", &days[29],
    ];
    assert_eq!(shell.run(&november).exit(), 3);
    let (_, lacks) = message(&close("2024-11"));
    assert!(
        lacks.contains("stream mainnet is not settled from 2024-11-30 on"),
        "{lacks}"
    );
    shell.record(&days[29], "0", "118.950 PB");
    shell.ok(&november);
    for (month, wanted) in [
        ("2024-10", "before the first day"),
        ("2024-12", "2024-11 of pool space is open"),
    ] {
        let (_, refused) = message(&close(month));
        assert!(refused.contains(wanted), "{refused}");
    }
    assert_eq!(shell.refused(&close("2024-13")).0, 2);
    let dry = shell.rows(&[close("2024-11"), vec!["--dry-run"]].concat());
    assert_eq!(dry[0]["state"], "can be closed");
    assert!(
        shell
            .rows(&["ledger", "closed", "--pool", "space"])
            .is_empty()
    );
    shell.ok(&close("2024-11"));
    let closed = shell.rows(&["ledger", "closed", "--pool", "space"]);
    let names = ["month", "state", "reason", "closed_by"];
    assert_eq!(
        columns(&closed[0], &names),
        ["2024-11", "closed", "audited", "alice"]
    );
    let (_, again) = message(&close("2024-11"));
    assert!(again.contains("is closed"), "{again}");
    // Nothing is posted there any more.
    let deposit = [
        "treasury", "deposit", "--pool", "space", "--tx", "0x1", "--day", &days[3], "--amount", "1",
    ];
    let (_, refused) = message(&deposit);
    assert!(refused.contains("closed up to 2024-11-30"), "{refused}");
    let bonus = [
        "income",
        "record",
        "--pool",
        "space",
        "--stream",
        "bonus",
        "--day",
        &days[3],
        "--amount",
        "1",
        "--power",
        "118.950 PB",
    ];
    let (_, refused) = message(&bonus);
    assert!(refused.contains("a closed month"), "{refused}");
    // Late it would be shared on the first open day; this stream has none, and stops nothing.
    let (_, refused) = message(&[&bonus[..], &["--late"]].concat());
    assert!(refused.contains("so are all days after it"), "{refused}");
    let settled = shell.run(&["settle", "--pool", "space", "--stream", "bonus"]);
    assert!(matches!(settled.exit(), 0 | 3), "{settled}");
    // A correction is.
    let lower = correct(&["--income", "59.475 FIL"]);
    shell.ok(&lower);
    let done = shell.run_as("bob", &lower);
    assert_eq!(done.exit(), 0, "{done}");
    // 28 days and a half of the first.
    assert_eq!(balance(&shell, "u1")["available"], "25.650000000");
    let report = [
        "report", "daily", "--pool", "space", "--from", FIRST, "--to", FIRST,
    ];
    assert_eq!(shell.rows(&report)[0]["income"], "118.950000000");
    all_is_right(&shell);
}
