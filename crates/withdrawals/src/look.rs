//! What the chain shows of a payment that was made outside of the journal.
//!
//! All endpoints configured for verdicts must agree on everything that is concluded here.

use paydirt_chain::{
    Address, BlockRef, Chain, ChainError, Finality, Identity, LegOutcome, Receipt, Sighting, Tip,
    Trust, TxId, TxOutcome,
};
use paydirt_money::BaseUnits;
use paydirt_schedule::Day;

use crate::WithdrawalError;

/// Blocks that are looked through in one call.
const BLOCKS_AT_ONCE: u64 = 200;

/// The payment that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// Who must have been paid.
    pub recipient: &'a Address,
    /// Exactly how much.
    pub amount: BaseUnits,
    /// Who may have paid.
    pub payers: &'a [Address],
    /// When a block is final.
    pub finality: Finality,
    /// The day from whose beginning (unix seconds) on a payment counts: what was paid before was
    /// paid for something else.
    pub since: (Day, u64),
}

/// A payment that the chain shows, final.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The chain.
    pub identity: Identity,
    /// The transaction.
    pub tx: TxId,
    /// Who sent it.
    pub sender: Address,
    /// The block that executed it.
    pub block: BlockRef,
    /// The network fee that was paid for it, base units.
    pub fee: u128,
    /// The lowest head among the endpoints.
    pub head: u64,
    /// From which day on a payment counted.
    pub since: Day,
}

/// Looks a transaction up, and checks that it is this payment.
///
/// # Errors
/// `Refused`: it is not on the chain, failed, is not final yet, is too old, or has another sender,
/// recipient or amount, each in its own words. `Chain` when endpoints didn't answer or not alike.
pub async fn transaction(
    chain: &dyn Chain,
    tx: &TxId,
    sought: &Sought<'_>,
) -> Result<Seen, WithdrawalError> {
    let identity = chain.identify(None).await?;
    let receipt = chain.receipts(std::slice::from_ref(tx), Trust::All).await?;
    let Some(receipt) = receipt.into_iter().next().flatten() else {
        return Err(WithdrawalError::refused(
            format!("no block has transaction {tx}"),
            "check the hash; if it was just sent, wait until it is mined",
        ));
    };
    check_outcome(tx, &receipt.outcome)?;
    let tip = chain.tip(sought.finality).await?;
    check_final(tx, &receipt.block, &tip)?;
    let (since, since_s) = sought.since;
    let first = chain.block_before(since_s).await?;
    check_age(tx, &receipt.block, since, first)?;
    let found = sightings(chain, tx, &receipt.block, sought.payers).await?;
    let (sender, call) = match found.as_slice() {
        [(sender, sighting)] => (sender.clone(), &sighting.call),
        [] => {
            let payers: Vec<&str> = sought.payers.iter().map(Address::as_str).collect();
            return Err(WithdrawalError::refused(
                format!(
                    "transaction {tx} was sent by none of the registered payers ({})",
                    payers.join(", ")
                ),
                "if the pool's own money paid it, add its sender to payers in [pool.NAME.payouts]",
            ));
        }
        _ => {
            return Err(WithdrawalError::refused(
                format!(
                    "transaction {tx} was found more than once in block {}",
                    receipt.block
                ),
                "find out which payment it is; a node may be at fault",
            ));
        }
    };
    if call.to != *sought.recipient {
        return Err(WithdrawalError::refused(
            format!(
                "transaction {tx} pays {}, not {}",
                call.to, sought.recipient
            ),
            "find the one that paid this withdrawal",
        ));
    }
    if call.value != sought.amount.get() {
        let shown = |units| BaseUnits::new(units).to_coin_text(chain.coin());
        return Err(WithdrawalError::refused(
            format!(
                "transaction {tx} pays {}, and the withdrawal is of {}",
                shown(call.value),
                shown(sought.amount.get())
            ),
            "find the one that paid exactly this amount",
        ));
    }
    Ok(Seen {
        identity,
        tx: receipt.id,
        sender,
        block: receipt.block,
        fee: receipt.fee,
        head: tip.head,
        since,
    })
}

fn check_outcome(tx: &TxId, outcome: &TxOutcome) -> Result<(), WithdrawalError> {
    let failed = match outcome {
        TxOutcome::Whole(LegOutcome::Paid) => return Ok(()),
        TxOutcome::Whole(LegOutcome::Failed { reason, .. }) => reason.as_str(),
        TxOutcome::PerLeg(legs) => match legs.as_slice() {
            [LegOutcome::Paid] => return Ok(()),
            [LegOutcome::Failed { reason, .. }] => reason.as_str(),
            _ => "it pays several recipients, of which this can't tell one from another",
        },
    };
    Err(WithdrawalError::refused(
        format!("transaction {tx} is on the chain and paid nobody: {failed}"),
        "a failed payment is queued again with `paydirt withdrawals requeue`",
    ))
}

fn check_final(tx: &TxId, block: &BlockRef, tip: &Tip) -> Result<(), WithdrawalError> {
    let settled = tip.settled.as_ref().map(|settled| settled.number);
    if settled.is_some_and(|settled| block.number <= settled) {
        return Ok(());
    }
    let settled = settled.map_or_else(|| "none yet".to_owned(), |number| number.to_string());
    Err(WithdrawalError::refused(
        format!(
            "transaction {tx} is in block {}, which is not final yet (the newest final block is \
             {settled}, the head {})",
            block.number, tip.head
        ),
        "wait until it is final, and try again",
    ))
}

fn check_age(tx: &TxId, block: &BlockRef, since: Day, first: u64) -> Result<(), WithdrawalError> {
    if block.number >= first {
        return Ok(());
    }
    Err(WithdrawalError::refused(
        format!(
            "transaction {tx} is in block {}, from before {since}: what was paid before the \
             withdrawal was asked for paid something else",
            block.number
        ),
        "find the one that paid this withdrawal, or say from when on payments count with --since",
    ))
}

/// What is in no block yet can't be looked through, and may still pay.
async fn check_nothing_pending(chain: &dyn Chain, payer: &Address) -> Result<(), WithdrawalError> {
    let seen = chain.nonce_seen(payer).await?;
    if seen.next <= seen.mined {
        return Ok(());
    }
    Err(WithdrawalError::refused(
        format!(
            "transactions of {payer} are pending on {}, and may pay it",
            seen.endpoint
        ),
        "wait until they are mined, and try again",
    ))
}

async fn sightings(
    chain: &dyn Chain,
    tx: &TxId,
    block: &BlockRef,
    payers: &[Address],
) -> Result<Vec<(Address, Sighting)>, ChainError> {
    let mut found = Vec::new();
    for payer in payers {
        let sent = chain
            .sent_by(payer, block.number..=block.number, Trust::All)
            .await?;
        let of_tx = sent
            .into_iter()
            .filter(|it| it.id == *tx && it.block == *block);
        found.extend(of_tx.map(|sighting| (payer.clone(), sighting)));
    }
    Ok(found)
}

/// Transactions of the payers that pay exactly this, from its day on, up to the head:
/// final or not, but for those that failed and are final.
///
/// # Errors
/// `Chain` when endpoints didn't answer or not alike.
pub async fn payments_since(
    chain: &dyn Chain,
    sought: &Sought<'_>,
) -> Result<Vec<Sighting>, WithdrawalError> {
    chain.identify(None).await?;
    let first = chain.block_before(sought.since.1).await?;
    let tip = chain.tip(sought.finality).await?;
    let last = tip.head;
    for payer in sought.payers {
        check_nothing_pending(chain, payer).await?;
    }
    let mut found = Vec::new();
    let mut from = first;
    while from <= last {
        let to = from.saturating_add(BLOCKS_AT_ONCE).min(last);
        for payer in sought.payers {
            let sent = chain.sent_by(payer, from..=to, Trust::All).await?;
            found.extend(sent.into_iter().filter(|it| {
                it.call.to == *sought.recipient && it.call.value == sought.amount.get()
            }));
        }
        tracing::debug!(from, to, last, "blocks were looked through");
        from = to.saturating_add(1);
    }
    let ids: Vec<TxId> = found.iter().map(|it| it.id.clone()).collect();
    if ids.is_empty() {
        return Ok(found);
    }
    let receipts = chain.receipts(&ids, Trust::All).await?;
    let may_pay = |receipt: &Option<Receipt>| match receipt {
        Some(receipt) => {
            check_outcome(&receipt.id, &receipt.outcome).is_ok()
                || check_final(&receipt.id, &receipt.block, &tip).is_err()
        }
        None => true,
    };
    let with_receipts = found.into_iter().zip(receipts);
    let may_pay = with_receipts.filter(|(_, receipt)| may_pay(receipt));
    Ok(may_pay.map(|(sighting, _)| sighting).collect())
}
