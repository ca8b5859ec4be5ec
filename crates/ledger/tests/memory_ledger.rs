//! The ledger's model keeps what every ledger promises.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use paydirt_ledger::conformance::{Figures, LedgerBench, fixtures};
use paydirt_ledger::memory::{LedgerCopy, MemoryLedger};
use paydirt_ledger::{Ledger, LeftoverRow, MemberId};
use paydirt_money::{Amount, Coin};

struct Bench {
    ledger: Arc<MemoryLedger>,
    strict: bool,
    copy: Mutex<Option<LedgerCopy>>,
}

async fn bench(strict: bool) -> Bench {
    let coin = Coin::ETH;
    let ledger = if strict {
        MemoryLedger::strict(coin)
    } else {
        MemoryLedger::new(coin)
    };
    Bench {
        ledger: Arc::new(ledger),
        strict,
        copy: Mutex::new(None),
    }
}

#[async_trait]
impl LedgerBench for Bench {
    fn ledger(&self) -> Arc<dyn Ledger> {
        self.ledger.clone()
    }

    fn is_strict(&self) -> bool {
        self.strict
    }

    async fn set_balance(&self, member: &MemberId, balance: Amount) {
        self.ledger.set_balance(member, balance);
    }

    async fn figures(&self, member: &MemberId) -> Figures {
        Figures::new(
            self.ledger.balance(member).units(),
            self.ledger.pending(member).units(),
            self.ledger.paid(member).units(),
        )
    }

    async fn spoil_balance(&self, member: &MemberId, text: &str) -> bool {
        self.ledger.spoil_balance(member, text);
        true
    }

    async fn set_threshold(&self, member: &MemberId, threshold: Amount) -> bool {
        self.ledger.set_threshold(member, Some(threshold));
        true
    }

    async fn keep_copy(&self) -> bool {
        *self.copy.lock().unwrap() = Some(self.ledger.snapshot());
        true
    }

    async fn restore_copy(&self) -> bool {
        self.ledger
            .restore(self.copy.lock().unwrap().as_ref().unwrap());
        true
    }

    async fn roll_back(&self, member: &MemberId) -> bool {
        self.ledger.roll_back_pending(member).unwrap();
        true
    }

    async fn set_lock(&self, value: Option<&str>) -> bool {
        self.ledger.set_lock(value);
        true
    }

    async fn add_leftover(&self, member: &MemberId, amount: Amount) -> Option<LeftoverRow> {
        let row = LeftoverRow {
            text: format!("{member}:{}", amount.units()),
            member: member.clone(),
            amount,
            at: fixtures::at(0),
            transaction: None,
            nonce: None,
        };
        self.ledger.add_leftover(row.clone()).unwrap();
        Some(row)
    }
}

mod above_the_threshold {
    paydirt_ledger::ledger_conformance!(super::bench(true));
}

mod at_the_threshold {
    paydirt_ledger::ledger_conformance!(super::bench(false));
}
