//! `ledger export` and `ledger compare`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shell;
use crate::scene::{file, filled, november, units};
use crate::shell::Shell;
use crate::tools;

const EXPORT: [&str; 4] = ["ledger", "export", "--pool", "space"];

fn exported(shell: &Shell, format: &str, more: &[&str], name: &str) -> std::path::PathBuf {
    file(
        shell,
        &[&EXPORT[..], &["--format", format], more].concat(),
        name,
    )
}

/// What the month's report says that each account has: debits above 0.
fn trial_balance(shell: &Shell) -> BTreeMap<String, i64> {
    let line = ["report", "month", "--pool", "space", "--month", "9999-12"];
    let text = shell.ok(&[&line[..], &["--format", "json"]].concat());
    let value: Value = serde_json::from_str(&text).unwrap();
    let mut sums = BTreeMap::new();
    for row in value["accounts"].as_array().unwrap() {
        let account = row["account"].as_str().unwrap().to_owned();
        *sums.entry(account).or_default() -= units(row["closing"].as_str().unwrap());
    }
    sums
}

/// Which account of the books a bookkeeper's account is.
fn account(name: &str) -> &'static str {
    const NAMES: [(&str, &str); 14] = [
        ("Liabilities:Space:Available", "available"),
        ("Liabilities:Space:Frozen", "frozen"),
        ("Liabilities:Space:Vesting", "vesting"),
        ("Liabilities:Space:To-Transfer", "to_transfer"),
        ("Assets:Space:Receivable", "receivable"),
        ("Assets:Space:Paid-Out", "paid"),
        ("Assets:Space:Income-Received", "income"),
        ("Assets:Space:Deducted", "deductions"),
        ("Assets:Space:Wallet", "wallet"),
        ("Income:Space:Fees", "fees"),
        ("Income:Space:Retained", "retained"),
        ("Expenses:Space:Losses", "losses"),
        ("Equity:Space:Opening", "opening_equity"),
        ("Equity:Space:Deposits", "deposits"),
    ];
    let found = NAMES.iter().find(|(prefix, _)| name.starts_with(prefix));
    found.unwrap_or_else(|| panic!("{name}")).1
}

fn by_account(balances: &[(String, String)]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (name, amount) in balances {
        *sums.entry(account(name).to_owned()).or_default() += units(amount);
    }
    sums
}

/// What a part begins with has no accounts that came to 0 before.
fn not_zero(balances: Vec<(String, String)>) -> Vec<(String, String)> {
    let some = balances.into_iter();
    some.filter(|(_, amount)| units(amount) != 0).collect()
}

fn members_of(balances: &[(String, String)]) -> BTreeMap<String, i64> {
    let mut members = BTreeMap::new();
    for (name, amount) in balances {
        if let Some((prefix, member)) = name.rsplit_once(":M-")
            && prefix == "Liabilities:Space:Vesting"
        {
            members.insert(member.to_owned(), units(amount));
        }
    }
    members
}

fn check(shell: &Shell, balances: &[(String, String)], with_members: bool) {
    assert_eq!(by_account(balances), trial_balance(shell));
    if !with_members {
        return;
    }
    let members = members_of(balances);
    let codes = [
        ("u1", "u1"),
        ("u2", "u2"),
        ("=1+1", "-3D1-2B1"),
        (
            "<script>alert(1)</script>",
            "-3Cscript-3Ealert-281-29-3C-2Fscript-3E",
        ),
        ("-2 ; | x:y", "-2D2-20-3B-20-7C-20x-3Ay"),
        ("张三", "-E5-BC-A0-E4-B8-89"),
    ];
    assert_eq!(members.len(), codes.len(), "{members:?}");
    for (code, part) in codes {
        let shown = shell.ok(&["members", "show", "--output", "json", "--", code]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let vesting = shown["balances"][0]["vesting"].as_str().unwrap();
        assert_eq!(-members[part], units(vesting), "{code}");
    }
}

#[tokio::test]
async fn hledger_accepts_the_export_and_has_the_books_balances() {
    let shell = filled(shell().await);
    for (with_members, more) in [(false, &[][..]), (true, &["--members"][..])] {
        let journal = exported(&shell, "hledger", more, &format!("l{with_members}.journal"));
        let Some(balances) = tools::hledger(&journal) else {
            return;
        };
        check(&shell, &balances, with_members);
        let from = november(7);
        let part = [more, &["--from", &from]].concat();
        let part = exported(
            &shell,
            "hledger",
            &part,
            &format!("p{with_members}.journal"),
        );
        let found = not_zero(tools::hledger(&part).unwrap());
        assert_eq!(found, not_zero(balances));
    }
}

#[tokio::test]
async fn beancount_accepts_the_export_and_has_the_books_balances() {
    let shell = filled(shell().await);
    for (with_members, more) in [(false, &[][..]), (true, &["--members"][..])] {
        let file = exported(
            &shell,
            "beancount",
            more,
            &format!("l{with_members}.beancount"),
        );
        let Some(balances) = tools::beancount(&file) else {
            return;
        };
        check(&shell, &balances, with_members);
        let from = november(7);
        let part = [more, &["--from", &from]].concat();
        let part = exported(
            &shell,
            "beancount",
            &part,
            &format!("p{with_members}.beancount"),
        );
        let found = not_zero(tools::beancount(&part).unwrap());
        assert_eq!(found, not_zero(balances));
    }
}

/// A tool that is handed a wrong amount says so: its check is one.
#[tokio::test]
async fn an_export_that_was_changed_is_refused_by_these_programs() {
    let shell = filled(shell().await);
    let journal = exported(&shell, "hledger", &[], "l.journal");
    if tools::hledger(&journal).is_none() {
        return;
    }
    let text = std::fs::read_to_string(&journal).unwrap();
    let changed = text.replacen("-10.000000000 FIL", "-10.000000001 FIL", 1);
    let changed = changed.replacen("1012.950000000 FIL", "1012.950000001 FIL", 1);
    assert_ne!(text, changed);
    std::fs::write(&journal, changed).unwrap();
    let refused = std::panic::catch_unwind(|| tools::hledger(&journal));
    assert!(refused.is_err());
    let file = exported(&shell, "beancount", &[], "l.beancount");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replacen("-10.000000000 FIL", "-10.000000001 FIL", 1);
    let changed = changed.replacen("1012.950000000 FIL", "1012.950000001 FIL", 1);
    std::fs::write(&file, changed).unwrap();
    if std::env::var_os("PAYDIRT_BEANCOUNT").is_some() {
        assert!(std::panic::catch_unwind(|| tools::beancount(&file)).is_err());
    }
}

#[tokio::test]
async fn what_was_exported_is_compared_back_and_each_change_is_shown() {
    let shell = filled(shell().await);
    let compare = |name: &str, more: &[&str]| {
        let line = [
            "ledger", "compare", name, "--pool", "space", "--output", "json",
        ];
        let ran = shell.run(&[&line[..], more].concat());
        let value: Value = serde_json::from_str(&ran.out()).unwrap();
        (ran.exit(), value)
    };
    let from = november(6);
    for more in [
        &[][..],
        &["--members"],
        &["--from", &from],
        &["--members", "--to", &from],
    ] {
        let name = format!("l{}.csv", more.join(""));
        exported(&shell, "csv", more, &name);
        let (exit, found) = compare(&name, more);
        assert_eq!(
            (exit, &found["differences"]),
            (0, &0.into()),
            "{more:?} {found}"
        );
        assert!(found["equal"].as_u64().unwrap() > 20);
    }
    let path = exported(&shell, "csv", &["--members"], "all.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let changed = lines[3].replace("FIL 1000.000000000", "FIL 1000.000000001");
    assert_ne!(changed, lines[3]);
    lines[3] = &changed;
    let added = lines[5].replacen("1,5,", "999,1,", 1);
    lines.push(&added);
    lines.remove(10);
    std::fs::write(&path, lines.join("\n")).unwrap();
    let (exit, found) = compare("all.csv", &["--members"]);
    assert_eq!((exit, &found["differences"]), (1, &3.into()), "{found}");
    let rows = found["rows"].as_array().unwrap();
    let states: Vec<&str> = rows
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["different", "not in the file", "not in the books"]);
    assert_eq!(rows[0]["column"], "amount_exact");
    assert_eq!(rows[0]["books"], "FIL 1000.000000000");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let line = ["ledger", "compare", "all.csv", "--pool", "space"];
    let (exit, error) = shell.refused(&line);
    assert_eq!(
        (exit, error["code"].as_str()),
        (1, Some("report")),
        "{error}"
    );
}
