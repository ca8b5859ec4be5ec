//! The invariants of the protocol, each looked at on the chain, in the ledgers and in the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use futures::FutureExt;
use paydirt_chain::{AttemptKind, LegOutcome, TxId};
use paydirt_devnet::MinedTransaction;
use paydirt_ledger::{Ledger, Leg, LegState, Payment, PaymentState, Purpose};

use crate::world::{Fate, Member, World};

impl World {
    fn received(&self, member: &Member) -> u128 {
        member.address.as_ref().map_or(0, |a| self.net.balance(a))
    }

    /// What holds at any time: nothing was paid beyond what is owed, no money came or went in the
    /// books, no nonce has two payments.
    pub(crate) fn assert_always(&self) {
        for member in &self.members {
            let (ledger, id) = (&self.ledgers[&member.pool], &member.id);
            let credited = member.credited.load(Ordering::SeqCst);
            let sum =
                ledger.balance(id).units() + ledger.pending(id).units() + ledger.paid(id).units()
                    - ledger.receivable(id).units();
            assert_eq!(sum, credited, "the books of {id} don't add up");
            assert!(
                self.received(member) <= base_units(credited),
                "{id} received more than they ever earned"
            );
        }
        let payments = self.journal.all_payments();
        let nonces: Vec<u64> = payments.iter().filter_map(|p| p.nonce).collect();
        let distinct: BTreeSet<u64> = nonces.iter().copied().collect();
        assert_eq!(nonces.len(), distinct.len(), "a nonce has two payments");
    }

    /// What holds when everything is over.
    pub(crate) fn assert_at_rest(&self) {
        self.assert_always();
        let payments = self.journal.all_payments();
        let mined: BTreeMap<TxId, MinedTransaction> = self
            .net
            .transactions()
            .into_iter()
            .filter(|tx| tx.unsigned.from == self.wallet)
            .map(|tx| (tx.id.clone(), tx))
            .collect();
        let settled: Vec<(&Payment, &Leg)> = payments
            .iter()
            .flat_map(|p| p.legs.iter().map(move |leg| (p, leg)))
            .filter(|(payment, leg)| self.assert_leg_over(payment, leg, &mined))
            .collect();
        self.assert_recorded(&settled);
        self.assert_nonces(&payments);
        self.assert_wallet(&payments, &settled, &mined);
        for member in &self.members {
            self.assert_fate(member);
        }
        for (pool, ledger) in &self.ledgers {
            assert_eq!(ledger.lock_value(), None, "a lock is left in {pool}");
            let held = ledger.held().now_or_never().unwrap().unwrap();
            assert!(held.is_empty(), "holds are left in {pool}: {held:?}");
        }
        self.assert_history(&payments);
    }

    /// Invariants 1 and 3. Returns whether the leg is settled.
    fn assert_leg_over(
        &self,
        payment: &Payment,
        leg: &Leg,
        mined: &BTreeMap<TxId, MinedTransaction>,
    ) -> bool {
        assert_eq!(payment.state, PaymentState::Closed, "{payment:#?}");
        let own: Vec<_> = payment
            .attempts
            .iter()
            .filter_map(|a| Some((a, mined.get(a.signed.id.as_ref()?)?)))
            .collect();
        let paid: Vec<_> = own
            .iter()
            .filter(|(a, tx)| a.kind == AttemptKind::Pay && tx.outcome == LegOutcome::Paid)
            .collect();
        assert!(own.len() <= 1, "two attempts are mined: {payment:#?}");
        match leg.state {
            LegState::Settled => {
                let [(_, tx)] = paid.as_slice() else {
                    panic!("settled, and {} attempts paid: {payment:#?}", paid.len());
                };
                assert_eq!(
                    tx.unsigned.call.value,
                    leg.amount.to_base_units().unwrap().get()
                );
                assert_eq!(tx.unsigned.call.to, leg.address);
                let at = payment.included.as_ref().unwrap();
                assert_eq!((&at.id, &at.block), (&tx.id, &tx.block), "{payment:#?}");
                assert_eq!(payment.fee, Some(tx.fee));
                true
            }
            LegState::Released | LegState::Void => {
                assert!(paid.is_empty(), "given back and paid: {payment:#?}");
                // Of what was saved, something must be mined in its place.
                assert_eq!(own.len(), payment.attempts.len().min(1), "{payment:#?}");
                false
            }
            LegState::Live => panic!("live at rest: {payment:#?}"),
        }
    }

    /// Each settled leg has one line in its ledger, naming its own transaction.
    fn assert_recorded(&self, settled: &[(&Payment, &Leg)]) {
        for (pool, ledger) in &self.ledgers {
            let mut recorded: Vec<_> = ledger
                .recorded(usize::MAX)
                .now_or_never()
                .unwrap()
                .unwrap()
                .into_iter()
                .map(|r| (r.transaction, r.member, r.amount))
                .collect();
            let mut wanted: Vec<_> = settled
                .iter()
                .filter(|(_, leg)| leg.pool == *pool)
                .map(|(payment, leg)| {
                    let id = payment.included.as_ref().unwrap().id.clone();
                    (id, leg.member.clone(), leg.amount)
                })
                .collect();
            let order = |a: &(TxId, _, _), b: &(TxId, _, _)| a.0.cmp(&b.0);
            recorded.sort_by(order);
            wanted.sort_by(order);
            assert_eq!(recorded, wanted, "payments of {pool} as recorded");
        }
    }

    /// Invariant 4.
    fn assert_nonces(&self, payments: &[Payment]) {
        let mut nonces: Vec<u64> = payments.iter().filter_map(|p| p.nonce).collect();
        nonces.sort_unstable();
        let used: Vec<u64> = (0..self.net.nonce(&self.wallet)).collect();
        assert_eq!(nonces, used, "nonces of payments, and those used on chain");
        let next = self.journal.next_nonce(&self.wallet_id());
        let mined = u64::try_from(used.len()).unwrap();
        assert!(next.is_none_or(|next| next == mined), "{next:?}, {mined}");
    }

    /// Invariant 5: to the wei.
    fn assert_wallet(
        &self,
        payments: &[Payment],
        settled: &[(&Payment, &Leg)],
        mined: &BTreeMap<TxId, MinedTransaction>,
    ) {
        let on_chain: u128 = mined.values().map(|tx| tx.fee).sum();
        let journalled: u128 = payments.iter().filter_map(|p| p.fee).sum();
        assert_eq!(journalled, on_chain, "network fees");
        let paid: u128 = settled
            .iter()
            .map(|(_, leg)| leg.amount.to_base_units().unwrap().get())
            .sum();
        assert_eq!(
            self.net.balance(&self.wallet),
            self.funded - paid - on_chain
        );
    }

    /// Invariant 6.
    fn assert_fate(&self, member: &Member) {
        let (ledger, id) = (&self.ledgers[&member.pool], &member.id);
        let credited = member.credited.load(Ordering::SeqCst);
        let (balance, paid) = (ledger.balance(id).units(), ledger.paid(id).units());
        assert_eq!(ledger.pending(id).units(), 0, "pending of {id}");
        assert_eq!(ledger.receivable(id).units(), 0, "receivable of {id}");
        let expected = match member.fate {
            Fate::Paid => (0, credited),
            Fate::Below | Fate::Quarantined => (credited, 0),
        };
        assert_eq!((balance, paid), expected, "balance and paid of {id}");
        assert_eq!(self.received(member), base_units(paid), "{id} on chain");
        let snapshot = self.snapshot().unwrap();
        let listed = snapshot
            .quarantine
            .iter()
            .find(|q| q.member == *id && q.pool == member.pool);
        assert_eq!(
            listed.is_some_and(|q| !q.reason.is_empty()),
            member.fate == Fate::Quarantined,
            "{id} in quarantine: {listed:?}"
        );
    }

    /// Invariant 7: the way of each payment is told from its plan to its end.
    fn assert_history(&self, payments: &[Payment]) {
        let history = self.journal.all_history();
        assert!(history.windows(2).all(|two| two[0].seq < two[1].seq));
        for payment in payments.iter().filter(|p| p.purpose == Purpose::Pay) {
            let events: Vec<&str> = history
                .iter()
                .filter(|line| line.payment == Some(payment.id))
                .map(|line| line.event.as_str())
                .collect();
            assert_eq!(events.first(), Some(&"planned"), "{events:?}");
            let settled = payment.legs.iter().any(|l| l.state == LegState::Settled);
            for wanted in ["held", "saved", "final", "closed"] {
                assert!(!settled || events.contains(&wanted), "{events:?}");
            }
            let ends = ["dropped", "released", "closed"];
            let count = events.iter().filter(|e| ends.contains(e)).count();
            assert_eq!(count, 1, "it ends once: {events:?}");
        }
    }
}

fn base_units(units: i64) -> u128 {
    u128::try_from(units).unwrap() * 1_000_000_000
}
