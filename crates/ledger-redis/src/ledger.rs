//! The ledger itself: each call is put into one script, and its answer into the ledger's words.

use async_trait::async_trait;
use paydirt_ledger::{
    Finding, HeldLeg, HoldOutcome, HoldState, JournalId, Ledger, LedgerError, LeftoverRow,
    Leftovers, Leg, LegId, MoveContext, MoveId, Moved, Payables, PaymentId, Reapply,
    ReapplyOutcome, ReapplyTo, RecordedPayment, ReleaseOutcome, Resolution, SettleOutcome,
    Settlement, VoidOutcome,
};
use paydirt_money::{Amount, Coin};
use redis::Value;

use crate::arguments::Arguments;
use crate::keys::Keys;
use crate::reply::{Asked, accepted, flag, list, moved, text};
use crate::wire::{Kind, Wire};
use crate::{ConfigError, RedisLedgerConfig, health, leftovers, mark, outcomes, payable};

/// Members' balances on open-ethereum-pool's keys.
pub struct RedisLedger {
    wire: Wire,
    keys: Keys,
    coin: Coin,
    bgsave: bool,
    wait_replicas: u32,
}

impl RedisLedger {
    /// A ledger that connects when it is first asked, and again after each failure.
    ///
    /// # Errors
    /// The configuration can't be used; whether the server answers is `health`'s to say.
    pub fn connect(config: RedisLedgerConfig) -> Result<Self, ConfigError> {
        if config.prefix.is_empty() {
            return Err(ConfigError::NoPrefix);
        }
        Ok(Self {
            wire: Wire::new(&config)?,
            keys: Keys::new(config.prefix),
            coin: config.coin,
            bgsave: config.bgsave,
            wait_replicas: config.wait_replicas,
        })
    }

    fn arguments(&self, operation: &str, context: &MoveContext, items: usize) -> Arguments {
        Arguments::of(operation, &self.keys, context, self.coin, items)
    }

    async fn run(&self, words: &Arguments, kind: Kind) -> Result<Value, LedgerError> {
        self.wire.run(words.words(), kind, &self.keys.probe()).await
    }

    /// Runs a move and reads one outcome an item.
    async fn make<T>(
        &self,
        words: &Arguments,
        context: &MoveContext,
        read: impl Fn(Value) -> Result<T, LedgerError>,
    ) -> Result<Moved<T>, LedgerError> {
        let reply = self.run(words, Kind::Write).await?;
        let (last, outcomes) = moved(reply, asked(context))?;
        let outcomes = outcomes.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Moved { last, outcomes })
    }

    async fn give_back<T>(
        &self,
        context: &MoveContext,
        legs: &[Leg],
        read: impl Fn(Value) -> Result<T, LedgerError>,
    ) -> Result<Moved<T>, LedgerError> {
        let mut words = self.arguments("give_back", context, legs.len().saturating_mul(3));
        words.push(legs.len());
        for leg in legs {
            words.push_leg(leg)?;
        }
        self.make(&words, context, read).await
    }

    async fn set_journal(&self, journal: JournalId, how: &str) -> Result<(), LedgerError> {
        let mut words = Arguments::reading("journal", &self.keys, Some(journal), None, self.coin);
        words.push(how);
        let reply = self.run(&words, Kind::Write).await?;
        accepted(
            reply,
            Asked {
                journal: Some(journal),
                known: None,
            },
        )
        .map(|_| ())
    }

    async fn change_lock(
        &self,
        context: &MoveContext,
        items: &[&str],
    ) -> Result<bool, LedgerError> {
        let mut words = self.arguments("lock", context, items.len());
        for item in items {
            words.push(item);
        }
        let reply = self.run(&words, Kind::Write).await?;
        flag(accepted(reply, asked(context))?.into_iter().next())
    }
}

fn asked(context: &MoveContext) -> Asked<'_> {
    Asked {
        journal: Some(context.journal),
        known: context.known.as_ref(),
    }
}

const NOBODY: Asked<'static> = Asked {
    journal: None,
    known: None,
};

#[async_trait]
impl Ledger for RedisLedger {
    fn coin(&self) -> Coin {
        self.coin
    }

    async fn attach(&self, journal: JournalId) -> Result<(), LedgerError> {
        self.set_journal(journal, "attach").await
    }

    async fn health(&self) -> Result<Vec<Finding>, LedgerError> {
        health::health(&self.wire, &self.keys, self.wait_replicas).await
    }

    async fn lock(&self, context: &MoveContext) -> Result<(), LedgerError> {
        self.change_lock(context, &["lock"]).await.map(|_| ())
    }

    async fn unlock(&self, context: &MoveContext) -> Result<bool, LedgerError> {
        self.change_lock(context, &["unlock"]).await
    }

    async fn payable(&self, minimum: Amount) -> Result<Payables, LedgerError> {
        payable::payable(&self.wire, &self.keys, minimum, self.coin).await
    }

    async fn hold(
        &self,
        context: &MoveContext,
        payments: &[(PaymentId, Vec<Leg>)],
    ) -> Result<Moved<HoldOutcome>, LedgerError> {
        let legs: usize = payments.iter().map(|(_, legs)| legs.len()).sum();
        let mut words = self.arguments("hold", context, legs.saturating_mul(4));
        words.push(legs);
        let counts = payments.iter().map(|(_, legs)| legs.len().to_string());
        let counts: Vec<String> = counts.collect();
        let single = counts.iter().all(|count| count == "1");
        words.push(if single {
            String::new()
        } else {
            counts.join(" ")
        });
        for (payment, legs) in payments {
            for leg in legs {
                let units = words.push_leg(leg)?;
                words.push(mark::held(context, *payment, leg, &units));
            }
        }
        self.make(&words, context, outcomes::hold).await
    }

    async fn settle(
        &self,
        context: &MoveContext,
        legs: &[Settlement],
    ) -> Result<Moved<SettleOutcome>, LedgerError> {
        let mut words = self.arguments("settle", context, legs.len().saturating_mul(4));
        words.push(legs.len());
        for settlement in legs {
            words.push_leg(&settlement.leg)?;
            words.push(&settlement.transaction);
        }
        let read = |value| outcomes::settle(value, self.coin);
        self.make(&words, context, read).await
    }

    async fn release(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<ReleaseOutcome>, LedgerError> {
        self.give_back(context, legs, outcomes::release).await
    }

    async fn void(
        &self,
        context: &MoveContext,
        legs: &[Leg],
    ) -> Result<Moved<VoidOutcome>, LedgerError> {
        self.give_back(context, legs, outcomes::void).await
    }

    async fn look(
        &self,
        journal: JournalId,
        known: Option<&MoveId>,
        legs: &[LegId],
    ) -> Result<Vec<HoldState>, LedgerError> {
        let mut words = Arguments::reading("look", &self.keys, Some(journal), known, self.coin);
        words.push(legs.len());
        for leg in legs {
            words.push(leg);
        }
        let reply = self.run(&words, Kind::Read).await?;
        let (_, states) = moved(
            reply,
            Asked {
                journal: Some(journal),
                known,
            },
        )?;
        states.into_iter().map(outcomes::state).collect()
    }

    async fn held(&self) -> Result<Vec<HeldLeg>, LedgerError> {
        let words = Arguments::reading("held", &self.keys, None, None, self.coin);
        let reply = self.run(&words, Kind::Read).await?;
        let mut flat = list(reply)?.into_iter();
        let mut held = Vec::new();
        while let Some(id) = flat.next() {
            held.push(mark::read(
                &text(Some(id))?,
                &text(flat.next())?,
                self.coin,
            )?);
        }
        held.sort_by_key(|leg| (leg.at, leg.leg));
        Ok(held)
    }

    async fn reapply(
        &self,
        context: &MoveContext,
        legs: &[Reapply],
    ) -> Result<Moved<ReapplyOutcome>, LedgerError> {
        // What is to be held comes last: a member's earlier leg is over by then.
        let mut order: Vec<(bool, usize)> = legs
            .iter()
            .enumerate()
            .map(|(i, leg)| (leg.to == ReapplyTo::Held, i))
            .collect();
        order.sort_unstable();
        let mut words = self.arguments("reapply", context, legs.len().saturating_mul(5));
        words.push(legs.len());
        for item in order.iter().filter_map(|(_, i)| legs.get(*i)) {
            let units = words.push_leg(&item.leg)?;
            let (more, to) = match &item.to {
                ReapplyTo::Held => (mark::held(context, item.payment, &item.leg, &units), "held"),
                ReapplyTo::Settled(done) => (done.transaction.to_string(), "settled"),
                ReapplyTo::Gone => (String::new(), "gone"),
            };
            words.push(more);
            words.push(to);
        }
        let read = |value| outcomes::reapply(value, self.coin);
        let made = self.make(&words, context, read).await?;
        let mut outcomes: Vec<_> = order
            .into_iter()
            .map(|(_, place)| place)
            .zip(made.outcomes)
            .collect();
        outcomes.sort_by_key(|(place, _)| *place);
        let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
        Ok(Moved {
            last: made.last,
            outcomes,
        })
    }

    async fn adopt(&self, journal: JournalId) -> Result<(), LedgerError> {
        self.set_journal(journal, "adopt").await
    }

    async fn recorded(&self, limit: usize) -> Result<Vec<RecordedPayment>, LedgerError> {
        let Some(last) = limit.checked_sub(1) else {
            return Ok(Vec::new());
        };
        // Redis counts in 64 bits; -1 is the last.
        let last = i64::try_from(last).unwrap_or(-1);
        let key = self.keys.all_payments();
        let mut range = redis::cmd("ZREVRANGE");
        range.arg(&key).arg(0).arg(last).arg("WITHSCORES");
        leftovers::recorded(self.wire.command(range).await?, &key, self.coin)
    }

    async fn leftovers(&self) -> Result<Leftovers, LedgerError> {
        let words = Arguments::reading("leftovers", &self.keys, None, None, self.coin);
        let reply = self.run(&words, Kind::Read).await?;
        leftovers::leftovers(accepted(reply, NOBODY)?, self.coin)
    }

    async fn resolve(
        &self,
        context: &MoveContext,
        row: &LeftoverRow,
        resolution: &Resolution,
    ) -> Result<bool, LedgerError> {
        let mut words = self.arguments("resolve", context, 4);
        words.push(&row.text);
        words.push(&row.member);
        words.push(words.units(row.amount)?);
        match resolution {
            Resolution::Paid(transaction) => words.push(transaction),
            Resolution::CreditBack => words.push(""),
        }
        let reply = self.run(&words, Kind::Write).await?;
        flag(accepted(reply, asked(context))?.into_iter().next())
    }

    async fn remove_lock(&self, context: &MoveContext, value: &str) -> Result<bool, LedgerError> {
        self.change_lock(context, &["remove", value]).await
    }

    async fn after_run(&self) -> Result<(), LedgerError> {
        if !self.bgsave {
            return Ok(());
        }
        let mut save = redis::cmd("BGSAVE");
        // After a rewrite of the append-only file, if one is running.
        save.arg("SCHEDULE");
        match self.wire.command(save).await {
            Err(LedgerError::Unavailable(text)) if text.contains("already in progress") => Ok(()),
            other => other.map(|_| ()),
        }
    }
}
