//! What vests in a stream that collects is collected too, until it is transferred.

use paydirt_books::{Account, BooksError, TransferLine};
use paydirt_settlement::Credit;

use crate::scene::{BY, Kind, Scene, day, linear, order, stream, told, units};

/// Transfers what bonus has collected: the member, the amount, and what was available before and
/// after, a line.
async fn transfer(scene: &Scene, on: &str) -> Option<Vec<(String, i64, i64, i64)>> {
    let mut session = scene.books.begin().await.unwrap();
    let mut locked = session.lock_pool(&scene.terms.id).await.unwrap();
    let number = session.streams(locked.pool.number).await.unwrap()["bonus"];
    let done = session
        .transfer(&mut locked, number, day(on), BY, scene.now)
        .await
        .unwrap();
    session.commit().await.unwrap();
    let mut lines = Vec::new();
    let each = |line: TransferLine| {
        let (before, after) = (line.available_before, line.available_after);
        lines.push((line.code.to_string(), line.amount, before, after));
        Ok::<(), BooksError>(())
    };
    let mut session = scene.books.look().await.unwrap();
    let done = done?;
    session
        .for_each_transfer_line(done.number, each)
        .await
        .unwrap();
    assert_eq!(lines.iter().map(|line| line.1).sum::<i64>(), done.amount);
    Some(lines)
}

/// What a member has available, to be transferred and vesting.
async fn has(scene: &Scene, member: &str, expected: [&str; 3]) {
    let balance = scene.balance(member).await;
    let found = [balance.available, balance.to_transfer, balance.vesting];
    assert_eq!(found, expected.map(units), "{member}");
    scene.verify_ledger().await;
    scene.verify().await;
}

/// Settles a day of both streams: mainnet shares 1, bonus so much.
async fn settle(scene: &mut Scene, on: &str, bonus: u128) {
    scene.set(day(on).next().unwrap(), 15);
    scene.power(on, "20 TiB").await;
    scene.income(on, "1").await;
    scene.record("bonus", day(on), bonus).await;
    let done = told(&scene.settle().await);
    let settled = done.iter().filter(|told| told.ends_with("settled"));
    assert_eq!(settled.count(), 2, "{done:?}");
}

fn line(member: &str, amounts: [&str; 3]) -> (String, i64, i64, i64) {
    let [amount, before, after] = amounts.map(units);
    (member.to_owned(), amount, before, after)
}

/// Bonus gives 14.4 once, a quarter at once and the rest over 4 days. A1 has half of it at a fee of
/// 0.2, 5.76: 1.44, and 1.08 a day; A2 a quarter, 3.6: 0.9, and 0.675 a day. Of mainnet's 1 a day
/// A1 has 0.4 and A2 0.25, available at once.
async fn what_vests_is_collected_and_transferred(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    let mut bonus = stream("bonus");
    bonus.credit = Credit::Transfer;
    bonus.vesting = Some(linear("0.25", 4));
    scene.terms.streams.push(bonus);
    let orders = [
        order("A1", "u1", "10 TiB", "0.2"),
        order("A2", "u2", "5 TiB", "0"),
    ];
    scene.orders(&orders).await;

    settle(&mut scene, "2026-11-01", 14_400_000_000_000_000_000).await;
    has(&scene, "u1", ["0.4", "1.44", "4.32"]).await;
    has(&scene, "u2", ["0.25", "0.9", "2.7"]).await;

    settle(&mut scene, "2026-11-02", 0).await;
    has(&scene, "u1", ["0.8", "2.52", "3.24"]).await;
    has(&scene, "u2", ["0.5", "1.575", "2.025"]).await;

    let lines = transfer(&scene, "2026-11-02").await.unwrap();
    let expected = [
        line("u1", ["2.52", "0.8", "3.32"]),
        line("u2", ["1.575", "0.5", "2.075"]),
    ];
    assert_eq!(lines, expected);
    has(&scene, "u1", ["3.32", "0", "3.24"]).await;
    has(&scene, "u2", ["2.075", "0", "2.025"]).await;
    assert_eq!(transfer(&scene, "2026-11-02").await, None);

    settle(&mut scene, "2026-11-03", 0).await;
    settle(&mut scene, "2026-11-04", 0).await;
    settle(&mut scene, "2026-11-05", 0).await;
    has(&scene, "u1", ["4.52", "3.24", "0"]).await;
    has(&scene, "u2", ["2.825", "2.025", "0"]).await;
    // Of that day: 1.08 + 0.675 vested, and nothing of bonus became available.
    let on = "2026-11-05";
    assert_eq!(scene.posted(Account::ToTransfer, on).await, units("1.755"));
    assert_eq!(scene.posted(Account::Vesting, on).await, -units("1.755"));
    assert_eq!(scene.posted(Account::Available, on).await, units("0.65"));

    transfer(&scene, "2026-11-05").await.unwrap();
    // 5 * 0.4 + 5.76, and 5 * 0.25 + 3.6.
    has(&scene, "u1", ["7.76", "0", "0"]).await;
    has(&scene, "u2", ["4.85", "0", "0"]).await;
}

on_both!(what_vests_is_collected_and_transferred);
