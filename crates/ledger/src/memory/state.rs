//! What the ledger's model keeps, and the checks before every move.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;

use super::member::Member;
use crate::{
    HoldState, JournalId, LedgerError, LeftoverRow, Leg, LegId, MemberId, MoveContext, MoveId,
    Moved, PaymentId, RecordedPayment, WalletId,
};

/// So many of its own moves the model remembers.
const REMEMBERED: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) coin: Coin,
    pub(super) journal: Option<JournalId>,
    pub(super) tokens: BTreeMap<WalletId, u64>,
    /// Oldest first.
    pub(super) moves: VecDeque<MoveId>,
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) marks: HashMap<LegId, Mark>,
    pub(super) lock: Option<String>,
    pub(super) rows: Vec<LeftoverRow>,
    pub(super) unreadable_rows: Vec<String>,
    /// Oldest first.
    pub(super) recorded: Vec<RecordedPayment>,
    /// Whether what members owe is taken from what is given back to them.
    pub(super) recovers: bool,
    /// To whom this move gave something back.
    pub(super) credited: BTreeSet<MemberId>,
}

/// What the ledger knows of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) payment: Option<PaymentId>,
    pub(super) wallet: WalletId,
    pub(super) member: MemberId,
    pub(super) address: String,
    pub(super) amount: i64,
    pub(super) at: Timestamp,
    pub(super) end: End,
}

/// Where a marked leg is, as the mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// In flight; with its pending row, unless another program removed it.
    InFlight {
        row: bool,
    },
    Settled,
    Released,
    Void,
}

impl State {
    pub(super) fn new(coin: Coin) -> Self {
        Self {
            coin,
            journal: None,
            tokens: BTreeMap::new(),
            moves: VecDeque::new(),
            members: BTreeMap::new(),
            marks: HashMap::new(),
            lock: None,
            rows: Vec::new(),
            unreadable_rows: Vec::new(),
            recorded: Vec::new(),
            recovers: false,
            credited: BTreeSet::new(),
        }
    }

    pub(super) fn amount(&self, units: i64) -> Amount {
        Amount::from_units(units, self.coin)
    }

    pub(super) fn member(&mut self, id: &MemberId) -> &mut Member {
        self.members.entry(id.clone()).or_default()
    }

    pub(super) fn look(&self, leg: &LegId) -> HoldState {
        let Some(mark) = self.marks.get(leg) else {
            return HoldState::Absent;
        };
        match mark.end {
            End::Settled => HoldState::Settled,
            End::Released => HoldState::Released,
            End::Void => HoldState::Void,
            End::InFlight { row } => {
                let pending = self
                    .members
                    .get(&mark.member)
                    .map_or(0, |member| member.pending);
                if row && pending >= mark.amount {
                    HoldState::Held
                } else {
                    HoldState::RolledBack
                }
            }
        }
    }

    /// Marks a leg, whatever it was marked as before.
    pub(super) fn mark(
        &mut self,
        context: &MoveContext,
        leg: &Leg,
        payment: Option<PaymentId>,
        end: End,
    ) {
        let known = self.marks.get(&leg.id).and_then(|mark| mark.payment);
        let mark = Mark {
            payment: payment.or(known),
            wallet: context.wallet.clone(),
            member: leg.member.clone(),
            address: leg.address.to_string(),
            amount: leg.amount.units(),
            at: context.at,
            end,
        };
        self.marks.insert(leg.id, mark);
    }

    /// The lock's value when it is ours.
    pub(super) fn lock_of(journal: JournalId) -> String {
        format!("paydirt:{journal}")
    }

    pub(super) fn check_journal(&self, ours: JournalId) -> Result<(), LedgerError> {
        if self.journal == Some(ours) {
            return Ok(());
        }
        let found = self
            .journal
            .map_or_else(|| "nobody yet".into(), |id| id.to_string());
        Err(LedgerError::OtherJournal { found, ours })
    }

    pub(super) fn check_token(&self, context: &MoveContext) -> Result<(), LedgerError> {
        match self.tokens.get(&context.wallet) {
            Some(seen) if *seen > context.token => Err(LedgerError::Fenced { seen: *seen }),
            _ => Ok(()),
        }
    }

    pub(super) fn check_known(&self, known: Option<&MoveId>) -> Result<(), LedgerError> {
        match known {
            Some(expected) if !self.moves.contains(expected) => Err(LedgerError::Older {
                expected: *expected,
            }),
            _ => Ok(()),
        }
    }

    /// What every move checks before anything else.
    pub(super) fn check(&self, context: &MoveContext) -> Result<(), LedgerError> {
        self.check_journal(context.journal)?;
        self.check_token(context)?;
        self.check_known(context.known.as_ref())
    }

    /// Ends a call: a move gets an id if something was changed. Returns the last one.
    pub(super) fn finish(&mut self, context: &MoveContext, moved: bool) -> Option<MoveId> {
        for member in std::mem::take(&mut self.credited) {
            if self.recovers {
                self.member(&member).recover();
            }
        }
        if moved {
            let seq = self
                .moves
                .back()
                .map_or(0, |last| last.seq)
                .saturating_add(1);
            self.moves.push_back(MoveId {
                seq,
                id: context.id,
            });
            if self.moves.len() > REMEMBERED {
                self.moves.pop_front();
            }
            self.tokens.insert(context.wallet.clone(), context.token);
        }
        self.moves.back().copied()
    }

    /// Does one act an item. When one of them fails, everything that these legs touch is put back
    /// as it was, and nothing was moved.
    pub(super) fn all_or_nothing<'a, I, T>(
        &mut self,
        context: &MoveContext,
        legs: impl IntoIterator<Item = &'a Leg>,
        items: &[I],
        act: impl Fn(&mut State, &I) -> Result<(T, bool), LedgerError>,
    ) -> Result<Moved<T>, LedgerError> {
        let before: Vec<_> = legs
            .into_iter()
            .map(|leg| {
                let member = self.members.get(&leg.member).cloned();
                (
                    leg.member.clone(),
                    member,
                    leg.id,
                    self.marks.get(&leg.id).cloned(),
                )
            })
            .collect();
        let recorded = self.recorded.len();
        let mut moved = false;
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            match act(self, item) {
                Ok((outcome, changed)) => {
                    moved |= changed;
                    outcomes.push(outcome);
                }
                Err(error) => {
                    self.recorded.truncate(recorded);
                    self.put_back(before);
                    return Err(error);
                }
            }
        }
        Ok(Moved {
            last: self.finish(context, moved),
            outcomes,
        })
    }

    fn put_back(&mut self, before: Vec<(MemberId, Option<Member>, LegId, Option<Mark>)>) {
        for (member, entry, leg, mark) in before {
            match entry {
                Some(entry) => self.members.insert(member, entry),
                None => self.members.remove(&member),
            };
            match mark {
                Some(mark) => self.marks.insert(leg, mark),
                None => self.marks.remove(&leg),
            };
        }
    }
}
