//! What two persons decide: one proposes it, another confirms exactly that.

use paydirt_books::{Decision, Proposal, ProposalNumber};
use serde_json::json;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::owner::operator;

/// What comes of asking for something that two persons decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Second<T> {
    /// It was proposed, and waits for another person; nothing else was done.
    Proposed {
        /// What waits.
        proposal: Box<Proposal>,
        /// The one that it replaces.
        replaced: Option<Box<Proposal>>,
    },
    /// Another person had proposed exactly this, and it was done.
    Done {
        /// What was confirmed.
        proposal: Box<Proposal>,
        /// What came of it.
        done: T,
    },
}

/// What a decision allows: the confirmed proposal, or what to tell.
///
/// # Errors
/// `Policy` where the same person asks again.
pub(crate) fn allowed<T>(decision: Decision) -> Result<Result<Box<Proposal>, Second<T>>, AppError> {
    match decision {
        Decision::Confirmed(proposal) => Ok(Ok(Box::new(proposal))),
        Decision::Proposed { proposal, replaced } => Ok(Err(Second::Proposed {
            proposal: Box::new(proposal),
            replaced: replaced.map(Box::new),
        })),
        Decision::Waits(Proposal { number, by, at, .. }) => Err(AppError::Policy {
            what: format!("{by} proposed this at {at} (proposal {number})"),
            cure: "another person has to give the same command".into(),
        }),
    }
}

/// What waits for a second person, oldest first.
///
/// # Errors
/// `Usage`; the books'.
pub async fn list(settings: &Settings, pool: &str) -> Result<Vec<Proposal>, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    Ok(session.open_proposals(pool.number).await?)
}

/// Takes back what waits for a second person.
///
/// # Errors
/// `Usage`; the books': `Unknown`, `Refused` when it is over.
pub async fn withdraw(settings: &Settings, pool: &str, number: i64) -> Result<Proposal, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let (mut session, pool) = of.begin().await?;
    let locked = session.lock_pool(&pool.id).await?;
    let (by, number) = (operator(), ProposalNumber::new(number));
    let ended = session
        .withdraw_proposal(&locked, number, &by, of.now)
        .await?;
    let detail = json!({ "proposal": number.get(), "kind": ended.kind, "subject": ended.subject });
    let id = pool.id.as_str();
    session
        .audit(&by, "approvals withdraw", id, &detail, of.now)
        .await?;
    session.commit().await?;
    Ok(ended)
}
