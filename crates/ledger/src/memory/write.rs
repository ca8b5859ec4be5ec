//! How the journal's model stores a draft.

use std::collections::{HashMap, HashSet};

use paydirt_chain::Saved;
use paydirt_schedule::Timestamp;

use super::journal::{Books, Kept};
use crate::draft::{Draft, Drafted, Facts, LiveKey, Needs};
use crate::{
    Change, HistoryEntry, JournalError, Lease, LegState, NewAttempt, PaymentState, WalletId,
};

impl Books {
    pub(super) fn write(
        &mut self,
        lease: &Lease,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.check(lease)?;
        let facts = self.facts(&lease.wallet, &Needs::of_changes(changes))?;
        let mut draft = Draft::new(facts, now);
        for change in changes {
            draft.apply(change)?;
        }
        self.store(draft, now);
        Ok(())
    }

    pub(super) fn save(
        &mut self,
        lease: &Lease,
        attempts: &[NewAttempt],
        now: Timestamp,
    ) -> Result<Vec<Saved>, JournalError> {
        self.check(lease)?;
        let facts = self.facts(&lease.wallet, &Needs::of_attempts(attempts))?;
        let mut draft = Draft::new(facts, now);
        let saved = attempts
            .iter()
            .map(|new| draft.save(new))
            .collect::<Result<_, _>>()?;
        self.store(draft, now);
        Ok(saved)
    }

    fn facts(&self, wallet: &WalletId, needs: &Needs) -> Result<Facts, JournalError> {
        let mut places: Vec<usize> = needs
            .payments
            .iter()
            .filter_map(|id| self.places.get(id))
            .copied()
            .collect();
        places.extend(
            needs
                .attempts
                .iter()
                .filter_map(|id| self.attempts.get(id))
                .copied(),
        );
        let mut seen = HashSet::new();
        places.retain(|place| seen.insert(*place));
        let payments = places.iter().filter_map(|place| self.payments.get(*place));
        let live = needs
            .live
            .iter()
            .filter_map(|key| Some((key.clone(), *self.live.get(key)?)));
        let moves = needs
            .pools
            .iter()
            .filter_map(|p| Some((p.clone(), *self.moves.get(p)?)));
        Ok(Facts {
            wallet: self.wallet(wallet)?.wallet.clone(),
            payments: payments.map(|kept| kept.payment.clone()).collect(),
            legs: needs
                .new_legs
                .iter()
                .filter(|id| self.legs.contains_key(id))
                .copied()
                .collect(),
            attempts: needs
                .new_attempts
                .iter()
                .filter(|id| self.attempts.contains_key(id))
                .copied()
                .collect(),
            live: live.collect::<HashMap<_, _>>(),
            moves: moves.collect(),
            quarantine: needs
                .quarantine
                .iter()
                .filter_map(|key| self.quarantine.get(key).cloned())
                .collect(),
            requests: self
                .requests
                .iter()
                .filter(|request| needs.requests.contains(&request.id))
                .cloned()
                .collect(),
        })
    }

    fn store(&mut self, draft: Draft, now: Timestamp) {
        let wallet = draft.wallet.id.clone();
        for drafted in draft.payments {
            self.store_payment(drafted);
        }
        self.moves.extend(draft.moves);
        for (key, change) in draft.quarantine {
            match change {
                Some(quarantine) => self.quarantine.insert(key, quarantine),
                None => self.quarantine.remove(&key),
            };
        }
        for answered in draft.answered {
            if let Some(known) = self.requests.iter_mut().find(|r| r.id == answered.id) {
                *known = answered;
            }
        }
        for line in draft.lines {
            let seq = u64::try_from(self.history.len())
                .unwrap_or(u64::MAX)
                .saturating_add(1);
            self.history.push(HistoryEntry {
                seq,
                at: now,
                wallet: wallet.clone(),
                payment: line.payment,
                event: line.event.to_owned(),
                detail: line.detail,
            });
        }
        if let Some(book) = self.wallets.get_mut(&wallet) {
            book.wallet = draft.wallet;
            book.verdict_blocks.extend(draft.verdict_blocks);
        }
    }

    fn store_payment(&mut self, drafted: Drafted) {
        let payment = drafted.payment;
        let place = match self.places.get(&payment.id) {
            Some(place) => *place,
            None => self.payments.len(),
        };
        self.places.insert(payment.id, place);
        self.attempts
            .extend(payment.attempts.iter().map(|attempt| (attempt.id, place)));
        for leg in &payment.legs {
            self.legs.insert(leg.id, place);
            for key in LiveKey::of(leg) {
                if leg.state == LegState::Live {
                    self.live.insert(key, leg.id);
                } else if self.live.get(&key) == Some(&leg.id) {
                    self.live.remove(&key);
                }
            }
        }
        if let Some(book) = self.wallets.get_mut(&payment.wallet) {
            let open = payment.state != PaymentState::Closed;
            let known = book.open.binary_search(&place);
            match known {
                Err(at) if open => book.open.insert(at, place),
                Ok(at) if !open => {
                    book.open.remove(at);
                }
                _ => {}
            }
        }
        let kept = Kept {
            payment,
            closed_at: drafted.closed_at,
        };
        match self.payments.get_mut(place) {
            Some(known) if kept.closed_at.is_none() => known.payment = kept.payment,
            Some(known) => *known = kept,
            None => self.payments.push(kept),
        }
    }
}
