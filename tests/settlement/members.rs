//! Members and orders, looked at and changed by command.

use super::shell;
use crate::shell::columns;

#[tokio::test]
async fn members_are_listed_found_and_frozen() {
    let shell = shell().await.with_orders().await;
    let codes = |arguments: &[&str]| -> Vec<String> {
        let rows = shell.rows(arguments);
        let code = |row: &serde_json::Value| row["member"].as_str().unwrap().to_owned();
        rows.iter().map(code).collect()
    };
    assert_eq!(codes(&["members", "list"]), ["u1", "u2"]);
    assert_eq!(codes(&["members", "list", "--after", "u1"]), ["u2"]);
    assert_eq!(codes(&["members", "find", "139u2"]), ["u2"]);
    assert_eq!(codes(&["members", "find", "name of u"]), ["u1", "u2"]);
    let (exit, blank) = shell.refused(&["members", "freeze", "u2", "--reason", " "]);
    assert_eq!(exit, 2, "{blank}");
    assert!(blank.to_string().contains("the reason is empty"), "{blank}");
    let frozen = shell.rows(&["members", "freeze", "u2", "--reason", "lost key"]);
    assert_eq!(frozen[0]["frozen"], "lost key");
    assert_eq!(shell.json(&["members", "show", "u2"])["frozen"], "lost key");
    shell.ok(&["members", "unfreeze", "u2", "--reason", "found"]);
    let member = shell.json(&["members", "show", "u2"]);
    assert!(member["frozen"].is_null());
    let orders = member["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 2);
    let names = ["pool", "order", "power", "fee_rate"];
    assert_eq!(
        columns(&orders[0], &names),
        ["space", "A2", "100 TB", "0.2"]
    );
    let (exit, error) = shell.refused(&["members", "show", "nobody"]);
    assert_eq!((exit, &error["code"]), (1, &"unknown".into()));
}

#[tokio::test]
async fn orders_are_listed_as_they_count_on_a_day() {
    let shell = shell().await.with_orders().await;
    let all = shell.rows(&["orders", "list", "--pool", "space"]);
    let names = ["order", "member", "power_bytes"];
    assert_eq!(columns(&all[2], &names), ["A3", "u2", "1099511627776"]);
    let before = ["orders", "list", "--pool", "space", "--day", "2024-10-31"];
    assert!(shell.rows(&before).is_empty());
}

#[tokio::test]
async fn addresses_are_checked_by_the_pools_chain() {
    let shell = shell().await.with_orders().await;
    let address = |pool: &'static str, add: &'static str| {
        vec!["members", "address", "u1", "--pool", pool, "--add", add]
    };
    let mixed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let wrong = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD";
    let added = shell.rows(&address("ether", mixed));
    assert_eq!(added[0]["address"], mixed.to_lowercase());
    assert_eq!(shell.refused(&address("ether", wrong)).0, 2);
    assert_eq!(shell.refused(&address("space", mixed)).0, 2);
    let again = shell.refused(&address("ether", mixed));
    assert_eq!((again.0, &again.1["code"]), (1, &"refused".into()));
    let lower = mixed.to_lowercase();
    let remove = [
        "members", "address", "u1", "--pool", "ether", "--remove", &lower,
    ];
    assert!(shell.rows(&remove).is_empty());
}
