//! What became of mined transactions.

use std::collections::BTreeMap;

use alloy::primitives::B256;
use paydirt_chain::{BlockRef, Fault, LegOutcome, Receipt, TxId, TxOutcome};
use serde_json::json;

use crate::address::hash_text;
use crate::answers::{RawReceipt, Transaction};
use crate::rpc::{Call, Node, need, read};

/// Receipts, or why this chain's receipts can't be used at all.
pub(crate) type Receipts = Result<Vec<Option<Receipt>>, String>;

impl Node {
    /// Receipts of these transactions on the node's canonical chain.
    ///
    /// A transaction itself is asked for only where the receipt does not say enough: it failed
    /// (out of gas, or reverted?), or the client is older than `effectiveGasPrice`.
    pub(crate) async fn receipts(&self, ids: &[B256]) -> Result<Receipts, String> {
        let call = |id: &B256| Call::new("eth_getTransactionReceipt", json!([id]));
        let calls: Vec<_> = ids.iter().map(call).collect();
        let mut found = Vec::with_capacity(ids.len());
        for (id, reply) in ids.iter().zip(self.batch(&calls).await) {
            let receipt: Option<RawReceipt> = read("eth_getTransactionReceipt", reply)?;
            if let Some(other) = receipt.as_ref().filter(|r| r.transaction_hash != *id) {
                return Err(format!(
                    "receipt {id} was asked, {} answered",
                    other.transaction_hash
                ));
            }
            // Some clients answer for pending transactions too.
            found.push(receipt.filter(|r| r.block_hash.is_some() && r.block_number.is_some()));
        }
        let transactions = self.transactions_behind(&found).await?;
        let receipts = found.into_iter().map(|receipt| match receipt {
            None => Ok(None),
            Some(receipt) => {
                let transaction = transactions.get(&receipt.transaction_hash);
                understood(receipt, transaction).map(Some)
            }
        });
        Ok(receipts.collect())
    }

    async fn transactions_behind(
        &self,
        receipts: &[Option<RawReceipt>],
    ) -> Result<BTreeMap<B256, Transaction>, String> {
        let wanted = receipts.iter().flatten().filter(|r| says_too_little(r));
        let ids: Vec<B256> = wanted.map(|receipt| receipt.transaction_hash).collect();
        let call = |id: &B256| Call::new("eth_getTransactionByHash", json!([id]));
        let calls: Vec<_> = ids.iter().map(call).collect();
        let replies = self.batch(&calls).await;
        let read = replies
            .into_iter()
            .map(|reply| need("eth_getTransactionByHash", reply));
        ids.into_iter()
            .zip(read)
            .map(|(id, transaction)| Ok((id, transaction?)))
            .collect()
    }
}

fn says_too_little(receipt: &RawReceipt) -> bool {
    let failed = receipt.status.is_some_and(|status| status.is_zero());
    failed || receipt.effective_gas_price.is_none()
}

fn understood(receipt: RawReceipt, transaction: Option<&Transaction>) -> Result<Receipt, String> {
    let id = hash_text(receipt.transaction_hash);
    let (Some(hash), Some(number)) = (receipt.block_hash, receipt.block_number) else {
        return Err(format!("the receipt of {id} names no block"));
    };
    let Some(status) = receipt.status else {
        return Err(format!(
            "the receipt of {id} does not say whether it succeeded (a chain from before the \
             Byzantium fork)"
        ));
    };
    let gas_used: u64 = receipt.gas_used.to();
    let outcome = match status.to::<u64>() {
        1 => LegOutcome::Paid,
        _ => LegOutcome::Failed {
            fault: Fault::Payee,
            reason: reason(gas_used, transaction),
        },
    };
    Ok(Receipt {
        fee: fee(&receipt, gas_used, transaction)
            .ok_or_else(|| format!("the receipt of {id} does not say what was paid for gas"))?,
        block: BlockRef {
            number: number.to(),
            hash: hash_text(hash),
        },
        outcome: TxOutcome::Whole(outcome),
        id: TxId::new(id),
    })
}

fn reason(gas_used: u64, transaction: Option<&Transaction>) -> String {
    match transaction.map(|transaction| transaction.gas.to::<u64>()) {
        Some(limit) if gas_used >= limit => format!("out of gas: it used all of its {limit} gas"),
        Some(limit) => format!("reverted after {gas_used} of {limit} gas"),
        None => format!("reverted after {gas_used} gas"),
    }
}

/// Gas at the price that was really paid, plus what a rollup took for its parent chain.
fn fee(receipt: &RawReceipt, gas_used: u64, transaction: Option<&Transaction>) -> Option<u128> {
    let price = match receipt.effective_gas_price {
        Some(price) => price.to::<u128>(),
        None => transaction?.gas_price?.try_into().ok()?,
    };
    let rollup = receipt
        .l1_fee
        .map(|fee| fee.to::<u128>())
        .unwrap_or_default();
    price.checked_mul(u128::from(gas_used))?.checked_add(rollup)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

    fn raw(fields: serde_json::Value) -> RawReceipt {
        let mut receipt = json!({
            "transactionHash": ID, "blockHash": ID, "blockNumber": "0x7", "status": "0x1",
            "gasUsed": "0x5208", "effectiveGasPrice": "0x64",
        });
        for (key, value) in fields.as_object().unwrap() {
            receipt[key] = value.clone();
        }
        serde_json::from_value(receipt).unwrap()
    }

    fn transaction(gas: &str) -> Transaction {
        let zero = "0x0000000000000000000000000000000000000000";
        serde_json::from_value(json!({
            "hash": ID, "from": zero, "to": zero, "nonce": "0x0", "value": "0x1", "gas": gas,
            "gasPrice": "0xc8",
        }))
        .unwrap()
    }

    #[test]
    fn status_one_is_paid_and_zero_failed_on_the_payees_account() {
        let paid = understood(raw(json!({})), None).unwrap();
        assert_eq!(paid.outcome, TxOutcome::Whole(LegOutcome::Paid));
        assert_eq!((paid.fee, paid.block.number), (2_100_000, 7));
        for (gas, words) in [
            ("0x5208", "out of gas"),
            ("0x7530", "reverted after 21000 of 30000"),
        ] {
            let failed =
                understood(raw(json!({"status": "0x0"})), Some(&transaction(gas))).unwrap();
            let TxOutcome::Whole(LegOutcome::Failed { fault, reason }) = failed.outcome else {
                panic!("{:?}", failed.outcome);
            };
            assert_eq!(fault, Fault::Payee);
            assert!(reason.contains(words), "{reason}");
        }
    }

    #[test]
    fn the_fee_is_what_was_really_paid() {
        let rollup = understood(raw(json!({"l1Fee": "0x5"})), None).unwrap();
        assert_eq!(rollup.fee, 2_100_005);
        let old = raw(json!({"effectiveGasPrice": null}));
        assert!(says_too_little(&old));
        assert_eq!(
            understood(old, Some(&transaction("0x5208"))).unwrap().fee,
            4_200_000
        );
        assert!(understood(raw(json!({"effectiveGasPrice": null})), None).is_err());
    }

    #[test]
    fn a_receipt_without_status_is_refused() {
        let error = understood(raw(json!({"status": null})), None).unwrap_err();
        assert!(error.contains("Byzantium"), "{error}");
    }
}
