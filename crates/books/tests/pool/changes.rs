//! What changed members' accounts adds up to what they have, whoever asks for which days.

use std::collections::BTreeMap;

use paydirt_books::{Account, Balance, Changed, CreditTo, DailyStatistic, MemberNumber};
use paydirt_schedule::Day;

use super::home;
use crate::full::full;
use crate::scene::{AT_ONCE, Scene, Terms, nov};

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

/// The columns of a settlement that a correction has of the one before.
const KEPT: &str = "begins_at, ends_at, zone, rule, terms, items, deductions, carried_in, \
     carried_out, loss_in, loss_out, loss";

#[tokio::test]
async fn days_are_as_booked_or_as_restated_and_differ_by_the_corrections() {
    let scene = Scene::new(home().await).await;
    let stream = scene.stream("mainnet").await;
    let members = scene.members(&["a"]).await;
    let version = scene.order("A1", members[0], 1).await;
    for on in 1..=3 {
        let lines = [(version, members[0], 1000 * i64::from(on), 0)];
        scene.settle(stream, nov(on), AT_ONCE, &lines).await;
    }
    let pool = scene.pool.number;
    let now = crate::scene::midnight(nov(9));
    let restate = async || {
        let (mut session, _) = scene.begin().await;
        let done = session.restate_statistics(pool, stream, nov(1), now).await;
        done.unwrap();
        session.commit().await.unwrap();
    };
    restate().await;
    let mut session = scene.look().await;
    let before = session
        .daily_statistics(pool, nov(1), nov(9))
        .await
        .unwrap();
    let same = session
        .statistics_as_booked(pool, nov(1), nov(9))
        .await
        .unwrap();
    assert_eq!((&same.days, same.corrections.len()), (&before, 0));
    drop(session);
    // A correction of the first day, posted with the third.
    let sql = format!(
        "INSERT INTO settlement (pool, stream, day, revision, kind, posting, {KEPT}, income, net, \
         fee, retained, immediate, pool_power, power_day, sold, whole, lines, members, \
         lines_digest, hash, settled_at, settled_by, reason) SELECT pool, stream, day, 1, kind, \
         (SELECT MAX(number) FROM posting), {KEPT}, income + 700, net + 500, fee + 150, \
         retained + 50, immediate + 500, pool_power, power_day, sold, whole, lines, members, \
         lines_digest, hash, settled_at, settled_by, 'late' FROM settlement \
         WHERE day = {}",
        nov(1).days_since_epoch()
    );
    scene.raw().await.execute(&sql).await.unwrap();
    restate().await;
    let mut session = scene.look().await;
    let restated = session
        .daily_statistics(pool, nov(1), nov(9))
        .await
        .unwrap();
    let booked = session
        .statistics_as_booked(pool, nov(1), nov(9))
        .await
        .unwrap();
    assert_eq!(restated[0].income, before[0].income + 700);
    let figures = |it: &DailyStatistic| (it.income, it.net, it.fees, it.retained, it.total_income);
    for (booked, before) in booked.days.iter().zip(&before).take(2) {
        assert_eq!(figures(booked), figures(before));
    }
    let last = (&booked.days[2], &before[2], &restated[2]);
    assert_eq!((last.0.income, last.0.net), (last.1.income, last.1.net));
    assert_eq!(last.0.total_income, last.1.total_income + 700);
    assert_eq!(last.0.total_income, last.2.total_income);
    assert_eq!(last.0.total_net, last.2.total_net);
    let [correction] = booked.corrections[..] else {
        panic!("{:?}", booked.corrections)
    };
    assert_eq!((correction.day, correction.posted_on), (nov(1), nov(3)));
    let differences = [
        correction.income,
        correction.net,
        correction.fees,
        correction.retained,
    ];
    assert_eq!(differences, [700, 500, 150, 50]);
    let early = session
        .statistics_as_booked(pool, nov(1), nov(2))
        .await
        .unwrap();
    assert_eq!(early.corrections, []);
}
