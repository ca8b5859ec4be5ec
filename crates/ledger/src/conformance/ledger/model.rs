//! Random moves, compared with the model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::super::Random;
use super::super::fixtures::{leg, member, shannon};
use super::{Figures, LedgerBench, Payer, settlement};
use crate::memory::{LedgerCopy, MemoryLedger};
use crate::{HoldState, Ledger, LedgerError, Leg, MoveId, PaymentId, Reapply, ReapplyTo};

const STEPS: usize = 300;
const MEMBERS: u32 = 6;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Hold,
    Settle,
    Release,
    Void,
    Look,
    ReapplyHeld,
    ReapplySettled,
    ReapplyGone,
}

/// A ledger and its model, under the same moves.
struct Pair<'a> {
    bench: &'a dyn LedgerBench,
    ours: Payer,
    model: Payer,
    shadow: Arc<MemoryLedger>,
    copy: Option<LedgerCopy>,
    legs: BTreeMap<u32, Vec<Leg>>,
    random: Random,
}

pub async fn random_moves_come_to_what_the_model_has(bench: &dyn LedgerBench) {
    let ours = Payer::new(bench).await;
    let coin = ours.ledger.coin();
    let shadow = Arc::new(match bench.recovers() {
        true => MemoryLedger::recovering(coin),
        false => MemoryLedger::new(coin),
    });
    let (journal, wallet, token) = (ours.journal, ours.wallet.clone(), ours.token);
    let model = Payer {
        ledger: shadow.clone(),
        journal,
        wallet,
        token,
        known: None,
    };
    model.ledger.attach(journal).await.unwrap();
    model.ledger.lock(&model.context()).await.unwrap();
    let random = Random::new();
    let mut pair = Pair {
        bench,
        ours,
        model,
        shadow,
        copy: None,
        legs: BTreeMap::new(),
        random,
    };
    for n in 1..=MEMBERS {
        pair.set_balance(n).await;
    }
    for step in 1..=STEPS {
        let what = pair.step().await;
        pair.compare(step, &what).await;
    }
}

impl Pair<'_> {
    async fn step(&mut self) -> String {
        match self.random.below(24) {
            0 => {
                let n = self.someone();
                self.set_balance(n).await
            }
            1 => self.stale().await,
            2 => self.unknown_move().await,
            3 => self.keep_copy().await,
            4 => self.restore().await,
            5 | 6 => self.roll_back().await,
            7 => self.new_owner().await,
            8 => self.act(Kind::ReapplyHeld).await,
            9 => self.act(Kind::ReapplySettled).await,
            10 => self.act(Kind::ReapplyGone).await,
            11 => self.act(Kind::Look).await,
            12..=17 => self.act(Kind::Hold).await,
            18..=20 => self.act(Kind::Settle).await,
            21 | 22 => self.act(Kind::Release).await,
            _ => self.act(Kind::Void).await,
        }
    }

    fn someone(&mut self) -> u32 {
        1 + self.random.below(MEMBERS as usize) as u32
    }

    async fn set_balance(&mut self, n: u32) -> String {
        let units = self.random.below(200) as i64;
        self.bench.set_balance(&member(n), shannon(units)).await;
        self.shadow.set_balance(&member(n), shannon(units));
        format!("balance of {n} is {units}")
    }

    /// The member's leg that the model has in flight.
    async fn in_flight(&self, n: u32) -> Option<Leg> {
        for leg in self.legs.get(&n).into_iter().flatten() {
            let state = self.shadow_state(leg).await;
            if matches!(state, HoldState::Held | HoldState::RolledBack) {
                return Some(leg.clone());
            }
        }
        None
    }

    async fn shadow_state(&self, leg: &Leg) -> HoldState {
        let look = self.shadow.look(self.model.journal, None, &[leg.id]).await;
        look.expect("the model looks")[0]
    }

    /// Legs of one to three members, new or old; a member has at most one in flight, as on
    /// open-ethereum-pool's keys.
    async fn some_legs(&mut self, kind: Kind) -> Vec<Leg> {
        let members: BTreeSet<u32> = (0..=self.random.below(3)).map(|_| self.someone()).collect();
        let mut legs = Vec::new();
        for n in members {
            let holds = matches!(kind, Kind::Hold | Kind::ReapplyHeld);
            let flying = self.in_flight(n).await;
            let old = self
                .legs
                .get(&n)
                .and_then(|old| self.random.pick(old))
                .cloned();
            let chosen = match (flying, old) {
                (Some(flying), Some(old)) => {
                    if holds || !self.random.once_in(4) {
                        flying
                    } else {
                        old
                    }
                }
                (None, Some(old)) if self.random.once_in(3) => old,
                _ => {
                    let new = leg(n, 1 + self.random.below(120) as i64);
                    self.legs.entry(n).or_default().push(new.clone());
                    new
                }
            };
            legs.push(chosen);
        }
        legs
    }

    async fn act(&mut self, kind: Kind) -> String {
        let legs = self.some_legs(kind).await;
        let together = self.random.once_in(3);
        let ours = call(&mut self.ours, kind, &legs, together).await;
        let model = call(&mut self.model, kind, &legs, together).await;
        let what = format!("{kind:?} {legs:?}");
        assert_eq!(ours, model, "{what}; {}", self.random.words());
        what
    }

    async fn new_owner(&mut self) -> String {
        self.ours.token += 1;
        self.model.token += 1;
        self.void_one().await;
        format!("token {}", self.ours.token)
    }

    /// A move that surely is one.
    async fn void_one(&mut self) {
        let legs = [leg(MEMBERS + 1, 1)];
        let ours = call(&mut self.ours, Kind::Void, &legs, false).await;
        let model = call(&mut self.model, Kind::Void, &legs, false).await;
        assert_eq!(ours, model, "{}", self.random.words());
    }

    async fn stale(&mut self) -> String {
        self.void_one().await;
        let legs = self.some_legs(Kind::Settle).await;
        for payer in [&mut self.ours, &mut self.model] {
            payer.token -= 1;
        }
        for kind in [
            Kind::Hold,
            Kind::Settle,
            Kind::Release,
            Kind::Void,
            Kind::ReapplyGone,
        ] {
            let refused = call(&mut self.ours, kind, &legs, false).await;
            assert_eq!(refused, "fenced", "{kind:?}; {}", self.random.words());
        }
        for payer in [&mut self.ours, &mut self.model] {
            payer.token += 1;
        }
        "stale token".into()
    }

    async fn unknown_move(&mut self) -> String {
        let legs = self.some_legs(Kind::Settle).await;
        let known = self.ours.known;
        let seq = known.map_or(1, |known| known.seq);
        self.ours.known = Some(MoveId {
            seq,
            id: Uuid::new_v4(),
        });
        for kind in [
            Kind::Hold,
            Kind::Settle,
            Kind::Release,
            Kind::Void,
            Kind::Look,
        ] {
            let refused = call(&mut self.ours, kind, &legs, false).await;
            assert_eq!(refused, "older", "{kind:?}; {}", self.random.words());
        }
        self.ours.known = known;
        "unknown move".into()
    }

    async fn keep_copy(&mut self) -> String {
        if self.bench.keep_copy().await {
            self.copy = Some(self.shadow.snapshot());
        }
        "kept a copy".into()
    }

    async fn restore(&mut self) -> String {
        if let Some(copy) = &self.copy {
            self.shadow.restore(copy);
            assert!(self.bench.restore_copy().await);
            let legs = self.some_legs(Kind::Settle).await;
            let kind = Kind::Release;
            let ours = call(&mut self.ours, kind, &legs, false).await;
            let model = call(&mut self.model, kind, &legs, false).await;
            assert_eq!(ours, model, "after a restore; {}", self.random.words());
            // Reapplying brings the known move up to the ledger's, and the token with it.
            self.act(Kind::ReapplyGone).await;
        }
        "restored".into()
    }

    async fn roll_back(&mut self) -> String {
        let n = self.someone();
        if self.bench.roll_back(&member(n)).await {
            self.shadow.roll_back_pending(&member(n)).unwrap();
        }
        format!("rolled {n} back")
    }

    async fn compare(&self, step: usize, what: &str) {
        let context = format!("step {step}: {what}; {}", self.random.words());
        let seqs = (
            self.ours.known.map(|k| k.seq),
            self.model.known.map(|k| k.seq),
        );
        assert_eq!(seqs.0, seqs.1, "{context}");
        for n in 1..=MEMBERS {
            let id = member(n);
            let model = Figures {
                balance: self.shadow.balance(&id).units(),
                pending: self.shadow.pending(&id).units(),
                paid: self.shadow.paid(&id).units(),
            };
            assert_eq!(self.bench.figures(&id).await, model, "{id}, {context}");
        }
        let mut held = [Vec::new(), Vec::new()];
        for (held, payer) in held.iter_mut().zip([&self.ours, &self.model]) {
            let legs = payer.ledger.held().await.unwrap();
            held.extend(legs.into_iter().map(|leg| (leg.leg, leg.amount)));
            held.sort_by_key(|(leg, _)| *leg);
        }
        assert_eq!(held[0], held[1], "{context}");
    }
}

/// What a call comes to, in words in which right ledgers agree.
async fn call(payer: &mut Payer, kind: Kind, legs: &[Leg], together: bool) -> String {
    let said = match kind {
        Kind::Hold => {
            let payments: Vec<_> = if together {
                vec![(PaymentId(legs[0].id.0), legs.to_vec())]
            } else {
                legs.iter()
                    .map(|leg| (PaymentId(leg.id.0), vec![leg.clone()]))
                    .collect()
            };
            payer
                .hold_payments(&payments)
                .await
                .map(|o| format!("{o:?}"))
        }
        Kind::Settle => payer.settle(legs).await.map(|o| format!("{o:?}")),
        Kind::Release => payer.release(legs).await.map(|o| format!("{o:?}")),
        Kind::Void => payer.void(legs).await.map(|o| format!("{o:?}")),
        Kind::Look => {
            let ids: Vec<_> = legs.iter().map(|leg| leg.id).collect();
            let look = payer
                .ledger
                .look(payer.journal, payer.known.as_ref(), &ids)
                .await;
            look.map(|o| format!("{o:?}"))
        }
        Kind::ReapplyHeld | Kind::ReapplySettled | Kind::ReapplyGone => {
            let to = |leg| match kind {
                Kind::ReapplyHeld => ReapplyTo::Held,
                Kind::ReapplySettled => ReapplyTo::Settled(settlement(leg)),
                _ => ReapplyTo::Gone,
            };
            let items: Vec<_> = legs
                .iter()
                .map(|leg| Reapply {
                    leg: leg.clone(),
                    payment: PaymentId(leg.id.0),
                    to: to(leg),
                })
                .collect();
            let moved = payer.ledger.reapply(&payer.context(), &items).await;
            moved.map(|moved| {
                payer.known = moved.last;
                format!("{:?}", moved.outcomes)
            })
        }
    };
    match said {
        Ok(words) => normal(&words),
        Err(LedgerError::Fenced { .. }) => "fenced".into(),
        Err(LedgerError::Older { .. }) => "older".into(),
        Err(other) => panic!("{kind:?}: {other}"),
    }
}

/// Given back or never to be held is the ledger's own affair, and so are the reasons' words.
fn normal(words: &str) -> String {
    let mut text = words
        .replace("from: Released", "from: Void")
        .replace("[Released", "[Void");
    text = text.replace(", Released", ", Void");
    while let Some(start) = text.find(", reason: \"") {
        let rest = &text[start + 11..];
        let end = rest.find("\" }").expect("the reason's end");
        text = format!("{}{}", &text[..start], &rest[end + 1..]);
    }
    text
}
