//! What changed members' accounts adds up to what they have, whoever asks for which days.

use std::collections::BTreeMap;

use paydirt_books::{Account, Balance, Changed, CreditTo, MemberNumber};
use paydirt_schedule::Day;

use super::home;
use crate::full::full;
use crate::scene::{Scene, Terms, nov};

/// The days of the scene, with some before and after.
fn days() -> Vec<Day> {
    let first = nov(1).checked_add_days(-3).unwrap();
    first.through(nov(9)).collect()
}

async fn members(scene: &Scene) -> Vec<MemberNumber> {
    let mut session = scene.look().await;
    let all = session.members_after(None, 100).await.unwrap();
    all.into_iter().map(|member| member.number).collect()
}

fn bucket(balance: &Balance, account: Account) -> i64 {
    match account {
        Account::Available => balance.available,
        Account::Frozen => balance.frozen,
        Account::Vesting => balance.vesting,
        Account::ToTransfer => balance.to_transfer,
        Account::InFlight => balance.in_flight,
        Account::Paid => balance.paid,
        Account::Receivable => -balance.receivable,
        other => panic!("{other} is the pool's"),
    }
}

fn of_members() -> impl Iterator<Item = Account> {
    let all = Account::ALL.iter().copied();
    all.filter(|account| account.is_of_members())
}

#[tokio::test]
async fn a_members_changes_come_to_its_balances_on_any_days() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let pool = scene.pool.number;
    let mut session = scene.look().await;
    for member in members(&scene).await {
        for from in days() {
            for to in days().into_iter().filter(|to| *to >= from) {
                let found = session.member_history(pool, member, (from, to)).await;
                let history = found.unwrap();
                assert_eq!(history.computed, history.kept, "{member}");
                for account in of_members() {
                    let amounts = history.changes.iter().flat_map(|it| &it.amounts);
                    let sum: i64 = amounts
                        .filter(|(other, _, _)| *other == account)
                        .map(|(_, _, amount)| amount)
                        .sum();
                    let [before, after] =
                        [&history.opening, &history.closing].map(|it| bucket(it, account));
                    assert_eq!(before + sum, after, "{member} {account} {from} {to}");
                    assert!(account == Account::Receivable || before >= 0);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_month_has_what_each_members_history_and_the_accounts_have() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let pool = scene.pool.number;
    let mut session = scene.look().await;
    for from in days() {
        for to in days().into_iter().filter(|to| *to >= from) {
            let month = session.month_of_members(pool, (from, to)).await.unwrap();
            let accounts = session.accounts_moved(pool, from, to).await.unwrap();
            let mut sums: BTreeMap<Account, [i64; 3]> = BTreeMap::new();
            for (member, it) in &month {
                let history = session.member_history(pool, *member, (from, to)).await;
                let history = history.unwrap();
                assert_eq!(it.opening, history.opening, "{member} {from} {to}");
                assert_eq!(it.closing, history.closing, "{member} {from} {to}");
                let came = it.net() - it.paid + it.corrected + it.other;
                let owed = it.opening.owed() + i128::from(came);
                assert_eq!(owed, it.closing.owed(), "{member} {from} {to}");
                for account in of_members() {
                    let sum = sums.entry(account).or_default();
                    let (before, after) =
                        (bucket(&it.opening, account), bucket(&it.closing, account));
                    for (sum, amount) in sum.iter_mut().zip([before, after - before, after]) {
                        *sum += amount;
                    }
                }
            }
            for account in of_members() {
                let moved = accounts.iter().filter(|((other, _), _)| *other == account);
                let expected = moved.fold([0; 3], |sum, (_, it)| {
                    let moved = it.credits - it.debits;
                    [sum[0] + it.opening, sum[1] + moved, sum[2] + it.closing]
                });
                let found = sums.get(&account).copied().unwrap_or_default();
                assert_eq!(found, expected, "{account} {from} {to}");
            }
        }
    }
}

#[tokio::test]
async fn the_members_behind_sums_come_to_all_balances() {
    let scene = Scene::new(home().await).await;
    full(&scene).await;
    let pool = scene.pool.number;
    let mut session = scene.look().await;
    let parts = session.parts(pool).await.unwrap();
    let mut sums: BTreeMap<(MemberNumber, Account), i64> = BTreeMap::new();
    let (mut after, mut count) = (0, 0);
    loop {
        let span = (Day::FIRST, Day::LAST);
        let page = session.postings_after(pool, span, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        for mut posted in page {
            session.expand(&parts, &mut posted).await.unwrap();
            count += 1;
            assert_eq!(posted.seq, count);
            assert_eq!(posted.entries.iter().map(|it| it.amount).sum::<i64>(), 0);
            for entry in &posted.entries {
                assert_eq!(entry.member.is_some(), entry.account.is_of_members());
                if let Some(member) = entry.member {
                    *sums.entry((member, entry.account)).or_default() += entry.amount;
                }
            }
        }
    }
    assert!(count > 10, "{count}");
    for member in members(&scene).await {
        let balance = scene.balance(member).await;
        for account in of_members() {
            let sum = sums.get(&(member, account)).copied().unwrap_or_default();
            assert_eq!(sum, bucket(&balance, account), "{member} {account}");
        }
    }
}

/// A line of 1003 units of which a quarter is free at once, over 5 days, given on after two.
#[tokio::test]
async fn a_part_that_went_over_is_the_new_members_from_its_day_on() {
    let scene = Scene::new(home().await).await;
    let stream = scene.stream("mainnet").await;
    let members = scene.members(&["a", "b"]).await;
    let version = scene.order("A1", members[0], 1).await;
    let terms = Terms {
        to: CreditTo::Available,
        vesting: Some((250_000, 5)),
    };
    let lines = [(version, members[0], 1003, 0)];
    scene.settle(stream, nov(1), terms, &lines).await;
    for on in [2, 3] {
        scene.release(stream, nov(on), CreditTo::Available).await;
    }
    let (mut session, mut locked) = scene.begin().await;
    let now = crate::scene::midnight(nov(4));
    let (from, to) = (members[0], members[1]);
    let versions = [version];
    let moved = session.move_vesting(&mut locked, &versions, from, to, "test", now);
    let moved = moved.await.unwrap();
    session.commit().await.unwrap();
    for on in [4, 5, 6] {
        scene.release(stream, nov(on), CreditTo::Available).await;
    }
    let pool = scene.pool.number;
    let mut session = scene.look().await;
    let mut released = BTreeMap::new();
    for member in members {
        let history = session.member_history(pool, member, (nov(1), nov(9))).await;
        let history = history.unwrap();
        assert_eq!(history.closing, history.kept);
        let changes = history.changes.iter();
        let days = changes.filter_map(|it| match &it.what {
            Changed::Released(part) => Some((it.day, part.from, part.to, it.amounts[1].2)),
            _ => None,
        });
        released.insert(member, days.collect::<Vec<_>>());
    }
    // T = 753: floor(753 k / 5) is 150, 301, 451, 602, 753.
    let old = [(nov(2), 0, 1, 150), (nov(3), 1, 2, 151)];
    let new = [
        (nov(4), 2, 3, 150),
        (nov(5), 3, 4, 151),
        (nov(6), 4, 5, 151),
    ];
    assert_eq!(released[&from], old);
    assert_eq!(released[&to], new);
    assert_eq!(moved, 452);
}
