//! Wallets are opened once; each has one owner.

use paydirt_chain::Finality;

use super::super::fixtures::{at, leg, opening, plan, pool};
use super::{JournalBench, assert_error, granted};
use crate::{Acquired, AttemptId, Change, JournalError, Lease, RequestKind, WalletId};

pub async fn a_wallet_is_opened_once_and_must_not_change(bench: &JournalBench) {
    let journal = &bench.journal;
    let first = journal.open_wallet(&opening(0)).await.unwrap();
    assert_eq!(
        (first.next_nonce, first.token, &first.opening),
        (None, 0, &opening(0))
    );
    assert_eq!(journal.open_wallet(&opening(0)).await.unwrap(), first);
    let mut other = opening(0);
    other.finality = Finality::Signalled;
    assert_error!(
        journal.open_wallet(&other).await,
        JournalError::Changed { .. }
    );
    let mut other = opening(0);
    other.identity.genesis = "0xother".into();
    assert_error!(
        journal.open_wallet(&other).await,
        JournalError::Changed { .. }
    );
    assert_eq!(journal.wallets().await.unwrap(), [first]);
    assert_eq!(journal.id().await.unwrap(), journal.id().await.unwrap());
}

pub async fn the_same_address_on_another_network_is_another_wallet(bench: &JournalBench) {
    let journal = &bench.journal;
    let mut classic = opening(0);
    classic.identity.network = "61".into();
    classic.finality = Finality::Signalled;
    let one = journal.open_wallet(&opening(0)).await.unwrap();
    let other = journal.open_wallet(&classic).await.unwrap();
    assert_ne!(one.id, other.id);
    assert_eq!(journal.wallets().await.unwrap().len(), 2);
    assert_eq!(other.opening, classic);
}

pub async fn what_needs_a_wallet_refuses_an_unknown_one(bench: &JournalBench) {
    let journal = &bench.journal;
    let nobody = WalletId::new("1/0x/0x");
    let lease = Lease {
        wallet: nobody.clone(),
        owner: "us".into(),
        token: 1,
    };
    assert_error!(
        journal.acquire(&nobody, "us", 1, None).await,
        JournalError::UnknownWallet(_)
    );
    assert_error!(
        journal.snapshot(&nobody).await,
        JournalError::UnknownWallet(_)
    );
    assert_error!(
        journal.write(&lease, &[], at(0)).await,
        JournalError::UnknownWallet(_)
    );
    let kind = RequestKind::Pause;
    assert_error!(
        journal.post(&nobody, kind, "me", "why", at(0)).await,
        JournalError::UnknownWallet(_)
    );
}

pub async fn a_lease_has_one_owner_until_it_expires(bench: &JournalBench) {
    let journal = &bench.journal;
    let id = journal.open_wallet(&opening(0)).await.unwrap().id;
    let now = paydirt_schedule::Clock::now(&*bench.clock);
    let lease = granted(journal.acquire(&id, "a", 6_000, None).await.unwrap());
    bench.clock.advance_ms(5_999);
    let refused = journal.acquire(&id, "b", 6_000, None).await.unwrap();
    let expires_at = now.saturating_add_ms(6_000);
    assert_eq!(
        refused,
        Acquired::HeldBy {
            owner: "a".into(),
            expires_at
        }
    );
    bench.clock.advance_ms(1);
    let next = granted(journal.acquire(&id, "b", 6_000, None).await.unwrap());
    assert!(next.token > lease.token);
    assert_eq!(
        journal.snapshot(&id).await.unwrap().wallet.token,
        next.token
    );
}

pub async fn a_lease_taken_in_time_by_its_owner_keeps_its_token(bench: &JournalBench) {
    let journal = &bench.journal;
    let id = journal.open_wallet(&opening(0)).await.unwrap().id;
    let lease = granted(journal.acquire(&id, "a", 6_000, None).await.unwrap());
    bench.clock.advance_ms(3_000);
    assert_eq!(
        granted(journal.acquire(&id, "a", 6_000, None).await.unwrap()),
        lease
    );
    bench.clock.advance_ms(5_000);
    let refused = journal.acquire(&id, "b", 6_000, None).await.unwrap();
    assert!(matches!(refused, Acquired::HeldBy { .. }), "{refused:?}");
}

pub async fn a_lease_taken_again_after_expiry_has_a_higher_token(bench: &JournalBench) {
    let journal = &bench.journal;
    let id = journal.open_wallet(&opening(0)).await.unwrap().id;
    let lease = granted(journal.acquire(&id, "a", 6_000, None).await.unwrap());
    bench.clock.advance_ms(6_000);
    let again = granted(journal.acquire(&id, "a", 6_000, None).await.unwrap());
    assert!(again.token > lease.token);
    assert_error!(
        journal.renew(&lease, 6_000).await,
        JournalError::Fenced { .. }
    );
}

pub async fn an_owner_known_to_be_dead_is_evicted_by_name(bench: &JournalBench) {
    let journal = &bench.journal;
    let id = journal.open_wallet(&opening(0)).await.unwrap().id;
    let dead = granted(journal.acquire(&id, "a", 6_000, None).await.unwrap());
    let refused = journal.acquire(&id, "b", 6_000, Some("c")).await.unwrap();
    assert!(matches!(refused, Acquired::HeldBy { .. }), "{refused:?}");
    let lease = granted(journal.acquire(&id, "b", 6_000, Some("a")).await.unwrap());
    assert!(lease.token > dead.token);
    assert_error!(
        journal.write(&dead, &[], at(0)).await,
        JournalError::Fenced { .. }
    );
}

pub async fn a_renewed_lease_lives_longer(bench: &JournalBench) {
    let journal = &bench.journal;
    let id = journal.open_wallet(&opening(0)).await.unwrap().id;
    let lease = granted(journal.acquire(&id, "a", 6_000, None).await.unwrap());
    for _ in 0..5 {
        bench.clock.advance_ms(4_000);
        journal.renew(&lease, 6_000).await.unwrap();
    }
    let refused = journal.acquire(&id, "b", 6_000, None).await.unwrap();
    assert!(matches!(refused, Acquired::HeldBy { .. }), "{refused:?}");
}

pub async fn an_expired_lease_that_nobody_took_still_writes(bench: &JournalBench) {
    let desk = bench.desk().await;
    bench.clock.advance_ms(100_000);
    desk.write(&[Change::Paused {
        reason: "late".into(),
    }])
    .await
    .unwrap();
    desk.journal.renew(&desk.lease, 6_000).await.unwrap();
    let taken = desk
        .journal
        .acquire(&desk.wallet, "b", 6_000, None)
        .await
        .unwrap();
    assert!(matches!(taken, Acquired::HeldBy { .. }), "{taken:?}");
}

pub async fn a_stale_token_writes_nothing(bench: &JournalBench) {
    let desk = bench.desk().await;
    let new = plan(vec![leg(1, 10)]);
    desk.held(&new).await;
    bench.clock.advance_ms(60_000);
    let newer = granted(
        desk.journal
            .acquire(&desk.wallet, "them", 6_000, None)
            .await
            .unwrap(),
    );
    let before = desk.all().await;
    let stale = desk
        .write(&[Change::Paused {
            reason: "no".into(),
        }])
        .await;
    match stale {
        Err(JournalError::Fenced { ours, newest }) => {
            assert_eq!((ours, newest), (desk.lease.token, newer.token));
        }
        other => panic!("{other:?}"),
    }
    let late = desk.attempt(new.id, 5, paydirt_chain::AttemptKind::Pay, 1);
    assert_error!(desk.save(&[late]).await, JournalError::Fenced { .. });
    assert_error!(
        desk.journal.renew(&desk.lease, 6_000).await,
        JournalError::Fenced { .. }
    );
    assert_eq!(desk.all().await, before);
}

pub async fn a_lease_that_was_given_up_writes_nothing(bench: &JournalBench) {
    let desk = bench.desk().await;
    desk.journal.give_up(&desk.lease).await.unwrap();
    let before = desk.all().await;
    let late = desk
        .write(&[Change::Paused {
            reason: "no".into(),
        }])
        .await;
    assert_error!(late, JournalError::Fenced { .. });
    assert_error!(
        desk.journal.renew(&desk.lease, 6_000).await,
        JournalError::Fenced { .. }
    );
    assert_eq!(desk.all().await, before);
    let again = granted(
        desk.journal
            .acquire(&desk.wallet, "us", 6_000, None)
            .await
            .unwrap(),
    );
    assert!(again.token > desk.lease.token);
}

pub async fn giving_up_a_lease_that_was_taken_over_leaves_the_new_one(bench: &JournalBench) {
    let desk = bench.desk().await;
    let evict = Some("us");
    let newer = granted(
        desk.journal
            .acquire(&desk.wallet, "them", 6_000, evict)
            .await
            .unwrap(),
    );
    desk.journal.give_up(&desk.lease).await.unwrap();
    desk.journal.renew(&newer, 6_000).await.unwrap();
    let unknown = Change::Sent {
        attempt: AttemptId::new(),
        verdict: pool().to_string(),
    };
    let result = desk.journal.write(&newer, &[unknown], at(1)).await;
    assert_error!(result, JournalError::Mismatch { .. });
}
