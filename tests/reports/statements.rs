//! `report member`.

use serde_json::Value;

use super::shell;
use crate::scene::{DAYS, HOSTILE, file, filled, november, units};
use crate::shell::{Shell, columns};

const BUCKETS: [&str; 7] = [
    "available",
    "frozen",
    "vesting",
    "to_transfer",
    "in_flight",
    "paid",
    "receivable",
];

fn statement(shell: &Shell, member: &str, more: &[&str]) -> Value {
    let of = ["report", "member", "--pool", "space", "--format", "json"];
    let out = shell.ok(&[&of[..], more, &["--", member]].concat());
    serde_json::from_str(&out).unwrap()
}

/// Of each bucket: opening, the sum of its changes, closing.
fn sums(statement: &Value) -> Vec<[i64; 3]> {
    let balances = statement["balances"].as_array().unwrap();
    let changes = statement["changes"].as_array().unwrap();
    let bucket = |(name, balance): (&str, &Value)| {
        assert_eq!(balance["bucket"], name);
        let figure = |key: &str| units(balance[key].as_str().unwrap());
        let amounts = changes.iter().filter_map(|change| change[name].as_str());
        let sum: i64 = amounts.map(units).sum();
        assert_eq!(sum, figure("change"), "{name}");
        [figure("opening"), sum, figure("closing")]
    };
    BUCKETS.into_iter().zip(balances).map(bucket).collect()
}

#[tokio::test]
async fn a_statement_adds_up_over_all_days_and_over_parts_of_them() {
    let shell = filled(shell().await);
    for member in ["u1", "u2"].into_iter().chain(HOSTILE) {
        let whole = statement(&shell, member, &[]);
        let of_all = sums(&whole);
        assert_eq!(whole["member"], member);
        assert!(
            of_all
                .iter()
                .all(|[opening, sum, closing]| *opening == 0 && sum == closing)
        );
        let shown = shell.ok(&["members", "show", "--output", "json", "--", member]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let has = &shown["balances"][0];
        for (name, [_, _, closing]) in BUCKETS.into_iter().zip(&of_all) {
            assert_eq!(
                units(has[name].as_str().unwrap()),
                *closing,
                "{member} {name}"
            );
        }
        let days = ["--to", &november(6)];
        let first = sums(&statement(&shell, member, &days));
        let rest = sums(&statement(&shell, member, &["--from", &november(7)]));
        for ((first, rest), all) in first.iter().zip(&rest).zip(&of_all) {
            assert_eq!((first[2], rest[2]), (rest[0], all[2]), "{member}");
            assert_eq!(first[1] + rest[1], all[1], "{member}");
        }
    }
}

#[tokio::test]
async fn each_line_of_a_statement_says_how_it_was_computed() {
    let shell = filled(shell().await);
    let days = ["--from", &november(1), "--to", &november(3)];
    let u2 = statement(&shell, "u2", &days);
    let earned = u2["earned"].as_array().unwrap();
    assert_eq!(earned.len(), 3);
    let line = &earned[0];
    let names = [
        "day",
        "order",
        "coefficient",
        "coefficient_from",
        "fee_rate",
        "whole_bytes",
    ];
    let expected = [
        "2024-11-01",
        "A2",
        "0.8",
        "the order's row",
        "0.2",
        "118950000000000000",
    ];
    assert_eq!(columns(line, &names), expected);
    let figure = |name: &str| units(line[name].as_str().unwrap());
    let [gross, fee, net] = ["gross", "fee", "net"].map(figure);
    assert_eq!((net, fee), (gross - fee, gross / 5));
    let [now, vesting] = ["vested_now", "vesting"].map(figure);
    assert_eq!((now, now + vesting), (net / 4, net));
    // floor(income * power * 0.8 / whole), and what rounding added.
    let income = i128::from(figure("income"));
    let floor = income * 138_850_000_000_000 * 8 / (10 * 118_950_000_000_000_000);
    let rounding = figure("rounding");
    assert_eq!(i128::from(gross - rounding), floor);
    assert!(rounding == 0 || rounding == 1);
    let how = line["how"].as_str().unwrap();
    for part in [
        "A2",
        "138850000000000",
        "0.8 (the order's row)",
        "service fee",
        "5 steps",
    ] {
        assert!(how.contains(part), "{part}: {how}");
    }
    let all: Vec<Value> = HOSTILE
        .iter()
        .flat_map(|code| {
            statement(&shell, code, &[])["earned"]
                .as_array()
                .unwrap()
                .clone()
        })
        .collect();
    assert!(
        all.iter().any(|line| line["rounding"] == "0.000000001"),
        "{all:?}"
    );
    assert!(
        all.iter()
            .any(|line| line["coefficient_from"] == "1: nothing else is said")
    );
    assert!(
        all.iter()
            .any(|line| line["coefficient_from"] == "the order's row")
    );
    let changes = u2["changes"].as_array().unwrap();
    let released = changes.iter().filter(|change| change["what"] == "released");
    let earned_on: Vec<&str> = released
        .map(|it| it["earned_on"].as_str().unwrap())
        .collect();
    let expected = [
        "2024-10-29",
        "2024-10-31",
        "2024-10-29",
        "2024-10-31",
        "2024-11-01",
        "2024-10-31",
        "2024-11-01",
        "2024-11-02",
    ];
    let mut sorted = earned_on.clone();
    sorted.sort_unstable();
    let mut wanted = expected.to_vec();
    wanted.sort_unstable();
    assert_eq!(sorted, wanted);
}

#[tokio::test]
async fn a_coefficient_of_a_file_or_of_the_pool_is_named() {
    let shell = filled(shell().await);
    let rows = "order,member,power,fee_rate,start\nB1,u1,1 TB,0,2024-11-01\n";
    std::fs::write(shell.path("more.csv"), rows).unwrap();
    let import = ["orders", "import", "more.csv", "--pool", "space"];
    shell.ok(&[&import[..], &["--coefficient", "0.5"]].concat());
    let day = november(DAYS + 1);
    shell.record(&day, "240", "118.950 PB");
    let settle = [
        "settle", "--pool", "space", "--stream", "mainnet", "--day", &day,
    ];
    shell.ok(&[&settle[..], &["--set", "pool.space.coefficient=1.5"]].concat());
    let u1 = statement(&shell, "u1", &["--from", &day]);
    let earned = u1["earned"].as_array().unwrap();
    let from: Vec<&str> = earned
        .iter()
        .map(|line| line["coefficient_from"].as_str().unwrap())
        .collect();
    assert_eq!(
        from,
        ["the pool's default", "import of more.csv"],
        "{earned:?}"
    );
}

#[tokio::test]
async fn a_part_given_on_with_its_order_is_the_new_members() {
    let shell = filled(shell().await);
    let of = |member: &str| {
        let found = statement(&shell, member, &["--from", &november(9)]);
        let changes = found["changes"].as_array().unwrap().clone();
        let of_order = changes
            .into_iter()
            .filter(|change| change["order"] == "-A4");
        let released = of_order.filter(|change| change["what"] == "released");
        released
            .map(|change| units(change["available"].as_str().unwrap()))
            .sum::<i64>()
    };
    assert_eq!(of(HOSTILE[1]), 0);
    assert!(of("u2") > 0);
}

#[tokio::test]
async fn hostile_names_are_texts_in_a_statement_of_each_format() {
    let shell = filled(shell().await);
    let of = ["report", "member", "--pool", "space"];
    let make = |format: &str, name: &str| {
        let line = [
            &of[..],
            &["--format", format, "--out", name, "--", HOSTILE[1]],
        ]
        .concat();
        shell.ok(&line);
        std::fs::read(shell.path(name)).unwrap()
    };
    let page = String::from_utf8(make("html", "m.html")).unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    let csv = String::from_utf8(make("csv", "m.csv")).unwrap();
    let runs = |field: &str| field.starts_with(['=', '+', '@']) || field.starts_with("-A");
    assert!(csv.contains(",'-A4,"), "{csv}");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for row in reader.records() {
        assert!(row.unwrap().iter().all(|field| !runs(field)));
    }
    make("xlsx", "m.xlsx");
    let formulas = {
        use calamine::Reader as _;
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(shell.path("m.xlsx")).unwrap();
        let names = book.sheet_names();
        names
            .iter()
            .any(|name| !book.worksheet_formula(name).unwrap().is_empty())
    };
    assert!(!formulas);
    assert!(
        file(
            &shell,
            &["report", "member", "u1", "--pool", "space"],
            "u1.txt"
        )
        .exists()
    );
}

#[tokio::test]
async fn who_is_unknown_or_asks_for_no_days_is_told() {
    let shell = filled(shell().await);
    let (exit, error) = shell.refused(&["report", "member", "nobody", "--pool", "space"]);
    assert_eq!(
        (exit, error["code"].as_str()),
        (1, Some("unknown")),
        "{error}"
    );
    let days = ["--from", "2024-11-03", "--to", "2024-11-02"];
    let of = ["report", "member", "u1", "--pool", "space"];
    let (exit, error) = shell.refused(&[&of[..], &days[..]].concat());
    assert_eq!(
        (exit, error["code"].as_str()),
        (2, Some("usage")),
        "{error}"
    );
}
