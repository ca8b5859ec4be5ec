//! What one person asked to be done and another has to confirm.
//!
//! A proposal says exactly what would be done: whoever confirms it confirms that and nothing else,
//! because the same words come to another digest once what they would do has changed. A pool has
//! one open proposal a kind and subject; a later one, of something else, replaces it.

use paydirt_schedule::Timestamp;
use serde_json::Value as Json;

use crate::codec::{from_json, instant, named};
use crate::db::{Connection, query};
use crate::digest::{Digest, Hash};
use crate::numbers::{PoolNumber, ProposalNumber};
use crate::pools::LockedPool;
use crate::{BooksError, Session};

/// What somebody asks to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct NewProposal {
    /// What kind of thing: `withdrawals mark-paid`, `settle correct`, ….
    pub kind: &'static str,
    /// To what: within its pool and kind it names one thing.
    pub subject: String,
    /// Exactly what would be done. Its text is what is confirmed.
    pub detail: Json,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub by: String,
}

/// How a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// Waits for a second person.
    Open,
    /// A second person confirmed it, and it was done.
    Done,
    /// Somebody took it back.
    Withdrawn,
    /// Something else was proposed for the same subject.
    Replaced,
}

impl ProposalState {
    const ALL: [Self; 4] = [Self::Open, Self::Done, Self::Withdrawn, Self::Replaced];

    /// Its name in the books and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A proposal in the books.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its number.
    pub number: ProposalNumber,
    /// Its pool.
    pub pool: PoolNumber,
    /// What kind of thing.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// Exactly what would be, or was, done.
    pub detail: Json,
    /// Why, in the words of who proposed it.
    pub reason: String,
    /// Who proposed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// How it stands.
    pub state: ProposalState,
    /// Who ended it, and when.
    pub ended: Option<(String, Timestamp)>,
}

/// What becomes of asking for something that two persons decide.
#[must_use = "only what is confirmed may be done"]
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nobody had proposed it: now it waits for another person.
    Proposed {
        /// The new proposal.
        proposal: Proposal,
        /// The one that it replaces.
        replaced: Option<Proposal>,
    },
    /// The same person had proposed the same: nothing changed, another person has to confirm it.
    Waits(Proposal),
    /// Another person had proposed exactly this: it may be done, in this transaction.
    Confirmed(Proposal),
}

#[derive(sqlx::FromRow)]
struct ProposalRow {
    number: i64,
    pool: i64,
    kind: String,
    subject: String,
    digest: Vec<u8>,
    detail: String,
    reason: String,
    proposed_by: String,
    proposed_at: i64,
    state: String,
    ended_by: Option<String>,
    ended_at: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, pool, kind, subject, digest, detail, reason, proposed_by, \
             proposed_at, state, ended_by, ended_at FROM proposal ",
            $rest
        )
    };
}

impl ProposalRow {
    fn proposal(self) -> Result<Proposal, BooksError> {
        let ended = self.ended_by.zip(self.ended_at);
        Ok(Proposal {
            number: ProposalNumber(self.number),
            pool: PoolNumber(self.pool),
            kind: self.kind,
            subject: self.subject,
            detail: from_json("proposal", &self.detail)?,
            reason: self.reason,
            by: self.proposed_by,
            at: instant(self.proposed_at),
            state: named("state of a proposal", &self.state, ProposalState::of_name)?,
            ended: ended.map(|(by, at)| (by, instant(at))),
        })
    }
}

fn digest_of(new: &NewProposal) -> Hash {
    Digest::of("proposal")
        .text(new.kind)
        .text(&new.subject)
        .text(&new.detail.to_string())
        .finish()
}

impl Session {
    /// Proposes something, or confirms what another person proposed. The pool is locked, so that
    /// nothing changes between the look at what would be done and this.
    ///
    /// # Errors
    /// `Refused` without a reason; `Database`.
    pub async fn decide(
        &mut self,
        locked: &LockedPool,
        new: &NewProposal,
        now: Timestamp,
    ) -> Result<Decision, BooksError> {
        if new.reason.trim().is_empty() {
            return Err(BooksError::Refused {
                what: format!("{} needs a reason", new.kind),
                cure: "say why, for those who read the books later".into(),
            });
        }
        let pool = locked.pool.number;
        let asked = query(select!(
            "WHERE pool = $1 AND kind = $2 AND subject = $3 AND state = 'open'"
        ));
        let asked = asked.bind(pool.get()).bind(new.kind).bind(&new.subject);
        let open: Option<ProposalRow> = asked.fetch_optional(&mut self.connection).await?;
        let digest = digest_of(new);
        let mut replaced = None;
        if let Some(open) = open {
            let same = open.digest[..] == digest[..];
            let open = open.proposal()?;
            if same && open.by == new.by {
                return Ok(Decision::Waits(open));
            }
            let state = if same {
                ProposalState::Done
            } else {
                ProposalState::Replaced
            };
            let ended = end(&mut self.connection, open, state, &new.by, now).await?;
            if same {
                return Ok(Decision::Confirmed(ended));
            }
            replaced = Some(ended);
        }
        let sql = "INSERT INTO proposal \
             (pool, kind, subject, digest, detail, reason, proposed_by, proposed_at, state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open') RETURNING number";
        let inserted = query(sql)
            .bind(pool.get())
            .bind(new.kind)
            .bind(&new.subject)
            .bind(&digest[..])
            .bind(new.detail.to_string())
            .bind(&new.reason)
            .bind(&new.by)
            .bind(now.as_ms());
        let (number,): (i64,) = inserted.fetch_one(&mut self.connection).await?;
        let proposal = Proposal {
            number: ProposalNumber(number),
            pool,
            kind: new.kind.to_owned(),
            subject: new.subject.clone(),
            detail: new.detail.clone(),
            reason: new.reason.clone(),
            by: new.by.clone(),
            at: now,
            state: ProposalState::Open,
            ended: None,
        };
        Ok(Decision::Proposed { proposal, replaced })
    }

    /// A pool's open proposals, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn open_proposals(&mut self, pool: PoolNumber) -> Result<Vec<Proposal>, BooksError> {
        let asked = query(select!(
            "WHERE pool = $1 AND state = 'open' ORDER BY number"
        ));
        let rows: Vec<ProposalRow> = asked
            .bind(pool.get())
            .fetch_all(&mut self.connection)
            .await?;
        rows.into_iter().map(ProposalRow::proposal).collect()
    }

    /// Takes back an open proposal of a pool.
    ///
    /// # Errors
    /// `Unknown`, `Refused` when it is over; `Database`.
    pub async fn withdraw_proposal(
        &mut self,
        locked: &LockedPool,
        number: ProposalNumber,
        by: &str,
        now: Timestamp,
    ) -> Result<Proposal, BooksError> {
        let asked = query(select!("WHERE number = $1 AND pool = $2"));
        let asked = asked.bind(number.get()).bind(locked.pool.number.get());
        let found: Option<ProposalRow> = asked.fetch_optional(&mut self.connection).await?;
        let found = found.ok_or_else(|| BooksError::Unknown {
            what: format!("proposal {number} of pool {}", locked.pool.id),
            cure: "`paydirt approvals list` has the open ones".into(),
        })?;
        let found = found.proposal()?;
        if let Some((who, at)) = &found.ended {
            return Err(BooksError::Refused {
                what: format!(
                    "proposal {number} is {} by {who} at {at}",
                    found.state.name()
                ),
                cure: "`paydirt approvals list` has the open ones".into(),
            });
        }
        end(
            &mut self.connection,
            found,
            ProposalState::Withdrawn,
            by,
            now,
        )
        .await
    }
}

async fn end(
    connection: &mut Connection,
    proposal: Proposal,
    state: ProposalState,
    by: &str,
    now: Timestamp,
) -> Result<Proposal, BooksError> {
    let sql = "UPDATE proposal SET state = $2, ended_by = $3, ended_at = $4 \
               WHERE number = $1 AND state = 'open'";
    query(sql)
        .bind(proposal.number.get())
        .bind(state.name())
        .bind(by)
        .bind(now.as_ms())
        .execute(connection)
        .await?;
    Ok(Proposal {
        state,
        ended: Some((by.to_owned(), now)),
        ..proposal
    })
}
