//! What came in, on a real node: transfers, what contracts send, and what is no income.

use paydirt_chain::{
    Chain as _, ChainError, Finality, IncomeSource as _, Observation, Observed, Origin,
};
use paydirt_testkit::{RpcFault, RpcProxy};

use super::*;

const GENESIS_S: u64 = 1_700_000_000;
/// The pool's wallet; it can send, too.
const POOL: usize = 5;
const SENDER: usize = 1;

/// Block `n` is of this time.
const fn time_s(block: u64) -> u64 {
    GENESIS_S + 12 * block
}

/// Blocks that are mined when told, 12 s after each other; `finalized` is two below the head.
async fn ticking() -> Anvil {
    let genesis = GENESIS_S.to_string();
    node_with(&["--no-mining", "--timestamp", &genesis]).await
}

/// Mines up to block `to`.
async fn tick(anvil: &Anvil, to: u64) {
    let head = anvil.rpc("eth_blockNumber", json!([])).await.unwrap();
    let digits = head.as_str().unwrap().trim_start_matches("0x").to_owned();
    let head = u64::from_str_radix(&digits, 16).unwrap();
    for block in head + 1..=to {
        let at = json!([time_s(block)]);
        anvil.rpc("evm_setNextBlockTimestamp", at).await.unwrap();
        mine(anvil, 1).await;
    }
}

/// The node sends this for one of its accounts; in the next block.
async fn sends(anvil: &Anvil, from: usize, to: &Address, value: u64) -> String {
    let sent = json!({
        "from": dev_address(from), "to": to, "value": format!("{value:#x}"), "gas": "0x30d40",
    });
    let id = anvil.rpc("eth_sendTransaction", json!([sent])).await;
    id.unwrap().as_str().unwrap().to_owned()
}

async fn seen(
    chain: &Ethereum,
    (from, to): (u64, u64),
    addresses: &[Address],
) -> Result<Observation, ChainError> {
    let span_s = time_s(from)..time_s(to);
    chain.observe(span_s, addresses, Finality::Signalled).await
}

fn observed(answer: Result<Observation, ChainError>) -> Observed {
    match answer.unwrap() {
        Observation::Final(observed) => observed,
        Observation::NotFinal { reason } => panic!("not final: {reason}"),
    }
}

fn amounts(observed: &Observed) -> Vec<u128> {
    observed.inflows.iter().map(|it| it.amount).collect()
}

#[tokio::test]
async fn transfers_of_a_span_are_income_with_their_block_and_id() {
    let anvil = ticking().await;
    let pool = dev_address(POOL);
    let mut ids = Vec::new();
    for block in 1..=5 {
        ids.push(sends(&anvil, SENDER, &pool, block).await);
        tick(&anvil, block).await;
    }
    tick(&anvil, 8).await;
    let chain = identified(config(&[anvil.url(), anvil.url()])).await;
    let found = observed(seen(&chain, (2, 4), std::slice::from_ref(&pool)).await);
    assert_eq!(amounts(&found), [2, 3]);
    let first = &found.inflows[0];
    assert_eq!((first.id.as_str(), &first.to), (ids[1].as_str(), &pool));
    assert_eq!(first.origin, Origin::Sender(dev_address(SENDER)));
    assert_eq!((first.block.number, first.time_s), (2, time_s(2)));
    let number = |block: &Option<paydirt_chain::BlockRef>| block.as_ref().map(|it| it.number);
    let evidence = &found.evidence;
    assert_eq!(
        (number(&evidence.first), number(&evidence.last)),
        (Some(2), Some(3))
    );
    assert_eq!(evidence.after.number, 4);
    // Borders: the second of a block is in the span that begins with it.
    for (span, expected) in [
        (time_s(2) - 11..time_s(4) - 11, vec![2, 3]),
        (time_s(2) + 1..time_s(3), vec![]),
        (time_s(0)..time_s(2), vec![1]),
        (time_s(0) - 50..time_s(0), vec![]),
        (time_s(0)..time_s(6), vec![1, 2, 3, 4, 5]),
    ] {
        let pool = std::slice::from_ref(&pool);
        let answer = chain.observe(span.clone(), pool, Finality::Signalled).await;
        assert_eq!(amounts(&observed(answer)), expected, "{span:?}");
    }
}

#[tokio::test]
async fn a_span_is_not_final_until_a_block_after_it_is() {
    let anvil = ticking().await;
    let pool = [dev_address(POOL)];
    sends(&anvil, SENDER, &pool[0], 7).await;
    tick(&anvil, 3).await;
    let chain = identified(config(&[anvil.url()])).await;
    let not_final = |answer: Result<Observation, ChainError>| match answer.unwrap() {
        Observation::NotFinal { reason } => reason,
        Observation::Final(found) => panic!("{found:?}"),
    };
    let reason = not_final(seen(&chain, (0, 2), &pool).await);
    assert!(reason.contains(&time_s(1).to_string()), "{reason}");
    tick(&anvil, 4).await;
    assert_eq!(amounts(&observed(seen(&chain, (0, 2), &pool).await)), [7]);
    let depth = Finality::Depth {
        confirmations: 4,
        release_confirmations: 60,
    };
    let span_s = time_s(0)..time_s(2);
    not_final(chain.observe(span_s, &pool, depth).await);
}

#[tokio::test]
async fn what_a_contract_sends_is_what_the_balance_has_more_than_transfers_explain() {
    let anvil = ticking().await;
    let pool = dev_address(POOL);
    let (forwarder, refusing) = (payee(1), payee(2));
    // Forwards what it gets to the pool: PUSH0 x4, CALLVALUE, PUSH20, GAS, CALL, STOP.
    let address = pool.as_str().trim_start_matches("0x");
    let code = format!("0x5f5f5f5f3473{address}5af100");
    set_code(&anvil, &forwarder, &code).await;
    // PUSH0 PUSH0 REVERT
    set_code(&anvil, &refusing, "0x5f5ffd").await;
    sends(&anvil, SENDER, &pool, 5).await;
    tick(&anvil, 1).await;
    sends(&anvil, SENDER, &forwarder, 900).await;
    sends(&anvil, SENDER, &refusing, 40).await;
    tick(&anvil, 2).await;
    // The pool pays: its fees and what fails are no inflow, nor do they hide one.
    sends(&anvil, POOL, &dev_address(SENDER), 1_000_000).await;
    sends(&anvil, POOL, &refusing, 1_000).await;
    sends(&anvil, POOL, &pool, 3).await;
    tick(&anvil, 6).await;
    let chain = identified(config(&[anvil.url()])).await;
    let to = [pool.clone(), refusing];
    let found = observed(seen(&chain, (1, 4), &to).await);
    assert_eq!(amounts(&found), [5, 3, 900]);
    let unseen = &found.inflows[2];
    assert_eq!((&unseen.origin, &unseen.to), (&Origin::Unseen, &pool));
    assert_eq!(unseen.block.number, 3);
    // Each day has its own.
    assert_eq!(amounts(&observed(seen(&chain, (1, 2), &to).await)), [5]);
    assert_eq!(amounts(&observed(seen(&chain, (2, 3), &to).await)), [900]);
    assert_eq!(amounts(&observed(seen(&chain, (3, 4), &to).await)), [3]);
}

#[tokio::test]
async fn a_block_that_is_reorganised_before_it_is_final_is_not_seen() {
    let anvil = ticking().await;
    let pool = [dev_address(POOL)];
    let chain = identified(config(&[anvil.url()])).await;
    tick(&anvil, 1).await;
    sends(&anvil, SENDER, &pool[0], 7).await;
    tick(&anvil, 2).await;
    assert!(matches!(
        seen(&chain, (1, 3), &pool).await,
        Ok(Observation::NotFinal { .. })
    ));
    anvil.rpc("anvil_reorg", json!([1, []])).await.unwrap();
    tick(&anvil, 6).await;
    let found = observed(seen(&chain, (1, 4), &pool).await);
    let total: u128 = amounts(&found).iter().sum();
    // As the chain has it now, whether the node mined the transaction again or not.
    let gained = balance(&anvil, &pool[0]).await - 10_000 * 1_000_000_000 * GWEI;
    assert_eq!(total, gained);
    assert!(found.inflows.iter().all(|it| it.block.number != 2));
}

#[tokio::test]
async fn endpoints_that_see_different_income_give_no_verdict() {
    let anvil = ticking().await;
    let pool = [dev_address(POOL)];
    sends(&anvil, SENDER, &pool[0], 7).await;
    tick(&anvil, 5).await;
    let liar = RpcProxy::start(&anvil.url()).await.unwrap();
    let chain = identified(config(&[anvil.url(), liar.url()])).await;
    assert_eq!(amounts(&observed(seen(&chain, (1, 2), &pool).await)), [7]);
    // It hides the transfer, and a balance that would tell of it.
    let empty = |mut block: Value| {
        if block["transactions"].is_array() {
            block["transactions"] = json!([]);
        }
        block
    };
    let empty = std::sync::Arc::new(empty);
    liar.always("eth_getBlockByNumber", RpcFault::Rewrite(empty));
    let error = seen(&chain, (1, 2), &pool).await.unwrap_err();
    assert!(matches!(error, ChainError::Disagree { .. }), "{error}");
    liar.always("eth_getBalance", RpcFault::Answer(json!("0x1")));
    let error = seen(&chain, (1, 2), &pool).await.unwrap_err();
    assert!(matches!(error, ChainError::Disagree { .. }), "{error}");
    liar.heal();
    // A node that has forgotten the state, as all but archives do in time.
    let forgot = RpcFault::Error(-32000, "missing trie node".into());
    liar.once("eth_getBalance", forgot);
    let error = seen(&chain, (1, 2), &pool).await.unwrap_err();
    assert!(matches!(error, ChainError::NoVerdict { .. }), "{error}");
    assert!(
        error.to_string().contains("keeps so old a state"),
        "{error}"
    );
    chain.identify(None).await.unwrap();
    // A receipt that is missing is not a transfer that failed.
    liar.once("eth_getTransactionReceipt", RpcFault::Answer(json!(null)));
    let error = seen(&chain, (1, 2), &pool).await.unwrap_err();
    assert!(error.to_string().contains("has no receipt"), "{error}");
    chain.identify(None).await.unwrap();
    assert_eq!(amounts(&observed(seen(&chain, (1, 2), &pool).await)), [7]);
}
