//! Money that is moved without being earned.

use super::shell;
use crate::shell::{FIRST, columns};

#[tokio::test]
async fn what_a_stream_collected_is_moved_once_and_only_when_confirmed() {
    let shell = shell().await.with_orders().await;
    let of = [
        "--pool", "space", "--stream", "bonus", "--day", FIRST, "--amount", "118.95",
    ];
    let power = ["--power", "118.950 PB"];
    shell.ok(&[&["income", "record"], &of[..], &power[..]].concat());
    let run = ["transfers", "run", "--pool", "space", "--stream", "bonus"];
    let settle = ["settle", "--pool", "space", "--stream", "bonus"];
    shell.ok(&settle);
    let plan = shell.rows(&[&run[..], &["--dry-run"]].concat());
    let names = ["member", "amount", "available_before", "available_after"];
    let expected = ["u1", "0.900000000", "0.000000000", "0.900000000"];
    assert_eq!(columns(&plan[0], &names), expected);
    assert_eq!(shell.refused(&run).0, 2);
    let collected = shell.json(&["members", "show", "u1"]);
    assert_eq!(collected["balances"][0]["to_transfer"], "0.900000000");
    let moved = shell.rows(&[&run[..], &["--yes"]].concat());
    assert_eq!(
        (&moved[0]["members"], &moved[0]["by"]),
        (&2.into(), &"alice".into())
    );
    let after = shell.json(&["members", "show", "u1"]);
    assert_eq!(after["balances"][0]["available"], "0.900000000");
    assert!(shell.rows(&[&run[..], &["--yes"]].concat()).is_empty());
    let lines = shell.rows(&["transfers", "list", "--pool", "space", "--lines"]);
    assert_eq!(columns(&lines[0], &names), expected);
}

#[tokio::test]
async fn the_operators_own_movements_are_booked_once_by_transaction() {
    let shell = shell().await.with_orders().await;
    let movement = |kind: &'static str, tx: &'static str, amount: &'static str| {
        let of = ["treasury", kind, "--pool", "space", "--tx", tx];
        [&of[..], &["--day", FIRST, "--amount", amount]].concat()
    };
    shell.ok(&movement("deposit", "bafy1", "12.5 FIL"));
    shell.ok(&movement("internal", "bafy2", "0.000000000000000001"));
    let (exit, error) = shell.refused(&movement("draw", "bafy1", "1"));
    assert_eq!((exit, &error["code"]), (1, &"refused".into()));
    let all = shell.rows(&["treasury", "list", "--pool", "space"]);
    let names = ["kind", "amount", "tx"];
    assert_eq!(
        columns(&all[0], &names),
        ["deposit", "12.500000000", "bafy1"]
    );
    assert_eq!(
        columns(&all[1], &names),
        ["internal", "0.000000000000000001", "bafy2"]
    );
    assert_eq!(all.len(), 2);
}

#[tokio::test]
async fn a_stream_that_is_taken_out_of_the_configuration_with_money_in_it_is_told() {
    let shell = shell().await.with_orders().await;
    shell.record(FIRST, "1", "118.950 PB");
    let income = [
        "--pool", "space", "--stream", "bonus", "--day", FIRST, "--amount", "118.95",
    ];
    shell.ok(&[&["income", "record"], &income[..]].concat());
    let settle = [
        "settle", "--pool", "space", "--stream", "bonus", "--day", FIRST,
    ];
    shell.ok(&settle);
    let file = shell.path("paydirt.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once("[pool.space.stream.bonus]").unwrap();
    let (_, after) = rest.split_once("[pool.ether]").unwrap();
    std::fs::write(&file, format!("{before}[pool.ether]{after}")).unwrap();
    let checked = shell.run(&["check", "--output", "json"]);
    assert_eq!(checked.exit(), 3, "{checked}");
    let rows = checked.rows();
    let told = rows
        .iter()
        .find(|row| row["what"] == "pool space: stream bonus")
        .unwrap_or_else(|| panic!("{rows:?}"));
    assert_eq!(told["status"], "fail", "{told}");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("FIL is collected"), "{detail}");
    assert!(detail.contains("describe it again"), "{detail}");
}
