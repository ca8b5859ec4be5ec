//! What a transaction comes to when it is executed.

use paydirt_chain::{Fault, LegOutcome};

use crate::Funds;
use crate::canon::State;
use crate::codec::Tx;

/// Gas of a plain transfer, as on Ethereum.
pub(crate) const PLAIN_GAS: u64 = 21_000;
const GAS_PER_DATA_BYTE: u64 = 16;
/// What a payee that refuses money uses up before it says so.
const REFUSAL_GAS: u64 = 3_000;

/// How an address takes money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payee {
    /// As an account without code.
    Plain,
    /// A contract that takes it, and needs this much gas beyond a plain transfer.
    Contract {
        /// Gas that its code uses.
        gas: u64,
    },
    /// A contract that refuses it.
    Rejects {
        /// What the chain says then.
        reason: String,
    },
}

/// Gas that any transaction needs before code runs.
pub(crate) fn intrinsic_gas(data: &[u8]) -> u64 {
    let bytes = u64::try_from(data.len()).unwrap_or(u64::MAX);
    bytes
        .saturating_mul(GAS_PER_DATA_BYTE)
        .saturating_add(PLAIN_GAS)
}

/// Gas that this call needs in all.
pub(crate) fn needed_gas(payee: &Payee, data: &[u8]) -> u64 {
    let code = match payee {
        Payee::Plain => 0,
        Payee::Contract { gas } => *gas,
        Payee::Rejects { .. } => REFUSAL_GAS,
    };
    intrinsic_gas(data).saturating_add(code)
}

/// Whether a block may hold `tx` when its sender's account is in `state`.
pub(crate) fn executable(
    tx: &Tx,
    state: State,
    base_fee: u128,
    funds: Funds,
) -> Result<(), String> {
    if tx.nonce != state.nonce {
        return Err(format!(
            "its nonce is {}, the account's next is {}",
            tx.nonce, state.nonce
        ));
    }
    if tx.fee.cap < base_fee {
        return Err(format!(
            "its fee cap {} is below the base fee {base_fee}",
            tx.fee.cap
        ));
    }
    if tx.gas_limit < intrinsic_gas(&tx.data) {
        return Err(format!(
            "its gas limit {} is below what any transaction needs",
            tx.gas_limit
        ));
    }
    let needed = match funds {
        Funds::AtSubmission => tx.worst_cost(),
        Funds::AtExecution => tx.worst_fee(),
    };
    if state.balance < needed {
        return Err(format!(
            "the account has {} of the {needed} needed",
            state.balance
        ));
    }
    Ok(())
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) gas_used: u64,
    pub(crate) outcome: LegOutcome,
}

/// Executes an [`executable`] transaction.
pub(crate) fn run(tx: &Tx, balance: u128, payee: &Payee) -> Run {
    let failed = |gas_used, fault, reason: &str| Run {
        gas_used,
        outcome: LegOutcome::Failed {
            fault,
            reason: reason.to_owned(),
        },
    };
    let needed = needed_gas(payee, &tx.data);
    if balance.saturating_sub(tx.worst_fee()) < tx.value {
        return failed(
            intrinsic_gas(&tx.data),
            Fault::Ours,
            "insufficient funds for the value",
        );
    }
    if tx.gas_limit < needed {
        return failed(tx.gas_limit, Fault::Payee, "out of gas");
    }
    match payee {
        Payee::Rejects { reason } => failed(needed, Fault::Payee, reason),
        Payee::Plain | Payee::Contract { .. } => Run {
            gas_used: needed,
            outcome: LegOutcome::Paid,
        },
    }
}
