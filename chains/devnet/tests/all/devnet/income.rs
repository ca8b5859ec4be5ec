//! What came in, by final blocks that all endpoints agree about.

use paydirt_chain::{
    Address, Chain, ChainError, Finality, IncomeSource, Observation, Observed, ObservedPower,
    Origin,
};
use paydirt_devnet::{Call, DevChain, Devnet, Fault, Lie, Orphans, Payee, Rules};

use super::hand::{send, start, unsigned};

/// Block `n` is of second `GENESIS_S + 12 n`; final are all but the newest two.
const GENESIS_S: u64 = 1_700_000_000;
const SIGNALLED: Finality = Finality::Signalled;

fn rules(endpoints: usize) -> Rules {
    Rules {
        endpoints,
        genesis_time_s: GENESIS_S,
        ..Rules::default()
    }
}

const fn time_s(block: u64) -> u64 {
    GENESIS_S + 12 * block
}

async fn pay(net: &Devnet, chain: &DevChain, from: &Address, to: &Address, value: u128) -> String {
    let (id, verdict) = send(chain, &unsigned(from, net.nonce(from), to, value)).await;
    assert!(verdict.is_taken(), "{verdict:?}");
    net.mine(1);
    id.as_str().to_owned()
}

/// Blocks `from` up to `to`, without `to`.
async fn seen(
    chain: &DevChain,
    (from, to): (u64, u64),
    addresses: &[Address],
) -> Result<Observation, ChainError> {
    let span_s = time_s(from)..time_s(to);
    chain.observe(span_s, addresses, SIGNALLED).await
}

fn observed(answer: Result<Observation, ChainError>) -> Observed {
    match answer.expect("agreed") {
        Observation::Final(observed) => observed,
        Observation::NotFinal { reason } => panic!("not final: {reason}"),
    }
}

fn not_final(answer: Result<Observation, ChainError>) -> String {
    match answer.expect("agreed") {
        Observation::NotFinal { reason } => reason,
        Observation::Final(observed) => panic!("final: {observed:?}"),
    }
}

fn amounts(observed: &Observed) -> Vec<u128> {
    observed.inflows.iter().map(|it| it.amount).collect()
}

#[tokio::test]
async fn a_span_begins_with_its_first_second_and_ends_before_its_last() {
    let (net, chain, wallet) = start(rules(2)).await;
    let pool = net.stranger();
    for value in 1..=5 {
        pay(&net, &chain, &wallet, &pool, value).await;
    }
    net.mine(2);
    let to = [pool];
    assert_eq!(amounts(&observed(seen(&chain, (2, 4), &to).await)), [2, 3]);
    // The second before block 2, and the one after block 3: the same blocks.
    let wider = chain.observe(time_s(2) - 11..time_s(4) - 11, &to, SIGNALLED);
    assert_eq!(amounts(&observed(wider.await)), [2, 3]);
    let narrower = chain.observe(time_s(2) + 1..time_s(3), &to, SIGNALLED);
    assert!(observed(narrower.await).inflows.is_empty());
    // Days tile: what is in one is not in the other.
    let days = [(0, 1), (1, 3), (3, 5)];
    let mut all = Vec::new();
    for day in days {
        all.extend(amounts(&observed(seen(&chain, day, &to).await)));
    }
    assert_eq!(all, [1, 2, 3, 4]);
}

#[tokio::test]
async fn evidence_names_the_span_the_blocks_and_each_part() {
    let (net, chain, wallet) = start(rules(1)).await;
    let pool = net.stranger();
    let id = pay(&net, &chain, &wallet, &pool, 7).await;
    net.deal(&pool, 9).expect("fits");
    pay(&net, &chain, &wallet, &net.stranger(), 100).await;
    net.mine(4);
    let found = observed(seen(&chain, (1, 3), std::slice::from_ref(&pool)).await);
    assert_eq!(amounts(&found), [9, 7]);
    assert_eq!(found.inflows[0].origin, Origin::Reward);
    let paid = &found.inflows[1];
    assert_eq!((&paid.id, &paid.to), (&id, &pool));
    assert_eq!(paid.origin, Origin::Sender(wallet));
    assert_eq!((paid.block.number, paid.time_s), (1, time_s(1)));
    let evidence = found.evidence;
    assert_eq!(evidence.span_s, time_s(1)..time_s(3));
    let number = |block: Option<paydirt_chain::BlockRef>| block.map(|it| it.number);
    assert_eq!(number(evidence.first), Some(1));
    assert_eq!(number(evidence.last), Some(2));
    assert_eq!(evidence.after.number, 3);
}

#[tokio::test]
async fn a_transfer_that_failed_is_no_income() {
    let (net, chain, wallet) = start(rules(1)).await;
    let reason = "closed".to_owned();
    let pool = net.payee(Payee::Rejects { reason });
    pay(&net, &chain, &wallet, &pool, 7).await;
    assert_eq!(net.transactions().len(), 1);
    net.mine(3);
    assert_eq!(
        observed(seen(&chain, (0, 2), &[pool]).await).inflows.len(),
        0
    );
}

#[tokio::test]
async fn a_span_is_not_final_until_a_block_after_it_is() {
    let (net, chain, wallet) = start(rules(2)).await;
    let pool = [net.stranger()];
    let reason = not_final(seen(&chain, (0, 1), &pool).await);
    assert!(reason.contains("no block is final"), "{reason}");
    pay(&net, &chain, &wallet, &pool[0], 7).await;
    // Blocks 0 and 1 are final at head 3; what belongs to them could still be wider in time.
    net.mine(2);
    let reason = not_final(seen(&chain, (0, 2), &pool).await);
    assert!(reason.contains(&time_s(2).to_string()), "{reason}");
    net.mine(1);
    assert_eq!(amounts(&observed(seen(&chain, (0, 2), &pool).await)), [7]);
}

#[tokio::test]
async fn what_a_reorganisation_moves_before_it_is_final_is_seen_once_where_it_stays() {
    let (net, chain, wallet) = start(rules(2)).await;
    let pool = [net.stranger()];
    net.mine(1);
    pay(&net, &chain, &wallet, &pool[0], 7).await;
    net.reorg(1, Orphans::Return).expect("not final");
    net.mine(1);
    not_final(seen(&chain, (2, 3), &pool).await);
    net.mine(3);
    assert!(
        observed(seen(&chain, (2, 3), &pool).await)
            .inflows
            .is_empty()
    );
    assert_eq!(amounts(&observed(seen(&chain, (3, 4), &pool).await)), [7]);
    // By depth instead of a signal.
    let depth = |confirmations| Finality::Depth {
        confirmations,
        release_confirmations: 60,
    };
    let span_s = time_s(3)..time_s(4);
    let deep = chain.observe(span_s.clone(), &pool, depth(3)).await;
    assert_eq!(amounts(&observed(deep)), [7]);
    not_final(chain.observe(span_s, &pool, depth(4)).await);
}

#[tokio::test]
async fn an_endpoint_that_lags_lies_or_is_down_lets_nothing_be_concluded() {
    let (net, chain, wallet) = start(rules(2)).await;
    let pool = [net.stranger()];
    let id = pay(&net, &chain, &wallet, &pool[0], 7).await;
    net.mine(4);
    let other = net.endpoint(1);
    other.lag(3);
    not_final(seen(&chain, (1, 2), &pool).await);
    other.lag(0);
    let disagree = |answer: Result<Observation, ChainError>| {
        assert!(
            matches!(answer, Err(ChainError::Disagree { .. })),
            "{answer:?}"
        );
    };
    let id = paydirt_chain::TxId::new(id);
    other.lie(Lie::Receipt { id, receipt: None });
    disagree(seen(&chain, (1, 2), &pool).await);
    other.honest();
    for number in [1, 2] {
        let hash = "0xother".into();
        other.lie(Lie::BlockHash { number, hash });
        disagree(seen(&chain, (1, 2), &pool).await);
        other.honest();
    }
    other.script(Fault::Refused, Call::Income, 1);
    let answer = seen(&chain, (1, 2), &pool).await;
    assert!(
        matches!(answer, Err(ChainError::NoVerdict { .. })),
        "{answer:?}"
    );
    chain.identify(None).await.expect("both answer");
    assert_eq!(amounts(&observed(seen(&chain, (1, 2), &pool).await)), [7]);
}

#[tokio::test]
async fn power_is_that_of_the_last_block_of_the_span() {
    let (net, chain, _) = start(rules(1)).await;
    let power = |raw| ObservedPower {
        raw,
        quality_adjusted: raw * 10,
    };
    net.mine(1);
    for raw in [5, 6] {
        net.set_power(power(raw));
        net.mine(1);
    }
    net.mine(3);
    let at = |found: Observed| found.power;
    assert_eq!(at(observed(seen(&chain, (0, 1), &[]).await)), None);
    assert_eq!(
        at(observed(seen(&chain, (0, 2), &[]).await)),
        Some(power(5))
    );
    assert_eq!(
        at(observed(seen(&chain, (2, 3), &[]).await)),
        Some(power(6))
    );
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let (_, chain, _) = start(rules(1)).await;
    let answer = seen(&chain, (0, 1), &[Address::canonical("f01234")]).await;
    assert!(
        matches!(answer, Err(ChainError::Unsupported { .. })),
        "{answer:?}"
    );
}
