//! A pool with something of everything, and names that try to be more than names.

use std::path::PathBuf;

use crate::shell::Shell;

const POOL: &str = r#"
[chain.fil]
kind = "filecoin"
coin = "FIL"
[pool.space]
chain = "fil"
ledger = "sql"
time_zone = "Asia/Shanghai"
first_day = "2024-11-01"
power_basis = "raw"
[pool.space.stream.mainnet]
vesting = { immediate = "0.25", linear_days = 5 }
[pool.space.stream.bonus]
credit = "transfer"
due = "when_recorded"
"#;

/// A code, a name and an order's id that a spreadsheet, a browser or a ledger would trip over.
pub(crate) const HOSTILE: [&str; 4] = ["=1+1", "<script>alert(1)</script>", "-2 ; | x:y", "张三"];

const MEMBERS: &str = "member,name,phone\n\
    u1,\"=HYPERLINK(\"\"http://x\"\")\",139\n\
    u2,@SUM(A1),138\n\
    =1+1,<b>bold</b>,137\n\
    <script>alert(1)</script>,+1,136\n\
    -2 ; | x:y,-1,135\n\
    张三,\"a \"\"quoted\"\" one\",134\n";

const ORDERS: &str = "order,member,power,fee_rate,coefficient,start\n\
    A1,u1,900 TB,0,,2024-11-01\n\
    A2,u2,138.85 TB,0.2,0.8,2024-11-01\n\
    +A3,=1+1,1 TiB,0.05,,2024-11-01\n\
    -A4,<script>alert(1)</script>,77 TiB,0.15,1.25,2024-11-01\n\
    @A5,-2 ; | x:y,3 TiB,0.333333,,2024-11-01\n\
    A6,张三,33 TB,0.1,,2024-11-01\n";

const OPENING: &str = "member,bucket,amount,stream,day,steps,done,order\n\
    u1,available,10,,,,,\n\
    u1,frozen,2.5 FIL,,,,,\n\
    u1,to_transfer,0.7,bonus,,,,\n\
    u1,paid,1000,,,,,\n\
    u2,receivable,0.25,,,,,\n\
    u1,vesting,1.000000003,mainnet,2024-10-29,4,2,\n\
    u2,vesting,0.000000005,mainnet,2024-10-29,4,2,A2\n\
    u2,vesting,3,bonus,2024-10-31,3,0,\n";

const TOTALS: [&str; 6] = [
    "available=10",
    "frozen=2.5",
    "vesting=3.500000005",
    "to_transfer:bonus=0.7",
    "paid=1000",
    "receivable=0.25",
];

/// Days of November 2024 that are settled.
pub(crate) const DAYS: u32 = 12;

/// Opened, with twelve days of two streams, deductions, a loss, a transfer of what was collected,
/// an order given on with what it has vesting, and a deposit.
pub(crate) fn filled(shell: Shell) -> Shell {
    let config = shell.path("paydirt.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let database: Vec<&str> = text.lines().take(2).collect();
    std::fs::write(&config, format!("{}\n{POOL}", database.join("\n"))).unwrap();
    for (name, text) in [
        ("members.csv", MEMBERS),
        ("orders.csv", ORDERS),
        ("old.csv", OPENING),
    ] {
        std::fs::write(shell.path(name), text).unwrap();
    }
    shell.ok(&["migrate"]);
    shell.ok(&["members", "import", "members.csv"]);
    shell.ok(&["orders", "import", "orders.csv", "--pool", "space"]);
    let mut opening = vec!["import", "opening", "old.csv", "--pool", "space", "--yes"];
    opening.extend(TOTALS.iter().flat_map(|total| ["--total", *total]));
    shell.ok(&opening);
    for number in 1..=DAYS {
        let income = format!("{}.{:06}", 237 + number % 4, number * 98_765);
        shell.record(&november(number), &income, "118.950 PB");
    }
    let item = |stream, number, amount, more: &[&str]| {
        let day = november(number);
        let of = ["--pool", "space", "--stream", stream, "--day", &day];
        let line = [&["income", "record"], &of[..], &["--amount", amount], more].concat();
        shell.ok(&line);
    };
    item("bonus", 5, "12.500000001", &[]);
    item("mainnet", 6, "0.75", &["--deduction", "--source", "gas"]);
    item("mainnet", 7, "400", &["--deduction", "--source", "=slash"]);
    settle(&shell, 1, 8);
    let (give, from) = (["orders", "transfer", "--pool", "space"], november(9));
    let to = [
        "--to",
        "u2",
        "--from-day",
        &from,
        "--with-vesting",
        "--",
        "-A4",
    ];
    shell.ok(&[&give[..], &to[..]].concat());
    settle(&shell, 9, DAYS);
    let run = ["transfers", "run", "--pool", "space", "--stream", "bonus"];
    shell.ok(&[&run[..], &["--yes"]].concat());
    let deposit = ["treasury", "deposit", "--pool", "space", "--tx", "+abc"];
    let of = ["--day", &november(3), "--amount", "100"];
    shell.ok(&[&deposit[..], &of[..]].concat());
    shell
}

pub(crate) fn november(number: u32) -> String {
    format!("2024-11-{number:02}")
}

pub(crate) fn settle(shell: &Shell, first: u32, last: u32) {
    let days = ["--from", &november(first), "--to", &november(last)];
    shell.ok(&[
        &["settle", "--pool", "space", "--stream", "mainnet"],
        &days[..],
    ]
    .concat());
    let ran = shell.run(
        &[
            &["settle", "--pool", "space", "--stream", "bonus"],
            &days[..],
        ]
        .concat(),
    );
    assert!(matches!(ran.exit(), 0 | 3), "{ran}");
}

/// A report as a file.
pub(crate) fn file(shell: &Shell, arguments: &[&str], name: &str) -> PathBuf {
    let out = ["--out", name];
    shell.ok(&[arguments, &out[..]].concat());
    shell.path(name)
}

/// Ledger units of a text with 9 decimals.
pub(crate) fn units(text: &str) -> i64 {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let (whole, part) = text.split_once('.').unwrap();
    assert_eq!(part.len(), 9, "{text}");
    sign * (whole.parse::<i64>().unwrap() * 1_000_000_000 + part.parse::<i64>().unwrap())
}
