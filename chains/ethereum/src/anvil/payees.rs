//! Payees with code.

use paydirt_chain::{Chain as _, ChainError, Fault, LegOutcome, Probe, Trust, TxOutcome};
use paydirt_testkit::{RpcFault, RpcProxy};

use super::*;
use crate::ContractPolicy;

/// PUSH0 PUSH0 REVERT
const REVERTS: &str = "0x5f5ffd";
/// JUMPDEST PUSH0 JUMP, for ever.
const BURNS: &str = "0x5b5f56";
/// PUSH1 1 PUSH0 SSTORE: takes the money and about 22,000 gas.
const STORES: &str = "0x60015f55";

async fn allowing(url: String) -> Ethereum {
    let mut config = config(&[url]);
    config.contracts = ContractPolicy::Allow;
    identified(config).await
}

#[tokio::test]
async fn contracts_are_refused_or_estimated_as_configured() {
    let anvil = node().await;
    let (stores, reverts, plain) = (payee(1), payee(2), payee(3));
    set_code(&anvil, &stores, STORES).await;
    set_code(&anvil, &reverts, REVERTS).await;
    let legs = [
        leg(&stores, 5),
        leg(&plain, 5),
        leg(&reverts, 5),
        leg(&stores, 6),
    ];
    let refusing = identified(config(&[anvil.url()])).await;
    let probes = refusing.probe(&dev_address(0), &legs).await.unwrap();
    for (place, probe) in probes.iter().enumerate() {
        match probe {
            Probe::Fits { gas_limit } => assert_eq!((place, *gas_limit), (1, 21_000)),
            Probe::PayeeFails { reason } => assert!(reason.contains("contract"), "{reason}"),
        }
    }
    let probes = allowing(anvil.url())
        .await
        .probe(&dev_address(0), &legs)
        .await
        .unwrap();
    let Probe::Fits { gas_limit } = probes[0] else {
        panic!("{probes:?}")
    };
    assert!((43_000..70_000).contains(&gas_limit), "{gas_limit}");
    assert_eq!(probes[1], Probe::Fits { gas_limit: 21_000 });
    let Probe::PayeeFails { reason } = &probes[2] else {
        panic!("{probes:?}")
    };
    assert!(reason.contains("revert"), "{reason}");
    assert_eq!(probes[3], probes[0]);
}

#[tokio::test]
async fn an_account_that_delegates_is_paid_even_where_contracts_are_refused() {
    let anvil = node().await;
    let (stores, person) = (payee(1), payee(2));
    set_code(&anvil, &stores, STORES).await;
    let delegation = format!("0xef0100{}", &stores.as_str()[2..]);
    set_code(&anvil, &person, &delegation).await;
    let chain = identified(config(&[anvil.url()])).await;
    let probes = chain
        .probe(&dev_address(0), &[leg(&person, 5)])
        .await
        .unwrap();
    let Probe::Fits { gas_limit } = probes[0] else {
        panic!("{probes:?}")
    };
    let mut payment = transfer(0, &person, 5);
    payment.gas_limit = gas_limit;
    let payment = saved(&chain, &payment).await;
    submit_one(&chain, &payment).await;
    mine(&anvil, 1).await;
    let receipt = chain
        .receipts(&[id(&payment)], Trust::All)
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(receipt.outcome, TxOutcome::Whole(LegOutcome::Paid));
}

#[tokio::test]
async fn a_failed_payment_is_the_payees_fault_and_says_how_it_failed() {
    let anvil = node().await;
    let chain = allowing(anvil.url()).await;
    let (reverts, burns) = (payee(1), payee(2));
    set_code(&anvil, &reverts, REVERTS).await;
    set_code(&anvil, &burns, BURNS).await;
    let mut ids = Vec::new();
    for (nonce, to) in [(0, &reverts), (1, &burns)] {
        let payment = Unsigned {
            gas_limit: 60_000,
            ..transfer(nonce, to, 5)
        };
        let payment = saved(&chain, &payment).await;
        submit_one(&chain, &payment).await;
        ids.push(id(&payment));
    }
    mine(&anvil, 1).await;
    let receipts = chain.receipts(&ids, Trust::All).await.unwrap();
    for (receipt, words) in receipts
        .into_iter()
        .flatten()
        .zip(["reverted after", "out of gas"])
    {
        let TxOutcome::Whole(LegOutcome::Failed { fault, reason }) = receipt.outcome else {
            panic!("{:?}", receipt.outcome);
        };
        assert_eq!(fault, Fault::Payee);
        assert!(reason.contains(words), "{reason}");
        assert!(receipt.fee > 0);
    }
    assert_eq!(balance(&anvil, &reverts).await, 0);
}

#[tokio::test]
async fn a_failure_of_the_node_to_estimate_blames_no_payee() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = allowing(proxy.url()).await;
    set_code(&anvil, &payee(1), STORES).await;
    for (code, message) in [
        (-32603, "internal error"),
        (-32000, "insufficient funds for transfer"),
        (-32005, "rate limit exceeded"),
    ] {
        proxy.once("eth_estimateGas", RpcFault::Error(code, message.into()));
        let error = chain
            .probe(&dev_address(0), &[leg(&payee(1), 5)])
            .await
            .unwrap_err();
        assert!(matches!(error, ChainError::Unreachable { .. }), "{error}");
        chain.identify(None).await.unwrap();
    }
}

#[tokio::test]
async fn codes_are_asked_for_once_a_payee() {
    let anvil = node().await;
    let proxy = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[proxy.url()])).await;
    proxy.reset_counts();
    let legs: Vec<_> = (0..300)
        .map(|number| leg(&payee(number % 100), 5))
        .collect();
    let probes = chain.probe(&dev_address(0), &legs).await.unwrap();
    assert_eq!(probes, vec![Probe::Fits { gas_limit: 21_000 }; 300]);
    assert_eq!(
        (proxy.calls("eth_getCode"), proxy.http_requests()),
        (100, 1)
    );
}
