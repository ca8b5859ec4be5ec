//! What is asked for, allowed or refused.

use paydirt_books::{Account, WithdrawalState};
use paydirt_withdrawals::{Asked, NoPolicy};

use crate::scene::{Ask, HOME, Kind, OWN, Scene, ask, fil};

on_both!(
    a_request_sets_its_amount_aside_and_small_ones_need_nobody,
    splitting_a_large_request_does_not_evade_the_second_person,
    the_same_key_gives_the_same_answer_and_debits_once,
    what_is_not_allowed_changes_nothing,
    a_balance_is_closed_below_the_minimum,
    caps_count_by_days_of_the_pool,
    an_address_that_is_not_the_first_waits,
);

async fn a_request_sets_its_amount_aside_and_small_ones_need_nobody(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member("u1", "50").await;
    let small = scene.asked("u1", "10").await;
    assert_eq!(small.state, WithdrawalState::Approved);
    assert_eq!(small.decided_by.as_deref(), Some("policy"));
    let large = scene.asked("u1", "10.000000001").await;
    assert_eq!(large.state, WithdrawalState::Requested);
    assert_eq!(
        (large.decided_by, large.requested_by.as_str()),
        (None, "alice")
    );
    let left = (fil("29.999999999"), fil("20.000000001"));
    assert_eq!(scene.has(member).await, left);
    let mut session = scene.books.look().await.unwrap();
    let events = session.withdrawal_events(small.number).await.unwrap();
    let states: Vec<_> = events.iter().map(|it| (it.state, it.by.as_str())).collect();
    let wanted = [
        (WithdrawalState::Requested, "alice"),
        (WithdrawalState::Approved, "policy"),
    ];
    assert_eq!(states, wanted);
    drop(session);
    scene.verify().await;
}

async fn splitting_a_large_request_does_not_evade_the_second_person(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    scene.member("u1", "100").await;
    scene.member("u2", "100").await;
    let states = async |scene: &Scene, member: &str| {
        let mut states = Vec::new();
        for _ in 0..3 {
            states.push(scene.asked(member, "4").await.state);
        }
        states
    };
    use WithdrawalState::{Approved, Requested};
    assert_eq!(states(&scene, "u1").await, [Approved, Approved, Requested]);
    // Another member's day is its own, and so is another day.
    assert_eq!(states(&scene, "u2").await, [Approved, Approved, Requested]);
    scene.later(23);
    assert_eq!(scene.asked("u1", "4").await.state, Requested);
    scene.later(1);
    assert_eq!(states(&scene, "u1").await, [Approved, Approved, Requested]);
}

async fn the_same_key_gives_the_same_answer_and_debits_once(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member("u1", "50").await;
    scene.member("u2", "50").await;
    let with_key = Ask {
        key: Some("k-1"),
        ..ask("u1", "5")
    };
    let first = scene.request(&with_key).await.unwrap();
    assert!(matches!(first, Asked::New(_)));
    for _ in 0..2 {
        let again = scene.request(&with_key).await.unwrap();
        assert!(matches!(again, Asked::Before(_)));
        assert_eq!(again.withdrawal(), first.withdrawal());
    }
    assert_eq!(scene.has(member).await, (fil("45"), fil("5")));
    scene.address(member, "0xother", 0).await;
    let others = [
        Ask {
            amount: Some("5.000000001"),
            ..with_key
        },
        Ask {
            to: "0xother",
            ..with_key
        },
        Ask {
            closes: true,
            ..with_key
        },
        Ask {
            amount: None,
            closes: true,
            ..with_key
        },
        Ask {
            member: "u2",
            ..with_key
        },
    ];
    for other in others {
        let refused = scene.request(&other).await.unwrap_err().to_string();
        assert!(refused.contains("asks for something else"), "{refused}");
    }
    assert_eq!(scene.has(member).await, (fil("45"), fil("5")));
    // It is the same whoever asks, and when it is over too.
    let bob = Ask {
        by: "bob",
        ..with_key
    };
    assert!(matches!(
        scene.request(&bob).await.unwrap(),
        Asked::Before(_)
    ));
    let long = "k".repeat(201);
    for key in ["", "a\nb", "\u{0}", &long] {
        let bad = Ask {
            key: Some(key),
            ..ask("u1", "1")
        };
        let refused = scene.request(&bad).await.unwrap_err().to_string();
        assert!(
            refused.contains("a key has 1 to 200 characters"),
            "{refused}"
        );
    }
    scene.verify().await;
}

async fn what_is_not_allowed_changes_nothing(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    let has = [(Account::Available, "50"), (Account::Receivable, "20")];
    let member = scene.member_with("u1", &has).await;
    let poor = scene.member("u2", "0").await;
    let frozen = scene.member("u3", "50").await;
    scene.address(member, "0xnew", 24).await;
    let mut session = scene.books.begin().await.unwrap();
    session
        .freeze_member(frozen, Some("under review"))
        .await
        .unwrap();
    session.commit().await.unwrap();
    let to = |to| Ask {
        to,
        ..ask("u1", "1")
    };
    for (asked, what) in [
        // What it owed is taken from what it had.
        (ask("u1", "30.000000001"), "30 FIL is available"),
        (ask("u2", "0.1"), "0 FIL is available"),
        (ask("u1", "0"), "nothing"),
        (ask("u1", "0.099999999"), "minimum"),
        (ask("nobody", "1"), "member nobody"),
        (to(OWN), "pay itself"),
        (to("0xnew"), "can be used from"),
        (to("0xelsewhere"), "not in the address book"),
        (ask("u3", "1"), "under review"),
    ] {
        let refused = scene.request(&asked).await.unwrap_err().to_string();
        assert!(refused.contains(what), "{refused}");
        assert!(refused.contains("nothing was written"), "{refused}");
    }
    scene.terms.policy = Err(NoPolicy {
        what: "pool space has no daily cap".into(),
        cure: "set daily_cap in [pool.space.payouts]".into(),
    });
    let refused = scene
        .request(&ask("u1", "1"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("set daily_cap in [pool.space.payouts]"),
        "{refused}"
    );
    for (who, has) in [(member, "30"), (poor, "0"), (frozen, "50")] {
        assert_eq!(scene.has(who).await, (fil(has), fil("0")));
    }
    scene.verify().await;
}

async fn a_balance_is_closed_below_the_minimum(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member("u1", "0.05").await;
    scene.request(&ask("u1", "0.05")).await.unwrap_err();
    let close = Ask {
        closes: true,
        ..ask("u1", "0.04")
    };
    let refused = scene.request(&close).await.unwrap_err().to_string();
    assert!(refused.contains("does not close the balance"), "{refused}");
    let whole = Ask {
        amount: None,
        ..close
    };
    let done = scene.request(&whole).await.unwrap();
    assert_eq!(done.withdrawal().amount, fil("0.05").units());
    assert!(done.withdrawal().closes);
    assert_eq!(scene.has(member).await, (fil("0"), fil("0.05")));
    scene.request(&whole).await.unwrap_err();
}

async fn caps_count_by_days_of_the_pool(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    let member = scene.member("u1", "1000").await;
    let refused = scene
        .request(&ask("u1", "100.000000001"))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("withdrawal_cap"), "{refused}");
    let first = scene.asked("u1", "100").await;
    let refused = scene.request(&ask("u1", "50.000000001")).await.unwrap_err();
    assert!(
        refused.to_string().contains("up to 50 FIL today"),
        "{refused}"
    );
    scene.asked("u1", "50").await;
    scene.request(&ask("u1", "0.1")).await.unwrap_err();
    // What was taken back is not asked for.
    let why = Some("a mistake");
    let cancel = crate::scene::What::Cancel;
    scene
        .decide(cancel, first.number, "alice", why)
        .await
        .unwrap();
    scene.asked("u1", "100").await;
    scene.later(23);
    scene.request(&ask("u1", "0.1")).await.unwrap_err();
    // Midnight in Shanghai.
    scene.later(1);
    scene.asked("u1", "100").await;
    assert_eq!(scene.has(member).await, (fil("750"), fil("250")));
    scene.verify().await;
}

async fn an_address_that_is_not_the_first_waits(kind: Kind) {
    let mut scene = Scene::new(kind).await;
    let member = scene.member("u1", "50").await;
    scene.address(member, "0xsecond", 24).await;
    let second = Ask {
        to: "0xsecond",
        ..ask("u1", "1")
    };
    scene.request(&second).await.unwrap_err();
    scene.request(&ask("u1", "1")).await.unwrap();
    // Who removes the first one has no first one again.
    let mut session = scene.books.begin().await.unwrap();
    let pool = scene.pool(&mut session).await.number;
    session
        .remove_address(pool, member, HOME, scene.now)
        .await
        .unwrap();
    session
        .remove_address(pool, member, "0xsecond", scene.now)
        .await
        .unwrap();
    session.commit().await.unwrap();
    scene.address(member, "0xthird", 24).await;
    let third = Ask {
        to: "0xthird",
        ..ask("u1", "1")
    };
    scene.request(&third).await.unwrap_err();
    scene.later(24);
    scene.request(&third).await.unwrap();
    let refused = scene
        .request(&ask("u1", "1"))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("not in the address book"), "{refused}");
}
