//! What a write to a journal does, apart from storing it.
//!
//! A journal loads what a write [`Needs`], as [`Facts`]; a [`Draft`] applies the changes to them
//! in order, or refuses; then the journal stores what the draft changed. So every journal has the
//! same rules, and a database sees whole tables of rows instead of one statement a change.

mod apply;
mod attempts;
mod needs;
mod payments;
mod wallet;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use paydirt_chain::BlockRef;
use paydirt_schedule::Timestamp;

use crate::{
    AttemptId, JournalError, Leg, LegId, LegSource, LegState, MemberId, MoveId, Payment, PaymentId,
    PaymentState, PoolId, Quarantine, Request, RequestId, Wallet,
};

pub use needs::Needs;

/// What at most one live leg may pay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LiveKey {
    /// A member's balance above the threshold.
    Threshold(PoolId, MemberId),
    /// A withdrawal.
    Withdrawal(PoolId, String),
}

impl LiveKey {
    /// The keys that this leg takes while it is live.
    pub fn of(leg: &Leg) -> Vec<LiveKey> {
        Self::of_source(&leg.pool, &leg.member, &leg.source)
    }

    /// The keys that a leg of this member takes that pays this.
    pub fn of_source(pool: &PoolId, member: &MemberId, source: &LegSource) -> Vec<LiveKey> {
        match source {
            LegSource::Threshold => vec![Self::Threshold(pool.clone(), member.clone())],
            LegSource::Withdrawals(ids) => ids
                .iter()
                .map(|id| Self::Withdrawal(pool.clone(), id.clone()))
                .collect(),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Threshold(pool, member) => format!("the balance of {member} of pool {pool}"),
            Self::Withdrawal(pool, id) => format!("withdrawal {id} of pool {pool}"),
        }
    }
}

/// What a journal has of what a write needs. What doesn't exist is left out.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The wallet, whose lease was checked.
    pub wallet: Wallet,
    /// Payments, of whatever wallet.
    pub payments: Vec<Payment>,
    /// Legs that exist, of those that are to be made.
    pub legs: HashSet<LegId>,
    /// Attempts that exist, of those that are to be made.
    pub attempts: HashSet<AttemptId>,
    /// Which live leg has a key.
    pub live: HashMap<LiveKey, LegId>,
    /// The last acknowledged moves.
    pub moves: BTreeMap<PoolId, MoveId>,
    /// Quarantined members.
    pub quarantine: Vec<Quarantine>,
    /// Requests, answered or not.
    pub requests: Vec<Request>,
}

/// A payment in a draft, and what of it changed.
#[derive(Clone, Debug)]
pub struct Drafted {
    /// As it is after the changes so far.
    pub payment: Payment,
    /// It is new: its row, its legs and its attempts are to be inserted.
    pub new: bool,
    /// Its own row changed.
    pub row: bool,
    /// Its legs changed (state or verdict).
    pub legs: bool,
    /// The attempts, by index, that are new.
    pub new_attempts: BTreeSet<usize>,
    /// The attempts, by index, that were sent (times and verdict) or signed.
    pub attempts: BTreeSet<usize>,
    /// The attempts, by index, whose bytes or id came later.
    pub signed_attempts: BTreeSet<usize>,
    /// When it was closed by this write.
    pub closed_at: Option<Timestamp>,
}

/// A line for the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The payment that it is about.
    pub payment: Option<PaymentId>,
    /// What happened, in one word.
    pub event: &'static str,
    /// Reason and evidence in words.
    pub detail: String,
}

/// A write in the making: nothing of it is stored yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The wallet after the changes.
    pub wallet: Wallet,
    /// The payments that were loaded or made, in order of first mention.
    pub payments: Vec<Drafted>,
    /// The pools' last moves that changed.
    pub moves: BTreeMap<PoolId, MoveId>,
    /// Blocks that verdicts were taken from, oldest first.
    pub verdict_blocks: Vec<BlockRef>,
    /// Quarantines that changed; `None`: lifted.
    pub quarantine: BTreeMap<(PoolId, MemberId), Option<Quarantine>>,
    /// Requests that were answered.
    pub answered: Vec<Request>,
    /// The history.
    pub lines: Vec<Line>,
    /// Whether the wallet changed.
    pub wallet_changed: bool,
    now: Timestamp,
    places: HashMap<PaymentId, usize>,
    places_of_attempts: HashMap<AttemptId, (usize, usize)>,
    known_legs: HashSet<LegId>,
    known_attempts: HashSet<AttemptId>,
    live: HashMap<LiveKey, LegId>,
    known_moves: BTreeMap<PoolId, MoveId>,
    known_quarantine: BTreeMap<(PoolId, MemberId), Quarantine>,
    requests: HashMap<RequestId, Request>,
}

impl Draft {
    /// Begins a write at `now` on these facts.
    pub fn new(facts: Facts, now: Timestamp) -> Self {
        let mut draft = Self {
            wallet: facts.wallet,
            payments: Vec::with_capacity(facts.payments.len()),
            moves: BTreeMap::new(),
            verdict_blocks: Vec::new(),
            quarantine: BTreeMap::new(),
            answered: Vec::new(),
            lines: Vec::new(),
            wallet_changed: false,
            now,
            places: HashMap::new(),
            places_of_attempts: HashMap::new(),
            known_legs: facts.legs,
            known_attempts: facts.attempts,
            live: facts.live,
            known_moves: facts.moves,
            known_quarantine: facts
                .quarantine
                .into_iter()
                .map(|q| ((q.pool.clone(), q.member.clone()), q))
                .collect(),
            requests: facts.requests.into_iter().map(|r| (r.id, r)).collect(),
        };
        for payment in facts.payments {
            draft.push(payment, false);
        }
        draft
    }

    fn push(&mut self, payment: Payment, new: bool) {
        let place = self.payments.len();
        self.places.insert(payment.id, place);
        for (i, attempt) in payment.attempts.iter().enumerate() {
            self.places_of_attempts.insert(attempt.id, (place, i));
        }
        let closed = new && payment.state == PaymentState::Closed;
        self.payments.push(Drafted {
            payment,
            new,
            row: new,
            legs: false,
            new_attempts: BTreeSet::new(),
            attempts: BTreeSet::new(),
            signed_attempts: BTreeSet::new(),
            closed_at: closed.then_some(self.now),
        });
    }

    /// The wallet's payment of this id, if it is in one of these states.
    fn payment(
        &mut self,
        id: PaymentId,
        wanted: &[PaymentState],
    ) -> Result<&mut Drafted, JournalError> {
        let conflict = |found: String| {
            let names: Vec<_> = wanted.iter().map(|s| s.name()).collect();
            JournalError::Conflict {
                payment: id,
                wanted: names.join(" or "),
                found,
            }
        };
        let place = self.places.get(&id).copied();
        let Some(drafted) = place.and_then(|place| self.payments.get_mut(place)) else {
            return Err(conflict("unknown".into()));
        };
        if drafted.payment.wallet != self.wallet.id {
            return Err(conflict(format!("of wallet {}", drafted.payment.wallet)));
        }
        if !wanted.contains(&drafted.payment.state) {
            return Err(conflict(drafted.payment.state.name().into()));
        }
        Ok(drafted)
    }

    fn line(&mut self, payment: Option<PaymentId>, event: &'static str, detail: String) {
        self.lines.push(Line {
            payment,
            event,
            detail,
        });
    }

    /// Ends all legs of a payment that are live, and frees what they paid.
    fn end_legs(&mut self, id: PaymentId, end: LegState) {
        let Some(drafted) = self.places.get(&id).and_then(|p| self.payments.get_mut(*p)) else {
            return;
        };
        for leg in &mut drafted.payment.legs {
            leg.state = end;
            drafted.legs = true;
            for key in LiveKey::of(leg) {
                self.live.remove(&key);
            }
        }
    }
}
