//! What the script is given: a head that every operation has, then its items.

use paydirt_ledger::{JournalId, LedgerError, Leg, MoveContext, MoveId};
use paydirt_money::{Amount, Coin, MoneyError};

use crate::keys::Keys;

/// Prefix, journal, wallet, token, number and id of the known move, id, time in s and ms, and the
/// operation.
const HEAD: usize = 10;

pub(crate) struct Arguments {
    words: Vec<String>,
    coin: Coin,
}

impl Arguments {
    /// For a move.
    pub(crate) fn of(
        operation: &str,
        keys: &Keys,
        context: &MoveContext,
        coin: Coin,
        items: usize,
    ) -> Self {
        let mut words = Vec::with_capacity(items.saturating_add(HEAD));
        words.push(keys.prefix().to_owned());
        words.push(context.journal.to_string());
        words.push(context.wallet.to_string());
        words.push(context.token.to_string());
        push_known(&mut words, context.known.as_ref());
        words.push(context.id.to_string());
        words.push(context.at.as_secs().to_string());
        words.push(context.at.as_ms().to_string());
        words.push(operation.to_owned());
        Self { words, coin }
    }

    /// For a look by a journal, or by nobody.
    pub(crate) fn reading(
        operation: &str,
        keys: &Keys,
        journal: Option<JournalId>,
        known: Option<&MoveId>,
        coin: Coin,
    ) -> Self {
        let journal = journal.map(|id| id.to_string()).unwrap_or_default();
        let mut words = vec![
            keys.prefix().to_owned(),
            journal,
            String::new(),
            "0".to_owned(),
        ];
        push_known(&mut words, known);
        words.extend([
            String::new(),
            "0".to_owned(),
            "0".to_owned(),
            operation.to_owned(),
        ]);
        Self { words, coin }
    }

    pub(crate) fn push(&mut self, word: impl ToString) {
        self.words.push(word.to_string());
    }

    /// Id, login and amount of a leg; returns the amount as text.
    pub(crate) fn push_leg(&mut self, leg: &Leg) -> Result<String, LedgerError> {
        let units = self.units(leg.amount)?;
        self.words.push(leg.id.to_string());
        self.words.push(leg.member.as_str().to_owned());
        self.words.push(units.clone());
        Ok(units)
    }

    /// An amount above 0 of this ledger's coin, as text.
    pub(crate) fn units(&self, amount: Amount) -> Result<String, LedgerError> {
        if amount.coin() != self.coin {
            let (left, right) = (amount.coin(), self.coin);
            return Err(LedgerError::Money(MoneyError::MixedCoins { left, right }));
        }
        if !amount.is_positive() {
            return Err(LedgerError::Money(MoneyError::OutOfRange {
                operation: format!("moving {amount}"),
                range: "0.000000001 to 9223372036.854775807 coin",
            }));
        }
        Ok(amount.units().to_string())
    }

    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }
}

fn push_known(words: &mut Vec<String>, known: Option<&MoveId>) {
    words.push(known.map(|k| k.seq.to_string()).unwrap_or_default());
    words.push(known.map(|k| k.id.to_string()).unwrap_or_default());
}
