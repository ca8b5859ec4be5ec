//! What two persons decide is done once, and exactly as the first of them saw it.

use paydirt_books::{BooksError, Decision, NewProposal, ProposalState};
use serde_json::json;

use super::home;
use crate::scene::{Scene, midnight, nov};

fn asked(by: &str, amount: u64) -> NewProposal {
    NewProposal {
        kind: "settle correct",
        subject: "mainnet 2026-11-02".into(),
        detail: json!({ "income": amount }),
        reason: "a typing error".into(),
        by: by.into(),
    }
}

async fn decide(scene: &Scene, new: &NewProposal) -> Result<Decision, BooksError> {
    let (mut session, locked) = scene.begin().await;
    let decision = session.decide(&locked, new, midnight(nov(3))).await?;
    session.commit().await.unwrap();
    Ok(decision)
}

async fn open(scene: &Scene) -> Vec<(String, serde_json::Value)> {
    let mut session = scene.look().await;
    let open = session.open_proposals(scene.pool.number).await.unwrap();
    open.into_iter().map(|it| (it.by, it.detail)).collect()
}

#[tokio::test]
async fn another_person_confirms_exactly_what_was_proposed_once() {
    let scene = Scene::new(home().await).await;
    let first = decide(&scene, &asked("alice", 5)).await.unwrap();
    assert!(
        matches!(&first, Decision::Proposed { replaced: None, .. }),
        "{first:?}"
    );
    let again = decide(&scene, &asked("alice", 5)).await.unwrap();
    assert!(
        matches!(&again, Decision::Waits(it) if it.by == "alice"),
        "{again:?}"
    );
    assert_eq!(
        open(&scene).await,
        [("alice".to_owned(), json!({ "income": 5 }))]
    );
    let second = decide(&scene, &asked("bob", 5)).await.unwrap();
    let Decision::Confirmed(done) = second else {
        panic!("{second:?}");
    };
    assert_eq!(
        (done.by.as_str(), done.state),
        ("alice", ProposalState::Done)
    );
    assert_eq!(done.ended.unwrap().0, "bob");
    // What was confirmed is over: the same words propose it anew.
    let later = decide(&scene, &asked("bob", 5)).await.unwrap();
    assert!(matches!(later, Decision::Proposed { replaced: None, .. }));
}

#[tokio::test]
async fn what_would_be_done_now_is_not_what_was_proposed() {
    let scene = Scene::new(home().await).await;
    let _proposed = decide(&scene, &asked("alice", 5)).await.unwrap();
    let other = decide(&scene, &asked("bob", 6)).await.unwrap();
    let Decision::Proposed {
        proposal,
        replaced: Some(replaced),
    } = other
    else {
        panic!("{other:?}");
    };
    assert_eq!(
        (proposal.by.as_str(), replaced.by.as_str()),
        ("bob", "alice")
    );
    assert_eq!(replaced.state, ProposalState::Replaced);
    assert_eq!(
        open(&scene).await,
        [("bob".to_owned(), json!({ "income": 6 }))]
    );
    let confirmed = decide(&scene, &asked("alice", 6)).await.unwrap();
    assert!(matches!(confirmed, Decision::Confirmed(_)));
    assert!(open(&scene).await.is_empty());
}

#[tokio::test]
async fn two_who_confirm_at_once_are_one_and_a_proposal() {
    let scene = Scene::new(home().await).await;
    let _proposed = decide(&scene, &asked("alice", 5)).await.unwrap();
    let (bob, carol) = (asked("bob", 5), asked("carol", 5));
    let (one, two) = tokio::join!(decide(&scene, &bob), decide(&scene, &carol));
    let confirmed = [one.unwrap(), two.unwrap()];
    let confirmed = confirmed
        .iter()
        .filter(|it| matches!(it, Decision::Confirmed(_)));
    assert_eq!(confirmed.count(), 1);
    assert_eq!(
        open(&scene).await.len(),
        1,
        "the later one proposed it anew"
    );
}

#[tokio::test]
async fn a_proposal_is_taken_back_once_and_needs_a_reason() {
    let scene = Scene::new(home().await).await;
    let blank = NewProposal {
        reason: " ".into(),
        ..asked("alice", 5)
    };
    let error = decide(&scene, &blank).await.unwrap_err().to_string();
    assert!(error.contains("needs a reason"), "{error}");
    let Decision::Proposed { proposal, .. } = decide(&scene, &asked("alice", 5)).await.unwrap()
    else {
        panic!("not proposed");
    };
    let at = midnight(nov(3));
    let (mut session, locked) = scene.begin().await;
    let number = proposal.number;
    let ended = session
        .withdraw_proposal(&locked, number, "bob", at)
        .await
        .unwrap();
    assert_eq!(ended.state, ProposalState::Withdrawn);
    session.commit().await.unwrap();
    let (mut session, locked) = scene.begin().await;
    let error = session
        .withdraw_proposal(&locked, number, "bob", at)
        .await
        .unwrap_err();
    assert!(matches!(error, BooksError::Refused { .. }), "{error}");
    let none = paydirt_books::ProposalNumber::new(number.get() + 1);
    let error = session
        .withdraw_proposal(&locked, none, "bob", at)
        .await
        .unwrap_err();
    assert!(matches!(error, BooksError::Unknown { .. }), "{error}");
}
