//! What is listed as CSV is imported again as what is there already.

use super::shell;
use crate::shell::Shell;

/// What a spreadsheet would take for formulas among them.
const MEMBERS: &str = "member,name,phone\n\
    u1,Ann,+86 138 0013 8000\n\
    =u2,\"Bo, \"\"the\"\" =cmd|'/c calc'!A0\",-1(2)\n\
    @u3,'=quoted,\n\
    +4,算力,139\n";
const ORDERS: &str = "order,member,power,fee_rate,coefficient,start,end,streams,note\n\
    A1,u1,900 TB,0,,2024-11-01,,,\n\
    =A2,=u2,1 TiB,0.125,1.5,2024-11-01,2025-11-01,mainnet,-note\n\
    +3,@u3,1.5 PiB,0.2,0,2024-11-02,,mainnet bonus,\"a, b\"\n\
    '@4,+4,12345 B,1,,2024-11-03,,,'=n\n";

fn unchanged(shell: &Shell, line: &[&str], rows: u64) {
    let told = shell.json(line);
    let counts = ["new", "changed", "unchanged"].map(|key| told[key].as_u64().unwrap());
    assert_eq!(counts, [0, 0, rows], "{told}");
}

#[tokio::test]
async fn listed_members_and_orders_are_imported_as_unchanged() {
    let shell = shell().await;
    shell.ok(&["migrate"]);
    for (name, text) in [("members.csv", MEMBERS), ("orders.csv", ORDERS)] {
        std::fs::write(shell.path(name), text).unwrap();
    }
    let members = ["members", "import", "members.csv"];
    let orders = ["orders", "import", "orders.csv", "--pool", "space"];
    shell.ok(&[&members[..], &["--pool", "space"]].concat());
    shell.ok(&orders);
    let list = ["members", "list", "--output", "csv"];
    let listed = shell.ok(&list);
    let runs = |cell: &str| cell.starts_with(['=', '+', '-', '@']);
    let mut reader = csv::Reader::from_reader(listed.as_bytes());
    for record in reader.records() {
        assert!(!record.unwrap().iter().any(runs), "{listed}");
    }
    std::fs::write(shell.path("members.csv"), &listed).unwrap();
    unchanged(&shell, &[&members[..], &["--pool", "space"]].concat(), 4);
    let listed = shell.ok(&["orders", "list", "--pool", "space", "--output", "csv"]);
    std::fs::write(shell.path("orders.csv"), &listed).unwrap();
    unchanged(&shell, &orders, 4);
    assert_eq!(
        shell.ok(&["orders", "list", "--pool", "space", "--output", "csv"]),
        listed
    );
}
