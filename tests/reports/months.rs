//! `report month`.

use serde_json::Value;

use super::shell;
use crate::scene::{DAYS, HOSTILE, file, filled, units};
use crate::shell::Shell;
use crate::tools;

const MONTH: [&str; 6] = ["report", "month", "--pool", "space", "--month", "2024-11"];

fn month(shell: &Shell, month: &str) -> Value {
    let line = ["report", "month", "--pool", "space", "--month", month];
    serde_json::from_str(&shell.ok(&[&line[..], &["--format", "json"]].concat())).unwrap()
}

#[tokio::test]
async fn a_months_members_add_up_to_its_totals_and_to_the_trial_balance() {
    let shell = filled(shell().await);
    let found = month(&shell, "2024-11");
    let members = found["members"].as_array().unwrap();
    assert_eq!(members.len(), 6);
    let totals = found["members_totals"].as_object().unwrap();
    for (name, total) in totals.iter().filter(|(name, _)| *name != "member") {
        let of = |row: &Value| units(row[name].as_str().unwrap());
        let sum: i64 = members.iter().map(of).sum();
        assert_eq!(sum, units(total.as_str().unwrap()), "{name}");
    }
    let accounts = found["accounts"].as_array().unwrap();
    let closing = |account: &str| -> i64 {
        let of = accounts.iter().filter(|row| row["account"] == account);
        of.map(|row| units(row["closing"].as_str().unwrap())).sum()
    };
    for bucket in ["available", "frozen", "vesting", "to_transfer", "paid"] {
        let total = totals[&format!("closing_{bucket}")].as_str().unwrap();
        assert_eq!(units(total), closing(bucket), "{bucket}");
    }
    let all: i64 = accounts
        .iter()
        .map(|row| units(row["closing"].as_str().unwrap()))
        .sum();
    assert_eq!(all, 0);
    let checks = found["checks"].as_array().unwrap();
    assert!(checks.len() > 20 && checks.iter().all(|it| it["difference"] == "0.000000000"));
    assert_eq!(found["difference"], "0.000000000");
    let settled = found["days"].as_array().unwrap();
    let net = |of: &dyn Fn(&Value) -> bool| -> i64 {
        let rows = settled.iter().filter(|row| of(row));
        rows.map(|row| units(row["net"].as_str().unwrap())).sum()
    };
    assert_eq!(net(&|_| true), units(totals["net"].as_str().unwrap()));
    assert!(net(&|row| row["stream"] == "bonus") > 0);
    assert_eq!(settled.len(), usize::try_from(DAYS).unwrap() + 1);
}

#[tokio::test]
async fn a_month_that_is_over_stays_what_it_was() {
    let shell = filled(shell().await);
    let of = |number: u32| format!("2024-11-{number:02}");
    for number in DAYS + 1..=30 {
        shell.record(&of(number), "240.5", "118.950 PB");
    }
    crate::scene::settle(&shell, DAYS + 1, 30);
    let before = month(&shell, "2024-11");
    for day in ["2024-12-01", "2024-12-02", "2024-12-03"] {
        shell.record(day, "238.000000007", "118.950 PB");
        let settle = [
            "settle", "--pool", "space", "--stream", "mainnet", "--day", day,
        ];
        shell.ok(&settle);
    }
    let after = month(&shell, "2024-11");
    assert_eq!(before["members"], after["members"]);
    assert_eq!(before["accounts"], after["accounts"]);
    let next = month(&shell, "2024-12");
    let rows = |of: &Value| of["members"].as_array().unwrap().clone();
    for (old, new) in rows(&after).iter().zip(rows(&next)) {
        assert_eq!(old["closing_owed"], new["opening_owed"]);
        assert_eq!(old["closing_vesting"], new["opening_vesting"]);
    }
    let october = month(&shell, "2024-10");
    let vested = october["members_totals"]["vested"].as_str().unwrap();
    assert_eq!(vested, "0.000000000");
    assert_eq!(october["opening_owed"], "0.000000000");
}

#[tokio::test]
async fn the_workbook_shows_the_same_sums_in_libreoffice() {
    let shell = filled(shell().await);
    let found = month(&shell, "2024-11");
    let book = file(
        &shell,
        &[&MONTH[..], &["--format", "xlsx"]].concat(),
        "m.xlsx",
    );
    let folder = shell.path("opened");
    std::fs::create_dir(&folder).unwrap();
    if tools::libreoffice(&book, &folder).is_none() {
        return;
    }
    let rows = |sheet: &str| {
        let mut read = csv::Reader::from_path(folder.join(format!("m-{sheet}.csv"))).unwrap();
        let names = read.headers().unwrap().clone();
        (
            names,
            read.records()
                .map(Result::unwrap)
                .collect::<Vec<csv::StringRecord>>(),
        )
    };
    let (names, members) = rows("members");
    let totals = &found["members_totals"];
    let last = members.last().unwrap();
    assert_eq!(&last[0], "total");
    for (place, name) in names.iter().enumerate().skip(1) {
        let Some(exact) = name.strip_suffix("_exact") else {
            let exact: f64 = totals[name].as_str().unwrap().parse().unwrap();
            assert_eq!(last[place].parse::<f64>().unwrap(), exact, "{name}");
            let rows = members.iter().take(members.len() - 1);
            let sum: f64 = rows.map(|row| row[place].parse::<f64>().unwrap()).sum();
            assert!((sum - exact).abs() < 1e-9 * exact.abs().max(1.0), "{name}");
            continue;
        };
        let exact = totals[exact].as_str().unwrap();
        assert_eq!(&last[place], format!("FIL {exact}"), "{name}");
    }
    let codes: Vec<&str> = members.iter().map(|row| &row[0]).collect();
    for code in HOSTILE {
        let defused = format!("'{code}");
        assert!(
            codes.contains(&code) || codes.contains(&defused.as_str()),
            "{codes:?}"
        );
    }
    assert!(
        codes
            .iter()
            .all(|code| !code.starts_with(['=', '+', '-', '@'])),
        "{codes:?}"
    );
    let (_, days) = rows("days");
    assert_eq!(days.len(), usize::try_from(DAYS).unwrap() + 1);
    assert!(days.iter().any(|row| &row[2] == "2024-11-07"), "{days:?}");
    let (_, checks) = rows("checks");
    assert!(
        checks
            .iter()
            .all(|row| row[5].parse::<f64>().unwrap() == 0.0)
    );
}

#[tokio::test]
async fn a_month_is_a_page_and_rows_for_a_program_too() {
    let shell = filled(shell().await);
    let html = file(
        &shell,
        &[&MONTH[..], &["--format", "html"]].concat(),
        "m.html",
    );
    let page = std::fs::read_to_string(html).unwrap();
    assert!(!page.contains("<script") && page.contains("&#60;script&#62;"));
    assert!(page.contains("Difference to the trial balance</dt><dd>0.000000000 FIL"));
    let rows = file(
        &shell,
        &[&MONTH[..], &["--format", "csv"]].concat(),
        "m.csv",
    );
    let mut read = csv::Reader::from_path(rows).unwrap();
    assert_eq!(&read.headers().unwrap()[0], "member");
    assert_eq!(read.records().count(), 6);
    let (exit, error) = shell.refused(&["report", "month", "--pool", "none", "--month", "2024-11"]);
    assert_eq!((exit, error["code"].as_str()), (2, Some("usage")));
}
