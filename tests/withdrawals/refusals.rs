//! What is refused, with the reason and the cure, and what hostile texts come to.

use paydirt_testkit::DEV_ACCOUNTS;

use super::shell;
use crate::shell::{ALICE, BOB, U1, U1_NEW, U2, WALLET, id, request};

#[tokio::test]
async fn a_request_that_is_not_allowed_is_refused_and_changes_nothing() {
    let shell = shell().await.with_members();
    shell.ok(
        ALICE,
        &[
            "members", "address", "u1", "--pool", "ether", "--add", U1_NEW,
        ],
    );
    let checksum = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let wrong_checksum = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD";
    for (exit, line, what) in [
        (4, request("u1", "50.000000001", U1), "50 ETH is available"),
        (4, request("u1", "0", U1), "nothing"),
        (4, request("u1", "0.099999999", U1), "minimum"),
        (
            4,
            request("u1", "1", DEV_ACCOUNTS[WALLET].address),
            "pay itself",
        ),
        (4, request("u1", "1", U1_NEW), "can be used from"),
        (4, request("u1", "1", U2), "not in the address book"),
        (4, request("u1", "1", checksum), "not in the address book"),
        (4, request("u1", "1", wrong_checksum), "checksum"),
        (
            4,
            request("u1", "1", "0x0000000000000000000000000000000000000000"),
            "zero",
        ),
        (4, request("u1", "1", "f01234"), "can't be paid"),
        (2, request("u1", "1e3", U1), "1e3"),
        (2, request("u1", "-1", U1), ""),
        (2, request("u1", "1.0000000001", U1), "decimals"),
        (2, request("u1", "1 FIL", U1), "FIL"),
        (1, request("nobody", "1", U1), "nobody"),
    ] {
        let ran = shell.run(ALICE, &line);
        assert_eq!(ran.exit(), exit, "{ran}");
        assert!(ran.err().contains(what), "{ran}");
        assert_eq!(shell.has("u1"), ["50", "6", "0"]);
    }
    for (set, key) in [
        ("pool.ether.payouts.daily_cap=40 ETH", "daily_cap"),
        ("pool.ether.payouts.withdrawal_cap=40 ETH", "withdrawal_cap"),
        (
            "pool.ether.payouts.member_daily_cap=40 ETH",
            "member_daily_cap",
        ),
    ] {
        let line = [&request("u1", "41", U1)[..], &["--set", set]].concat();
        let refused = shell.refused(ALICE, 4, &line);
        assert!(refused.contains(key), "{refused}");
    }
    shell.ok(
        ALICE,
        &["members", "freeze", "u1", "--reason", "under review"],
    );
    let refused = shell.refused(ALICE, 4, &request("u1", "1", U1));
    assert!(refused.contains("under review"), "{refused}");
    assert_eq!(shell.rows(ALICE, &["withdrawals", "list"]).len(), 0);
    shell.verify();
}

#[tokio::test]
async fn a_pool_without_a_policy_lets_nothing_out_and_names_the_key() {
    let shell = shell().await.with_members();
    let whole = std::fs::read_to_string(shell.path("paydirt.toml")).unwrap();
    let without = |line: &str| {
        whole
            .lines()
            .filter(|it| !it.starts_with(line))
            .collect::<Vec<_>>()
    };
    let no_cap = without("daily_cap").join("\n");
    let threshold = whole.replace("mode = \"request\"", "mode = \"threshold\"");
    let threshold: Vec<&str> = threshold
        .lines()
        .filter(|it| !it.starts_with("daily_cap") && !it.starts_with("approve_above"))
        .collect();
    let (no_section, _) = whole.split_once("[pool.ether.payouts]").unwrap();
    for (config, key) in [
        (no_cap.as_str(), "set daily_cap in [pool.ether.payouts]"),
        (
            threshold.join("\n").as_str(),
            "set mode = \\\"request\\\" in [pool.ether.payouts]",
        ),
        (no_section, "add [pool.ether.payouts]"),
    ] {
        shell.write("paydirt.toml", config);
        let refused = shell.refused(ALICE, 4, &request("u1", "1", U1));
        assert!(refused.contains(key), "{refused}");
    }
    // Without approve_above each request waits.
    shell.write("paydirt.toml", &without("approve_above").join("\n"));
    assert_eq!(shell.ask("u1", "0.1", U1)["state"], "requested");
}

#[tokio::test]
async fn a_changed_address_waits_and_the_first_one_does_not() {
    let shell = shell().await.with_members();
    let address = |more: &[&str]| {
        let line = [&["members", "address", "u1", "--pool", "ether"], more].concat();
        shell.rows(ALICE, &line)
    };
    let of = |rows: &[serde_json::Value], address: &str| {
        let found = rows.iter().find(|row| row["address"] == address).unwrap();
        (found["added_at"].clone(), found["usable_from"].clone())
    };
    let (added, usable) = of(&address(&[]), U1);
    assert_eq!(added, usable);
    let (added, usable) = of(&address(&["--add", U1_NEW]), U1_NEW);
    assert_ne!(added, usable);
    shell.refused(ALICE, 4, &request("u1", "1", U1_NEW));
    address(&["--remove", U1_NEW]);
    let none = [
        "--add",
        U1_NEW,
        "--set",
        "pool.ether.payouts.address_cool_down=0s",
    ];
    let (added, usable) = of(&address(&none), U1_NEW);
    assert_eq!(added, usable);
    shell.ask("u1", "1", U1_NEW);
    // An import that changes where a member is paid is no way around.
    let other = "0x00000000000000000000000000000000000c0ffe";
    shell.write(
        "new.csv",
        &format!("member,address\nu2,{other}\nu3,{other}\n"),
    );
    shell.ok(ALICE, &["members", "import", "new.csv", "--pool", "ether"]);
    shell.refused(ALICE, 4, &request("u2", "1", other));
    let line = ["members", "address", "u3", "--pool", "ether"];
    let (added, usable) = of(&shell.rows(ALICE, &line), other);
    assert_eq!(added, usable);
    // One that was there keeps its time when it becomes the newest again.
    shell.write("new.csv", &format!("member,address\nu2,{U2}\n"));
    shell.ok(ALICE, &["members", "import", "new.csv", "--pool", "ether"]);
    shell.ask("u2", "1", U2);
    shell.refused(ALICE, 4, &request("u2", "1", other));
    shell.verify();
}

/// What a spreadsheet, a terminal or SQL could take for more than a text.
const HOSTILE: [&str; 8] = [
    "=cmd|'/c calc'!A0",
    "+1",
    "-1+1",
    "@x",
    "a\nb\u{1b}[2Jc",
    "\u{202e}desrever",
    "O'Brien\"; DROP TABLE withdrawal; --",
    "中文,\"quoted\"",
];

#[tokio::test]
async fn hostile_texts_stay_texts_wherever_they_come_out() {
    let shell = shell().await.with_members();
    let mut ids = Vec::new();
    for text in HOSTILE {
        let key = format!("--key={text}");
        let line = [&request("u1", "0.1", U1)[..], &[&key]].concat();
        if text.contains('\n') {
            let refused = shell.refused(ALICE, 4, &line);
            assert!(refused.contains("no control characters"), "{refused}");
            ids.push(id(&shell.ask("u1", "0.1", U1)));
            continue;
        }
        let asked = shell.json(ALICE, &line);
        assert_eq!(asked["key"], text);
        ids.push(id(&asked));
    }
    for (id, text) in ids.iter().zip(HOSTILE) {
        let line = ["withdrawals", "reject", id, &format!("--reason={text}")];
        let rejected = shell.json(BOB, &line);
        let shown = shell.json(BOB, &["withdrawals", "show", id]);
        assert_eq!(
            shown["events"].as_array().unwrap().last().unwrap()["reason"],
            text
        );
        assert_eq!(rejected["state"], "rejected");
    }
    let csv = shell.ok(ALICE, &["withdrawals", "list", "--output", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        let record = record.unwrap();
        assert_eq!(record.len(), 15, "{record:?}");
        for cell in &record {
            let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!runs && !cell.contains(['\n', '\u{1b}']), "{cell:?}");
        }
        rows += 1;
    }
    assert_eq!(rows, HOSTILE.len());
    let table = shell.ok(ALICE, &["withdrawals", "list"]);
    assert!(!table.contains('\u{1b}'), "{table}");
    // A person's name, too.
    shell.refused("=cmd|x", 4, &["withdrawals", "approve", &ids[0], "--yes"]);
    shell.verify();
    let compared = [
        "withdrawals",
        "compare",
        "list.csv",
        "--pool",
        "ether",
        "--state",
        "rejected",
    ];
    shell.write("list.csv", &csv);
    for row in shell.rows(ALICE, &compared) {
        assert_eq!(row["found"], "equal", "{row}");
    }
}
