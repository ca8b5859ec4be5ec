//! Would a payment to this address succeed, and with how much gas?

use std::collections::BTreeMap;

use alloy::primitives::{Address, Bytes, U64};
use paydirt_chain::{Probe, Rejection, Verdict};
use serde_json::json;

use crate::ContractPolicy;
use crate::rpc::{Call, Node, Reply, RpcError, need};
use crate::wording;

/// Gas of a transfer to an address without code (Ethereum yellow paper, appendix G).
pub(crate) const TRANSFER_GAS: u64 = 21_000;
/// An account's code begins so when it delegates to a contract (EIP-7702).
const DELEGATION: [u8; 3] = [0xef, 0x01, 0x00];

/// What the configuration says about gas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GasRules {
    /// Gas limit of a payment to an address without code.
    pub(crate) plain: u64,
    pub(crate) contracts: ContractPolicy,
    pub(crate) contract_gas_max: u64,
}

impl Node {
    /// Simulates each transfer by itself.
    pub(crate) async fn probe(
        &self,
        from: Address,
        legs: &[(Address, u128)],
        rules: GasRules,
    ) -> Result<Vec<Probe>, String> {
        let codes = self.codes(legs).await?;
        let estimated: Vec<_> = legs
            .iter()
            .filter(|(to, _)| wants_estimate(codes.get(to), rules))
            .collect();
        let calls: Vec<_> = estimated
            .iter()
            .map(|(to, value)| estimate(from, *to, *value))
            .collect();
        let mut estimates = self.batch(&calls).await.into_iter();
        let mut probes = Vec::with_capacity(legs.len());
        for (to, _) in legs {
            let code = codes.get(to);
            probes.push(if wants_estimate(code, rules) {
                judge(estimates.next().unwrap_or(Ok(None)), rules)?
            } else if has_code(code) {
                let reason =
                    "it is a contract, and contracts are not paid (contracts = \"refuse\")";
                Probe::PayeeFails {
                    reason: reason.to_owned(),
                }
            } else {
                Probe::Fits {
                    gas_limit: rules.plain,
                }
            });
        }
        Ok(probes)
    }

    async fn codes(&self, legs: &[(Address, u128)]) -> Result<BTreeMap<Address, Bytes>, String> {
        let mut addresses: Vec<Address> = legs.iter().map(|(to, _)| *to).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let call = |address: &Address| Call::new("eth_getCode", json!([address, "latest"]));
        let calls: Vec<_> = addresses.iter().map(call).collect();
        let replies = self.batch(&calls).await;
        let codes = replies
            .into_iter()
            .map(|reply| need::<Bytes>("eth_getCode", reply));
        addresses
            .into_iter()
            .zip(codes)
            .map(|(address, code)| Ok((address, code?)))
            .collect()
    }
}

fn has_code(code: Option<&Bytes>) -> bool {
    code.is_some_and(|code| !code.is_empty())
}

/// A person's account may delegate to code and is still a person's.
fn wants_estimate(code: Option<&Bytes>, rules: GasRules) -> bool {
    let delegates = code.is_some_and(|code| code.starts_with(&DELEGATION));
    has_code(code) && (delegates || rules.contracts == ContractPolicy::Allow)
}

fn estimate(from: Address, to: Address, value: u128) -> Call {
    let transfer = json!({"from": from, "to": to, "value": format!("{value:#x}")});
    Call::new("eth_estimateGas", json!([transfer]))
}

/// A quarter more than estimated, since the payee's state may change until it is mined.
fn judge(reply: Reply, rules: GasRules) -> Result<Probe, String> {
    if let Err(RpcError::Reply { code, message }) = &reply
        && is_payees_own(*code, message)
    {
        return Ok(Probe::PayeeFails {
            reason: format!("a payment to it fails: {message}"),
        });
    }
    let needed: u64 = need::<U64>("eth_estimateGas", reply)?.to();
    let gas_limit = needed.saturating_add(needed / 4).max(rules.plain);
    if gas_limit > rules.contract_gas_max {
        let most = rules.contract_gas_max;
        let reason =
            format!("a payment to it needs {needed} gas, which with a reserve is above {most}");
        return Ok(Probe::PayeeFails { reason });
    }
    Ok(Probe::Fits { gas_limit })
}

/// Whether a failed estimate says something about the payee, not about the node or our wallet.
///
/// Code 3 is a revert (geth, anvil), -32015 one of Nethermind and OpenEthereum; the words are
/// those of geth's `core/vm/errors.go` and `eth/gasestimator`, Besu's and anvil's.
fn is_payees_own(code: i64, message: &str) -> bool {
    const WORDS: [&str; 9] = [
        "revert",
        "out of gas",
        "invalid opcode",
        "invalid jump",
        "stack underflow",
        "stack limit",
        "gas required exceeds",
        "always failing transaction",
        "exceptional halt",
    ];
    let funds = wording::verdict(message);
    if matches!(funds, Verdict::Rejected(Rejection::InsufficientFunds, _)) {
        return false;
    }
    let words = message.to_lowercase();
    matches!(code, 3 | -32015) || WORDS.iter().any(|phrase| words.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: GasRules = GasRules {
        plain: 21_000,
        contracts: ContractPolicy::Allow,
        contract_gas_max: 100_000,
    };

    fn reply(code: i64, message: &str) -> Reply {
        Err(RpcError::Reply {
            code,
            message: message.to_owned(),
        })
    }

    #[test]
    fn a_failure_of_the_payee_is_an_answer_and_a_failure_of_anything_else_an_error() {
        for (code, message, payees) in [
            (3, "execution reverted", true),
            (-32015, "VM execution error.", true),
            (-32000, "Execution reverted", true),
            (-32000, "gas required exceeds allowance (50000000)", true),
            (-32000, "invalid opcode: INVALID", true),
            (-32000, "insufficient funds for transfer", false),
            (-32003, "Insufficient funds for gas * price + value", false),
            (-32601, "the method eth_estimateGas does not exist", false),
            (-32005, "rate limit exceeded", false),
            (-32603, "Internal error", false),
        ] {
            let judged = judge(reply(code, message), RULES);
            assert_eq!(judged.is_ok(), payees, "{message}: {judged:?}");
        }
    }

    #[test]
    fn an_estimate_is_raised_by_a_quarter_and_bounded() {
        let raw = |gas: u64| {
            Ok(Some(
                serde_json::value::to_raw_value(&format!("{gas:#x}")).unwrap(),
            ))
        };
        assert_eq!(
            judge(raw(40_000), RULES),
            Ok(Probe::Fits { gas_limit: 50_000 })
        );
        assert_eq!(
            judge(raw(80_000), RULES),
            Ok(Probe::Fits { gas_limit: 100_000 })
        );
        assert!(matches!(
            judge(raw(90_000), RULES),
            Ok(Probe::PayeeFails { .. })
        ));
    }

    #[test]
    fn an_account_that_delegates_is_estimated_even_where_contracts_are_refused() {
        let refuse = GasRules {
            contracts: ContractPolicy::Refuse,
            ..RULES
        };
        let delegated = Bytes::from_static(&[0xef, 0x01, 0x00, 0x11]);
        let contract = Bytes::from_static(&[0x60, 0x00]);
        assert!(wants_estimate(Some(&delegated), refuse));
        assert!(!wants_estimate(Some(&contract), refuse));
        assert!(wants_estimate(Some(&contract), RULES));
        assert!(!wants_estimate(Some(&Bytes::new()), RULES));
    }
}
