//! What persons decide.

use paydirt_books::{WithdrawalState, WithdrawalsAsked};

use crate::scene::What::{Approve, Cancel, Reject};
use crate::scene::{Kind, Scene, fil};

on_both!(
    nobody_approves_what_they_asked_for,
    what_is_rejected_or_taken_back_is_available_again,
    what_comes_back_recovers_what_the_member_owes,
    what_is_over_or_on_its_way_is_not_decided,
    withdrawals_are_listed_by_state_and_member_newest_first,
);

const WHY: Option<&str> = Some("a mistake");

async fn nobody_approves_what_they_asked_for(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member("u1", "50").await;
    let asked = scene.asked("u1", "20").await;
    let refused = scene
        .decide(Approve, asked.number, "alice", None)
        .await
        .unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("asked for by alice"), "{refused}");
    assert!(refused.contains("another person"), "{refused}");
    assert_eq!(scene.found(asked.number).await, asked);
    let approved = scene
        .decide(Approve, asked.number, "bob", None)
        .await
        .unwrap();
    assert_eq!(approved.state, WithdrawalState::Approved);
    assert_eq!(approved.decided_by.as_deref(), Some("bob"));
    scene
        .decide(Approve, asked.number, "carol", None)
        .await
        .unwrap_err();
    assert_eq!(scene.has(member).await, (fil("30"), fil("20")));
    scene.verify().await;
}

async fn what_is_rejected_or_taken_back_is_available_again(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member("u1", "50").await;
    for (what, state) in [
        (Reject, WithdrawalState::Rejected),
        (Cancel, WithdrawalState::Cancelled),
    ] {
        // One that waits, and one that the policy approved.
        for amount in ["20", "1"] {
            let asked = scene.asked("u1", amount).await;
            for reason in [None, Some(""), Some(" ")] {
                scene
                    .decide(what, asked.number, "bob", reason)
                    .await
                    .unwrap_err();
            }
            let ended = scene.decide(what, asked.number, "bob", WHY).await.unwrap();
            assert_eq!((ended.state, ended.reason.as_deref()), (state, WHY));
            assert_eq!(scene.has(member).await, (fil("50"), fil("0")));
        }
    }
    scene.verify().await;
}

async fn what_comes_back_recovers_what_the_member_owes(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member("u1", "25").await;
    let first = scene.asked("u1", "20").await.number;
    let second = scene.asked("u1", "5").await.number;
    scene.owes(member, "22").await;
    for (what, number, has, owes) in [
        (Reject, first, ("0", "5"), "2"),
        (Cancel, second, ("3", "0"), "0"),
    ] {
        scene.decide(what, number, "bob", WHY).await.unwrap();
        assert_eq!(scene.has(member).await, (fil(has.0), fil(has.1)));
        let balance = scene.balance(member).await;
        assert_eq!(balance.receivable, fil(owes).units());
    }
    scene.verify().await;
}

async fn what_is_over_or_on_its_way_is_not_decided(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member("u1", "50").await;
    let over = scene.asked("u1", "1").await.number;
    scene.decide(Cancel, over, "bob", WHY).await.unwrap();
    let on_its_way = scene.asked("u1", "2").await.number;
    scene
        .sql(&format!(
            "UPDATE withdrawal SET state = 'processing', leg = 'a leg', held_at = 1, held_on = 1 \
             WHERE number = {on_its_way}"
        ))
        .await;
    for what in [Approve, Reject, Cancel] {
        for number in [over, on_its_way] {
            scene.decide(what, number, "bob", WHY).await.unwrap_err();
        }
    }
    let refused = scene
        .decide(Cancel, on_its_way, "bob", WHY)
        .await
        .unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("payouts cancel"), "{refused}");
    assert_eq!(scene.has(member).await, (fil("48"), fil("2")));
}

async fn withdrawals_are_listed_by_state_and_member_newest_first(kind: Kind) {
    let scene = Scene::new(kind).await;
    scene.member("u1", "50").await;
    let second = scene.member("u2", "50").await;
    let mut numbers = Vec::new();
    for (member, amount) in [
        ("u1", "1"),
        ("u2", "2"),
        ("u1", "11"),
        ("u2", "12"),
        ("u1", "3"),
    ] {
        numbers.push(scene.asked(member, amount).await.number);
    }
    let list = async |asked: WithdrawalsAsked| {
        let mut session = scene.books.look().await.unwrap();
        let pool = scene.pool(&mut session).await.number;
        let found = session.withdrawals(pool, &asked).await.unwrap();
        let place = |number| numbers.iter().position(|it| *it == number).unwrap();
        found
            .into_iter()
            .map(|it| place(it.number))
            .collect::<Vec<_>>()
    };
    let all = WithdrawalsAsked {
        limit: 10,
        ..WithdrawalsAsked::default()
    };
    assert_eq!(list(all.clone()).await, [4, 3, 2, 1, 0]);
    let page = WithdrawalsAsked {
        limit: 2,
        after: Some(numbers[3]),
        ..all.clone()
    };
    assert_eq!(list(page).await, [2, 1]);
    let waiting = WithdrawalsAsked {
        states: vec![WithdrawalState::Requested],
        ..all.clone()
    };
    assert_eq!(list(waiting.clone()).await, [4, 3, 2]);
    let of_member = WithdrawalsAsked {
        member: Some(second),
        ..waiting
    };
    assert_eq!(list(of_member).await, [3]);
}
