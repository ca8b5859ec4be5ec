//! Commands to a wallet: carried out by its running owner, or by ourselves when there is none.

use paydirt_chain::AttemptKind;
use paydirt_ledger::{
    Answer, Change, FinalBy, Payment, PaymentId, PaymentState, Request, RequestKind, Wallet,
};

use crate::check::Waived;
use crate::decide::Evidence;
use crate::engine::Engine;
use crate::error::PayoutError;
use crate::judge::judge;
use crate::look::Found;
use crate::session::Session;

impl Engine {
    /// Asks for something on this wallet, and waits up to `wait_ms` for a running owner's answer.
    /// `None`: it was left for the owner, who has not answered yet.
    ///
    /// # Errors
    /// What keeps it from being asked or carried out.
    pub async fn request(
        &self,
        kind: RequestKind,
        by: &str,
        reason: &str,
        wait_ms: u64,
    ) -> Result<Option<Answer>, PayoutError> {
        let wallet = match self.open().await {
            // Pausing must not need a node.
            Err(PayoutError::Chain(error)) if error.is_retryable() => {
                self.known_wallet().await?.ok_or(error)?
            }
            opened => opened?,
        };
        let id = self
            .journal
            .post(&wallet.id, kind, by, reason, self.clock.now())
            .await?;
        let until = self.clock.now().saturating_add_ms(wait_ms);
        loop {
            match self.lease(&wallet.id, 0).await {
                Ok(lease) => {
                    let journal_id = self.journal.id().await?;
                    let finality = self.finality_of(&wallet);
                    let mut session = Session::new(self, lease.clone(), journal_id, finality);
                    let done = self.keeping(&lease, session.answer_now()).await;
                    self.journal.give_up(&lease).await?;
                    done?;
                }
                // A running owner answers; the lease of one that died is free before long.
                Err(PayoutError::Owned { owner, .. }) => {
                    tracing::debug!(%owner, "left for the running owner");
                }
                Err(error) => return Err(error),
            }
            let answer = self.journal.request(id).await?.and_then(|r| r.answer);
            let now = self.clock.now();
            if answer.is_some() || now >= until || self.stop.is_asked() {
                return Ok(answer);
            }
            self.pause_ms(until.ms_since(now).min(500)).await;
        }
    }

    /// The wallet of this address that the journal knows, if it knows just one.
    async fn known_wallet(&self) -> Result<Option<Wallet>, PayoutError> {
        let mut known = self.journal.wallets().await?;
        known.retain(|w| {
            let network = &w.opening.identity.network;
            w.opening.address == self.address && self.network.as_ref().is_none_or(|n| n == network)
        });
        Ok(if known.len() == 1 { known.pop() } else { None })
    }
}

/// What a request came to: changes to be written with its answer.
struct Done {
    done: bool,
    message: String,
    changes: Vec<Change>,
}

impl Done {
    fn yes(message: impl Into<String>, changes: Vec<Change>) -> Self {
        Self {
            done: true,
            message: message.into(),
            changes,
        }
    }

    fn no(message: impl Into<String>) -> Self {
        Self {
            done: false,
            message: message.into(),
            changes: Vec::new(),
        }
    }
}

impl Session<'_> {
    /// Without a running owner: carries out what was asked, and sends what that saved if
    /// everything else is in order; otherwise the next run does.
    async fn answer_now(&mut self) -> Result<(), PayoutError> {
        let checked = self.check(Waived::default()).await;
        let mut found = self.look().await?;
        while self.answer_requests(&found).await? {
            found = self.look().await?;
        }
        match checked {
            Ok(()) => {
                self.act(&found).await?;
            }
            Err(error) => tracing::warn!(%error, "nothing is sent before that is put right"),
        }
        Ok(())
    }

    /// Carries out the oldest thing asked; the next one is answered by what is found after it.
    /// Returns whether anything was.
    pub(crate) async fn answer_requests(&mut self, found: &Found) -> Result<bool, PayoutError> {
        let Some(request) = found.snapshot.requests.first() else {
            return Ok(false);
        };
        let done = self.carry_out(request, found).await?;
        let mut changes = done.changes;
        changes.push(Change::Answered {
            request: request.id,
            answer: Answer {
                done: done.done,
                message: done.message,
                at: self.now(),
            },
        });
        self.write(changes).await?;
        Ok(true)
    }

    async fn carry_out(&mut self, request: &Request, found: &Found) -> Result<Done, PayoutError> {
        let reason = format!("{} ({})", request.reason, request.by);
        let wallet = &found.snapshot.wallet;
        Ok(match &request.kind {
            RequestKind::Pause => Done::yes(
                "paused: nothing new is planned",
                vec![Change::Paused { reason }],
            ),
            RequestKind::Resume if wallet.paused.is_none() => Done::no("it is not paused"),
            RequestKind::Resume => Done::yes("resumed", vec![Change::Resumed { reason }]),
            RequestKind::Unfreeze if wallet.frozen.is_none() => Done::no("it is not frozen"),
            RequestKind::Unfreeze => {
                let mut changes = foreign_ends(found);
                changes.push(Change::Unfrozen { reason });
                Done::yes(
                    "unfrozen: payments whose nonce was used are given back",
                    changes,
                )
            }
            RequestKind::LiftQuarantine { pool, member } => {
                let listed = &found.snapshot.quarantine;
                if !listed
                    .iter()
                    .any(|q| q.pool == *pool && q.member == *member)
                {
                    return Ok(Done::no(format!("{member} of {pool} is not in quarantine")));
                }
                let (pool, member) = (pool.clone(), member.clone());
                let lifted = Change::QuarantineLifted {
                    pool,
                    member,
                    reason,
                };
                Done::yes("paid again from the next run on", vec![lifted])
            }
            RequestKind::Cancel { payment } => self.cancel(*payment, reason, found).await?,
        })
    }

    /// A payment that was saved ends by a cancel that is mined, or by being mined itself; nothing
    /// else. One that was not is given back at once.
    async fn cancel(
        &mut self,
        id: PaymentId,
        reason: String,
        found: &Found,
    ) -> Result<Done, PayoutError> {
        let Some(payment) = found.snapshot.open.iter().find(|p| p.id == id) else {
            return Ok(Done::no(
                "no such payment is open: it is over, or never was",
            ));
        };
        match payment.state {
            PaymentState::Planned | PaymentState::Releasing => Ok(Done::yes(
                "nothing was saved: it is being given back",
                Vec::new(),
            )),
            PaymentState::Held => {
                let releasing = Change::Releasing {
                    payment: id,
                    reason,
                };
                Ok(Done::yes(
                    "nothing was saved: it is being given back",
                    vec![releasing],
                ))
            }
            PaymentState::Saved if payment.is_cancelling() => Ok(Done::no(
                "a cancel was saved before: it is being sent and followed",
            )),
            PaymentState::Saved => self.save_cancel(payment, reason).await,
            PaymentState::Included | PaymentState::Final | PaymentState::Closed => {
                Ok(Done::no("it is mined: a cancel can't change that"))
            }
        }
    }

    async fn save_cancel(
        &mut self,
        payment: &Payment,
        reason: String,
    ) -> Result<Done, PayoutError> {
        let attempt = match self.cancel_attempt(payment).await {
            Ok(attempt) => attempt,
            Err(PayoutError::Chain(error)) => {
                return Ok(Done::no(format!("no cancel was saved: {error}")));
            }
            Err(error) => return Err(error),
        };
        debug_assert_eq!(attempt.kind, AttemptKind::Cancel);
        self.save(vec![attempt]).await?;
        let message = format!("a cancel was saved: {reason}");
        let alert = Change::Alert {
            payment: Some(payment.id),
            message,
        };
        let done = "a cancel was saved and is sent: whichever of the two is mined decides";
        Ok(Done::yes(done, vec![alert]))
    }
}

/// Payments that wait for a person to say what a foreign transaction was.
fn foreign_ends(found: &Found) -> Vec<Change> {
    let waiting = found.snapshot.open.iter().filter_map(|payment| {
        let Some(Evidence::Final(by @ FinalBy::Foreign { .. })) = found.evidence.get(&payment.id)
        else {
            return None;
        };
        let legs = judge(payment, by);
        Some(Change::Final {
            payment: payment.id,
            by: Box::new(by.clone()),
            legs,
        })
    });
    waiting.collect()
}
