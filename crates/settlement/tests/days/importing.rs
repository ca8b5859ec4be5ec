//! Files of orders against what the books have.

use std::path::Path;

use paydirt_ledger::MemberId;
use paydirt_money::Coefficient;
use paydirt_settlement::{
    Imported, MembersImport, OrdersImport, SettlementError, Transferred, import_members,
    import_orders, transfer_order,
};
use paydirt_sheets::{Limits, members, orders};

use crate::scene::{BY, Kind, Scene, day, told};

pub(crate) const HEADER: &str = "order,member,power,fee_rate,start,end";

fn file(rows: &[&str]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rows.join("\n") + "\n").unwrap();
    file
}

pub(crate) async fn add_members(scene: &Scene, rows: &[&str]) -> Imported {
    let file = file(rows);
    let rows = members::read(file.path(), &Limits::default()).unwrap();
    let mut session = scene.books.begin().await.unwrap();
    let import = MembersImport {
        path: file.path(),
        rows: &rows,
        pool: None,
        cool_down_ms: 0,
        by: BY,
        now: scene.now,
        problems: 100,
    };
    let done = import_members(&mut session, &import).await.unwrap();
    session.commit().await.unwrap();
    done
}

pub(crate) async fn try_import(
    scene: &Scene,
    header: &str,
    rows: &[&str],
) -> Result<Imported, SettlementError> {
    import_with(scene, None, header, rows).await
}

/// With a coefficient of the file.
async fn import_with(
    scene: &Scene,
    coefficient: Option<&str>,
    header: &str,
    rows: &[&str],
) -> Result<Imported, SettlementError> {
    scene.pool().await;
    let file = file(&[&[header], rows].concat());
    let rows = orders::read(file.path(), &Limits::default())?;
    let mut session = scene.books.begin().await.unwrap();
    let locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let import = OrdersImport {
        terms: &scene.terms,
        path: Path::new("orders.csv"),
        digest: [0; 32],
        rows: &rows,
        coefficient: coefficient.map(|text| Coefficient::parse(text).unwrap()),
        valid_from: None,
        create_members: false,
        note: None,
        by: BY,
        now: scene.now,
        problems: 100,
    };
    let done = import_orders(&mut session, &locked, &import).await?;
    session.commit().await.unwrap();
    Ok(done)
}

pub(crate) async fn import(scene: &Scene, rows: &[&str]) -> (u64, u64, u64) {
    let done = try_import(scene, HEADER, rows).await.unwrap();
    (done.new, done.changed, done.unchanged)
}

/// Whose an order is from a day on, and its fee rate.
pub(crate) async fn holder(scene: &Scene, order: &str, on: &str) -> (String, String) {
    let pool = scene.pool().await;
    let mut session = scene.books.look().await.unwrap();
    let versions = session.versions_of_order(pool.number, order).await.unwrap();
    let counts = versions
        .iter()
        .rev()
        .find(|v| v.valid_from <= day(on) && v.valid_until.is_none_or(|until| until > day(on)));
    let counts = counts.unwrap();
    (
        counts.member.to_string(),
        counts.holding.fee_rate.to_string(),
    )
}

pub(crate) const ROWS: [&str; 2] = [
    "A1,u1,900 TB,0.10,2026-11-01,",
    "A2,u2,138.85 TB,0.2,2026-11-01,",
];

async fn scene(kind: Kind) -> Scene {
    let scene = Scene::new(kind).await;
    let done = add_members(&scene, &["member,name", "u1,Li", "u2,Chen", "u3,"]).await;
    assert_eq!((done.new, done.changed), (3, 0));
    assert_eq!(import(&scene, &ROWS).await, (2, 0, 0));
    scene
}

/// Settles the first day.
pub(crate) async fn settle(scene: &mut Scene) {
    scene.set(day("2026-11-02"), 15);
    scene.income("2026-11-01", "237.098").await;
    scene.power("2026-11-01", "118.950 PB").await;
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
}

async fn the_same_values_change_nothing(kind: Kind) {
    let scene = scene(kind).await;
    assert_eq!(import(&scene, &ROWS).await, (0, 0, 2));
    let rewritten = [
        "A2,u2,138850 GB,0.200,2026-11-01,",
        "A1,u1,900000 GB,0.1,2026-11-01,",
    ];
    assert_eq!(import(&scene, &rewritten).await, (0, 0, 2));
    let again = add_members(&scene, &["member,name", "u1,Li", "u3,Wang"]).await;
    assert_eq!((again.new, again.changed, again.unchanged), (0, 1, 1));
}

async fn the_original_file_does_not_undo_a_transfer(kind: Kind) {
    let mut scene = scene(kind).await;
    settle(&mut scene).await;
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let (terms, to) = (&scene.terms, MemberId::new("u3"));
    let from = day("2026-11-02");
    transfer_order(
        &mut session,
        &mut locked,
        terms,
        "A1",
        &to,
        from,
        false,
        BY,
        scene.now,
    )
    .await
    .unwrap();
    session.commit().await.unwrap();
    assert_eq!(import(&scene, &ROWS).await, (0, 0, 2));
    assert_eq!(holder(&scene, "A1", "2026-11-01").await.0, "u1");
    assert_eq!(holder(&scene, "A1", "2026-11-02").await.0, "u3");
    // A new fee is the file's to say; whose it is, is not.
    let fee = ["A1,u1,900 TB,0.3,2026-11-01,"];
    assert_eq!(import(&scene, &fee).await, (0, 1, 0));
    assert_eq!(
        holder(&scene, "A1", "2026-11-02").await,
        ("u3".into(), "0.3".into())
    );
    assert_eq!(
        holder(&scene, "A1", "2026-11-01").await,
        ("u1".into(), "0.1".into())
    );
}

async fn absent_rows_and_columns_stay(kind: Kind) {
    let scene = scene(kind).await;
    let row = ["A1,u1,900 TB,0.1,2026-11-01"];
    let done = try_import(&scene, "order,member,power,fee_rate,start", &row)
        .await
        .unwrap();
    assert_eq!((done.unchanged, done.absent), (1, vec!["A2".to_owned()]));
    assert_eq!(
        import(&scene, &["A1,u1,900 TB,0.1,2026-11-01,2026-12-01"]).await,
        (0, 1, 0)
    );
    let done = try_import(&scene, "order,member,power,fee_rate,start", &row)
        .await
        .unwrap();
    assert_eq!((done.changed, done.unchanged), (0, 1));
    assert_eq!(
        import(&scene, &["A1,u1,900 TB,0.1,2026-11-01,"]).await,
        (0, 1, 0)
    );
}

async fn every_bad_row_is_listed_and_nothing_is_written(kind: Kind) {
    let mut scene = scene(kind).await;
    settle(&mut scene).await;
    let header = "order,member,power,fee_rate,start,streams,valid_from";
    let rows = [
        "A1,u1,900 TB,0.5,2026-11-01,,2026-11-01",
        "B1,nobody,1 TB,0,2026-11-02,,",
        "B2,u1,1 TB,0,2026-11-02,bonus,",
        "B3,u1,1 TB,0,2026-11-02,,",
    ];
    let error = try_import(&scene, header, &rows)
        .await
        .unwrap_err()
        .to_string();
    for words in [
        "row 2, valid_from \"2026-11-01\"",
        "reaches days that are settled",
        "row 3, member \"nobody\"",
        "row 4, streams \"bonus\"",
        "mainnet",
    ] {
        assert!(error.contains(words), "{words:?} is not in: {error}");
    }
    assert!(!error.contains("row 5"), "{error}");
    let done = try_import(&scene, HEADER, &ROWS).await.unwrap();
    assert_eq!((done.new, done.unchanged, done.absent), (0, 2, vec![]));
}

async fn transfer(scene: &Scene, order: &str, to: &str, from: &str) {
    transfer_with(scene, order, to, from, false).await.unwrap();
}

pub(crate) async fn transfer_with(
    scene: &Scene,
    order: &str,
    to: &str,
    from: &str,
    vesting: bool,
) -> Result<Transferred, SettlementError> {
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let (terms, to) = (&scene.terms, MemberId::new(to));
    let done = transfer_order(
        &mut session,
        &mut locked,
        terms,
        order,
        &to,
        day(from),
        vesting,
        BY,
        scene.now,
    );
    let done = done.await?;
    session.commit().await.unwrap();
    Ok(done)
}

async fn what_was_recorded_for_later_days_stays(kind: Kind) {
    let scene = scene(kind).await;
    transfer(&scene, "A1", "u3", "2026-11-10").await;
    assert_eq!(
        import(&scene, &["A1,u1,900 TB,0.3,2026-11-01,"]).await,
        (0, 1, 0)
    );
    for (on, holder_then) in [
        ("2026-11-09", "u1"),
        ("2026-11-10", "u3"),
        ("2026-12-01", "u3"),
    ] {
        let found = holder(&scene, "A1", on).await;
        assert_eq!(found, (holder_then.into(), "0.3".into()), "{on}");
    }
    // A change from a later day on, recorded before the transfer that comes earlier.
    let header = "order,member,power,fee_rate,start,valid_from";
    let later = ["A2,u2,138.85 TB,0.5,2026-11-01,2026-11-20"];
    assert_eq!(try_import(&scene, header, &later).await.unwrap().changed, 1);
    transfer(&scene, "A2", "u3", "2026-11-10").await;
    for (on, expected) in [
        ("2026-11-09", ("u2", "0.2")),
        ("2026-11-10", ("u3", "0.2")),
        ("2026-11-20", ("u3", "0.5")),
    ] {
        let found = holder(&scene, "A2", on).await;
        assert_eq!(found, (expected.0.into(), expected.1.into()), "{on}");
    }
}

async fn the_coefficient_of_a_file_stays_with_its_orders(kind: Kind) {
    let scene = Scene::new(kind).await;
    add_members(&scene, &["member", "u1", "u2", "u3"]).await;
    let done = import_with(&scene, Some("0.8"), HEADER, &ROWS)
        .await
        .unwrap();
    assert_eq!(done.new, 2);
    transfer(&scene, "A1", "u3", "2026-11-01").await;
    assert_eq!(
        import(&scene, &[ROWS[0], "A2,u2,1 TB,0.2,2026-11-01,"]).await,
        (0, 1, 1)
    );
    let coefficients = || async {
        let pool = scene.pool().await;
        let mut session = scene.books.look().await.unwrap();
        let (on, one) = (day("2026-11-01"), Coefficient::ONE);
        let counting = session
            .counting(pool.number, "mainnet", on, one)
            .await
            .unwrap();
        let orders = counting.orders().iter();
        orders
            .map(|order| order.coefficient.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(coefficients().await, ["0.8", "0.8"]);
    let rows = [ROWS[0], "A2,u2,1 TB,0.2,2026-11-01,"];
    let same = import_with(&scene, Some("0.8"), HEADER, &rows)
        .await
        .unwrap();
    assert_eq!((same.changed, same.unchanged), (0, 2));
    let other = import_with(&scene, Some("0.9"), HEADER, &rows)
        .await
        .unwrap();
    assert_eq!((other.changed, other.unchanged), (2, 0));
    assert_eq!(coefficients().await, ["0.9", "0.9"]);
    assert_eq!(holder(&scene, "A1", "2026-11-01").await.0, "u3");
}

async fn a_stream_that_begins_later_delays_no_order(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    let mut bonus = crate::scene::stream("bonus");
    bonus.from = Some(day("2027-01-01"));
    scene.terms.streams.push(bonus);
    add_members(&scene, &["member", "u1", "u2"]).await;
    assert_eq!(import(&scene, &ROWS).await, (2, 0, 0));
    settle(&mut scene).await;
    assert!(scene.balance("u1").await.available > 0);
}

async fn what_can_not_be_an_order_is_named_with_its_row(kind: Kind) {
    let scene = scene(kind).await;
    let ended = ["A1,u1,900 TB,0.10,2026-11-01,2026-12-01"];
    assert_eq!(import(&scene, &ended).await, (0, 1, 0));
    let header = "order,member,power,fee_rate,start";
    let rows = [
        "A1,u1,900 TB,0.10,2026-12-05",
        "opening:u1,u1,1 TB,0,2026-11-01",
    ];
    let error = try_import(&scene, header, &rows)
        .await
        .unwrap_err()
        .to_string();
    for words in ["row 2, end \"2026-12-01\"", "row 3, order \"opening:u1\""] {
        assert!(error.contains(words), "{words} is not in: {error}");
    }
    let header = "order,member,power,fee_rate,start,note";
    let noted = ["A2,u2,138.85 TB,0.2,2026-11-01,seen"];
    assert_eq!(try_import(&scene, header, &noted).await.unwrap().changed, 1);
    assert_eq!(
        try_import(&scene, header, &noted).await.unwrap().unchanged,
        1
    );
}

async fn a_row_can_count_from_an_earlier_day_than_before(kind: Kind) {
    let scene = Scene::new(kind).await;
    add_members(&scene, &["member", "u1", "u2", "u3"]).await;
    let header = "order,member,power,fee_rate,start,valid_from";
    let row = |from: &str| format!("A1,u1,900 TB,0.10,2026-11-01,{from}");
    let late = row("2026-12-01");
    try_import(&scene, header, &[&late]).await.unwrap();
    // Neither a file that says nothing of it nor the same again makes it earlier.
    assert_eq!(import(&scene, &ROWS[..1]).await, (0, 0, 1));
    assert_eq!(
        try_import(&scene, header, &[&late])
            .await
            .unwrap()
            .unchanged,
        1
    );
    transfer(&scene, "A1", "u3", "2026-12-10").await;
    let earlier = row("2026-11-10");
    let done = try_import(&scene, header, &[&earlier]).await.unwrap();
    assert_eq!(done.changed, 1);
    assert_eq!(done.rows[0].fields[0].field, "valid_from");
    for (on, member) in [
        ("2026-11-10", "u1"),
        ("2026-12-09", "u1"),
        ("2026-12-10", "u3"),
    ] {
        assert_eq!(holder(&scene, "A1", on).await.0, member, "{on}");
    }
    assert_eq!(
        try_import(&scene, header, &[&earlier])
            .await
            .unwrap()
            .unchanged,
        1
    );
}

on_both!(
    the_same_values_change_nothing,
    the_original_file_does_not_undo_a_transfer,
    absent_rows_and_columns_stay,
    every_bad_row_is_listed_and_nothing_is_written,
    what_was_recorded_for_later_days_stays,
    the_coefficient_of_a_file_stays_with_its_orders,
    a_stream_that_begins_later_delays_no_order,
    what_can_not_be_an_order_is_named_with_its_row,
    a_row_can_count_from_an_earlier_day_than_before,
);
