//! Wallets, legs and attempts for tests.

use paydirt_chain::{
    Address, AttemptKind, BlockRef, Call, Fee, FeeKind, Finality, Identity, LegOutcome, Receipt,
    Sighting, Signed, TxId, TxOutcome, Unsigned,
};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;

use crate::{
    AttemptId, FinalBy, Inclusion, Leg, LegId, LegSource, LegState, LegVerdict, MemberId,
    NewAttempt, NewPayment, Payment, PaymentId, PoolId, Purpose, WalletOpening,
};

/// 2026-01-01T00:00:00Z and this many milliseconds.
pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_767_225_600_000 + ms)
}

/// Ledger units of ether.
pub fn shannon(units: i64) -> Amount {
    Amount::from_units(units, Coin::ETH)
}

/// The pool of all fixtures.
pub fn pool() -> PoolId {
    PoolId::new("eth")
}

/// The n-th member: a login as open-ethereum-pool has it.
pub fn member(n: u32) -> MemberId {
    MemberId::new(format!("0x{n:040x}"))
}

/// Where the n-th member is paid.
pub fn address(n: u32) -> Address {
    Address::canonical(format!("0x{n:040x}"))
}

/// The n-th wallet, of one chain.
pub fn opening(n: u32) -> WalletOpening {
    WalletOpening {
        identity: Identity {
            network: "1".into(),
            genesis: "0xd4e5".into(),
        },
        address: address(0xa000_0000 + n),
        finality: Finality::Depth {
            confirmations: 12,
            release_confirmations: 60,
        },
    }
}

/// A live leg of the n-th member's balance.
pub fn leg(n: u32, units: i64) -> Leg {
    Leg {
        id: LegId::new(),
        pool: pool(),
        member: member(n),
        address: address(n),
        amount: shannon(units),
        source: LegSource::Threshold,
        state: LegState::Live,
        verdict: None,
    }
}

/// A live leg of withdrawals of the n-th member.
pub fn withdrawal(n: u32, units: i64, ids: &[&str]) -> Leg {
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    Leg {
        source: LegSource::Withdrawals(ids),
        ..leg(n, units)
    }
}

/// A plan that pays these legs.
pub fn plan(legs: Vec<Leg>) -> NewPayment {
    NewPayment {
        id: PaymentId::new(),
        purpose: Purpose::Pay,
        legs,
    }
}

/// Signed bytes that are told apart by nonce, kind and fee.
pub fn signed(from: &Address, nonce: u64, kind: AttemptKind, tip: u128) -> Signed {
    let pays = kind == AttemptKind::Pay;
    let unsigned = Unsigned {
        from: from.clone(),
        nonce,
        call: Call {
            to: if pays { address(7) } else { from.clone() },
            value: if pays { u128::from(u64::MAX) * 3 } else { 0 },
            data: if pays { vec![0, 1, 0xff] } else { Vec::new() },
        },
        gas_limit: 21_000,
        fee: Fee {
            kind: FeeKind::Dynamic,
            cap: 100_000_000_000 + tip,
            tip,
        },
    };
    let id = format!("0x{from}-{nonce}-{kind:?}-{tip}");
    Signed {
        unsigned,
        raw: Some(id.clone().into_bytes()),
        id: Some(TxId::new(id)),
    }
}

/// An attempt to be saved.
pub fn attempt(payment: PaymentId, kind: AttemptKind, signed: Signed) -> NewAttempt {
    NewAttempt {
        id: AttemptId::new(),
        payment,
        kind,
        signed,
        floor_block: 17,
    }
}

/// A block; `fork` tells blocks of one number apart.
pub fn block(number: u64, fork: u8) -> BlockRef {
    BlockRef {
        number,
        hash: format!("0x{number:x}-{fork}"),
    }
}

/// Where an attempt of a payment was seen.
pub fn inclusion(payment: &Payment, number: u64) -> Inclusion {
    let id = payment.attempts.last().and_then(|a| a.signed.id.clone());
    Inclusion {
        id: id.unwrap_or_else(|| TxId::new("0xnode")),
        block: block(number, 0),
    }
}

/// What is found when the last attempt of a payment is final.
pub fn found(payment: &Payment, number: u64) -> FinalBy {
    let at = inclusion(payment, number);
    let last = payment.attempts.last().expect("an attempt");
    FinalBy::Ours {
        attempt: Some(last.id),
        kind: last.kind,
        receipt: Receipt {
            id: at.id,
            block: at.block,
            outcome: TxOutcome::Whole(LegOutcome::Paid),
            fee: 21_000 * 7,
        },
    }
}

/// A transaction of somebody else at a nonce.
pub fn foreign(nonce: u64, number: u64) -> FinalBy {
    FinalBy::Foreign {
        sighting: Sighting {
            id: TxId::new(format!("0xforeign-{nonce}")),
            nonce,
            call: Call {
                to: address(9),
                value: 1,
                data: Vec::new(),
            },
            block: block(number, 1),
        },
    }
}

/// The verdict that a leg was not paid.
pub fn not_paid(reason: &str) -> LegVerdict {
    LegVerdict::Release {
        reason: reason.to_owned(),
        quarantine: false,
        ours: false,
    }
}

/// The same verdict for each leg.
pub fn verdicts(payment: &Payment, verdict: &LegVerdict) -> Vec<(LegId, LegVerdict)> {
    payment
        .legs
        .iter()
        .map(|leg| (leg.id, verdict.clone()))
        .collect()
}

/// The same end for each leg.
pub fn ends(payment: &Payment, end: LegState) -> Vec<(LegId, LegState)> {
    payment.legs.iter().map(|leg| (leg.id, end)).collect()
}
