//! Rules of the mempool, blocks, reorganisations, finality.

use paydirt_chain::{
    Address, Call, Chain, Fault as Failed, LegOutcome, Rejection, Trust, TxOutcome, Unsigned,
    Verdict,
};
use paydirt_devnet::{DevChain, Devnet, DevnetError, Funds, Orphans, Payee, Rules};

use super::hand::{ETHER, GWEI, send, signed, start, unsigned};

fn refused(verdict: &Verdict) -> Rejection {
    match verdict {
        Verdict::Rejected(rejection, _) => *rejection,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

async fn outcome(chain: &DevChain, unsigned: &Unsigned) -> TxOutcome {
    let (_, id) = signed(chain, unsigned).await;
    let receipts = chain.receipts(&[id], Trust::All).await.expect("answers");
    receipts
        .into_iter()
        .next()
        .flatten()
        .expect("mined")
        .outcome
}

fn assert_books_balance(net: &Devnet) {
    let supply = net.supply();
    assert_eq!(supply.dealt, supply.held + supply.fees);
}

#[tokio::test]
async fn each_rule_of_the_mempool_refuses_in_its_own_word() {
    let rules = Rules {
        queue_limit: 1,
        pool_limit: 3,
        ..Rules::default()
    };
    let (net, chain, wallet) = start(rules).await;
    let to = net.stranger();
    let plain = |nonce| unsigned(&wallet, nonce, &to, 5);
    let mut cheap = plain(0);
    cheap.fee.cap = GWEI - 1;
    cheap.fee.tip = 0;
    assert_eq!(refused(&send(&chain, &cheap).await.1), Rejection::FeeTooLow);
    let mut little_gas = plain(0);
    little_gas.gas_limit = 20_999;
    assert_eq!(
        refused(&send(&chain, &little_gas).await.1),
        Rejection::Invalid
    );
    let rich = unsigned(&wallet, 0, &to, ETHER);
    assert_eq!(
        refused(&send(&chain, &rich).await.1),
        Rejection::InsufficientFunds
    );

    assert_eq!(send(&chain, &plain(0)).await.1, Verdict::Accepted);
    assert_eq!(send(&chain, &plain(0)).await.1, Verdict::AlreadyKnown);
    let mut nearly = plain(0);
    nearly.fee.cap = 33 * GWEI;
    nearly.fee.tip = GWEI * 11 / 10 - 1;
    assert_eq!(
        refused(&send(&chain, &nearly).await.1),
        Rejection::Underpriced
    );
    nearly.fee.tip = GWEI * 11 / 10;
    assert_eq!(send(&chain, &nearly).await.1, Verdict::Accepted);

    assert_eq!(
        send(&chain, &plain(5)).await.1,
        Verdict::Accepted,
        "one may be queued"
    );
    assert_eq!(
        refused(&send(&chain, &plain(7)).await.1),
        Rejection::NonceGap
    );
    assert_eq!(send(&chain, &plain(1)).await.1, Verdict::Accepted);
    assert_eq!(
        refused(&send(&chain, &plain(2)).await.1),
        Rejection::PoolFull
    );

    net.mine(1);
    assert_eq!((net.nonce(&wallet), net.balance(&to)), (2, 10));
    assert_eq!(
        refused(&send(&chain, &plain(0)).await.1),
        Rejection::NonceTooLow
    );
    assert_books_balance(&net);
}

#[tokio::test]
async fn bytes_of_another_network_are_invalid() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let other_rules = Rules {
        network: "other".into(),
        ..Rules::default()
    };
    let (_, other, same_wallet) = start(other_rules).await;
    assert_eq!(wallet, same_wallet, "wallets are dealt alike");
    let (saved, _) = signed(&other, &unsigned(&wallet, 0, &net.stranger(), 1)).await;
    let verdicts = chain.submit(&[saved]).await;
    assert_eq!(refused(&verdicts[0]), Rejection::Invalid);
}

#[tokio::test]
async fn what_offers_less_than_the_base_fee_stays_pending() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let to = net.stranger();
    net.set_base_fee(31 * GWEI);
    send(&chain, &unsigned(&wallet, 0, &to, 5)).await;
    net.mine(3);
    assert_eq!((net.balance(&to), net.mempool().len()), (0, 1));
    net.set_base_fee(30 * GWEI);
    net.mine(1);
    assert_eq!((net.balance(&to), net.mempool().len()), (5, 0));
    assert_books_balance(&net);
}

#[tokio::test]
async fn a_block_takes_the_best_tips_first_and_each_wallet_in_order() {
    let rules = Rules {
        block_gas: 3 * 21_000,
        ..Rules::default()
    };
    let (net, chain, wallet) = start(rules).await;
    let other = net.wallet(ETHER).expect("fits");
    let to = net.stranger();
    for nonce in 0..3 {
        send(&chain, &unsigned(&wallet, nonce, &to, 1)).await;
    }
    let mut better = unsigned(&other, 0, &to, 1);
    better.fee.tip = 2 * GWEI;
    send(&chain, &better).await;
    net.mine(1);
    let mined = net.transactions();
    let order: Vec<_> = mined
        .iter()
        .map(|t| (t.unsigned.from.clone(), t.unsigned.nonce))
        .collect();
    assert_eq!(order, [(other, 0), (wallet.clone(), 0), (wallet, 1)]);
}

#[tokio::test]
async fn payees_that_reject_or_need_more_gas_fail_on_their_own_account() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let rejecting = net.payee(Payee::Rejects {
        reason: "no money please".into(),
    });
    let hungry = net.payee(Payee::Contract { gas: 10_000 });
    for (nonce, to, gas) in [
        (0, &rejecting, 30_000),
        (1, &hungry, 30_000),
        (2, &hungry, 31_000),
    ] {
        let transfer = Unsigned {
            gas_limit: gas,
            ..unsigned(&wallet, nonce, to, 7)
        };
        send(&chain, &transfer).await;
        net.mine(1);
        let expected = match nonce {
            0 => failed(Failed::Payee, "no money please"),
            1 => failed(Failed::Payee, "out of gas"),
            _ => LegOutcome::Paid,
        };
        assert_eq!(outcome(&chain, &transfer).await, TxOutcome::Whole(expected));
    }
    assert_eq!((net.balance(&rejecting), net.balance(&hungry)), (0, 7));
    assert_eq!(net.nonce(&wallet), 3);
    let fees: Vec<_> = net.transactions().iter().map(|t| t.fee).collect();
    assert_eq!(fees, [24_000, 30_000, 31_000].map(|gas| gas * 11 * GWEI));
    assert_books_balance(&net);
}

fn failed(fault: Failed, reason: &str) -> LegOutcome {
    LegOutcome::Failed {
        fault,
        reason: reason.into(),
    }
}

#[tokio::test]
async fn an_overdraft_is_mined_as_our_fault_only_where_funds_are_checked_at_execution() {
    let rules = Rules {
        funds: Funds::AtExecution,
        ..Rules::default()
    };
    let (net, chain, wallet) = start(rules).await;
    let to = net.stranger();
    let overdraft = unsigned(&wallet, 0, &to, ETHER);
    assert_eq!(send(&chain, &overdraft).await.1, Verdict::Accepted);
    net.mine(1);
    let expected = failed(Failed::Ours, "insufficient funds for the value");
    assert_eq!(
        outcome(&chain, &overdraft).await,
        TxOutcome::Whole(expected)
    );
    assert_eq!(net.balance(&to), 0);
    assert_books_balance(&net);
}

#[tokio::test]
async fn a_reorganisation_returns_or_drops_and_keeps_height_and_deposits() {
    for orphans in [Orphans::Return, Orphans::Drop] {
        let (net, chain, wallet) = start(Rules::default()).await;
        let to = net.stranger();
        let (id, _) = send(&chain, &unsigned(&wallet, 0, &to, 5)).await;
        net.mine(1);
        net.deal(&to, 3).expect("fits");
        let before = net.head();
        assert_eq!(net.reorg(1, orphans), Ok(vec![id.clone()]));
        assert_eq!(net.head().number, before.number);
        assert_ne!(net.head().hash, before.hash);
        assert_eq!((net.balance(&to), net.nonce(&wallet)), (3, 0));
        assert_eq!(chain.receipts(&[id], Trust::All).await, Ok(vec![None]));
        net.mine(1);
        let value = if orphans == Orphans::Return { 8 } else { 3 };
        assert_eq!(net.balance(&to), value);
        assert_books_balance(&net);
    }
}

#[tokio::test]
async fn what_its_wallet_can_no_longer_pay_for_waits_until_it_can() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let (to, thief) = (net.stranger(), net.stranger());
    send(&chain, &unsigned(&wallet, 1, &to, ETHER / 2)).await;
    let call = Call {
        to: thief,
        value: ETHER * 3 / 4,
        data: Vec::new(),
    };
    net.inject_unseen(&wallet, 0, call).expect("key is known");
    assert_eq!(chain.nonce_seen(&wallet).await.map(|seen| seen.next), Ok(2));
    net.mine(2);
    assert_eq!((net.balance(&to), net.nonce(&wallet)), (0, 1));
    net.deal(&wallet, ETHER).expect("fits");
    net.mine(1);
    assert_eq!((net.balance(&to), net.nonce(&wallet)), (ETHER / 2, 2));
    assert_books_balance(&net);
}

#[tokio::test]
async fn no_reorganisation_reaches_the_finalised_block() {
    let (net, ..) = start(Rules {
        finality_lag: Some(2),
        ..Rules::default()
    })
    .await;
    net.mine(5);
    assert_eq!(net.finalised().map(|b| b.number), Some(3));
    assert!(net.reorg(2, Orphans::Drop).is_ok());
    let head = net.head();
    let refused = net.reorg(3, Orphans::Drop);
    assert_eq!(
        refused,
        Err(DevnetError::TooDeep {
            depth: 3,
            head: 5,
            limit: 3
        })
    );
    assert_eq!(net.head(), head);
    net.stall_finality(true);
    net.mine(5);
    assert_eq!(net.finalised().map(|b| b.number), Some(3));
    assert!(net.reorg(7, Orphans::Drop).is_ok());
    net.stall_finality(false);
    net.mine(1);
    assert_eq!(net.finalised().map(|b| b.number), Some(9));
    net.set_rules(|rules| rules.finality_lag = Some(4));
    net.mine(1);
    assert_eq!(
        net.finalised().map(|b| b.number),
        Some(9),
        "final stays final"
    );
}

#[tokio::test]
async fn a_foreign_transaction_takes_the_place_of_ours() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let (ours, theirs) = (net.stranger(), net.stranger());
    let (id, _) = send(&chain, &unsigned(&wallet, 0, &ours, 5)).await;
    let call = Call {
        to: theirs.clone(),
        value: 9,
        data: vec![1],
    };
    let foreign = net
        .inject(&wallet, 0, call.clone())
        .expect("the key is known");
    net.mine(1);
    assert_eq!((net.balance(&ours), net.balance(&theirs)), (0, 9));
    let seen = chain
        .sent_by(&wallet, 1..=1, Trust::All)
        .await
        .expect("one block");
    assert_eq!(
        seen.iter().map(|s| (&s.id, &s.call)).collect::<Vec<_>>(),
        [(&foreign, &call)]
    );
    assert_ne!(id, foreign);
    assert_eq!(
        net.inject(&ours, 0, call),
        Err(DevnetError::UnknownKey(ours))
    );
}

#[tokio::test]
async fn equal_content_can_be_mined_under_another_id() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let transfer = unsigned(&wallet, 0, &net.stranger(), 5);
    let (saved, id) = signed(&chain, &transfer).await;
    chain.submit(std::slice::from_ref(&saved)).await;
    let other = net
        .malleate(saved.raw().expect("local"))
        .expect("well formed");
    net.mine(1);
    let receipts = chain
        .receipts(&[id, other.clone()], Trust::All)
        .await
        .expect("answers");
    assert_eq!(
        receipts.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true]
    );
    let seen = chain
        .sent_by(&wallet, 0..=1, Trust::All)
        .await
        .expect("two blocks");
    assert_eq!((&seen[0].id, &seen[0].call), (&other, &transfer.call));
}

#[tokio::test]
async fn a_replaced_version_can_be_mined_all_the_same() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let to = net.stranger();
    let first = unsigned(&wallet, 0, &to, 5);
    let mut second = first.clone();
    second.fee.cap = 60 * GWEI;
    second.fee.tip = 2 * GWEI;
    let (id, _) = send(&chain, &first).await;
    let (other, verdict) = send(&chain, &second).await;
    assert_eq!(verdict, Verdict::Accepted);
    let gone = Err(DevnetError::NotExecutable {
        id: other.clone(),
        reason: "its nonce is 0, the account's next is 1".into(),
    });
    assert_eq!(net.include(&[id.clone(), other.clone()]), gone);
    assert_eq!(
        (net.head().number, net.nonce(&wallet)),
        (0, 0),
        "nothing was mined"
    );
    net.include(std::slice::from_ref(&id))
        .expect("can be executed");
    assert_eq!(net.transactions().len(), 1);
    assert!(net.mempool().is_empty());
    assert_eq!(
        refused(&send(&chain, &second).await.1),
        Rejection::NonceTooLow
    );
    assert_books_balance(&net);
}

#[tokio::test]
async fn a_dropped_transaction_is_taken_again() {
    let (net, chain, wallet) = start(Rules::default()).await;
    let to = net.stranger();
    let transfer = unsigned(&wallet, 0, &to, 5);
    let (id, _) = send(&chain, &transfer).await;
    assert!(net.drop_from_mempool(&id));
    assert!(!net.drop_from_mempool(&id));
    net.mine(1);
    assert_eq!(net.balance(&to), 0);
    assert_eq!(send(&chain, &transfer).await.1, Verdict::Accepted);
    net.mine(1);
    assert_eq!(net.balance(&to), 5);
}

#[tokio::test]
async fn equal_histories_have_equal_hashes_and_time_comes_from_blocks() {
    let mut heads = Vec::new();
    for _ in 0..2 {
        let (net, chain, wallet) = start(Rules::default()).await;
        send(&chain, &unsigned(&wallet, 0, &net.stranger(), 5)).await;
        net.mine(2);
        net.reorg(1, Orphans::Return).expect("not final");
        let genesis_s = Rules::default().genesis_time_s;
        assert_eq!(net.head_time_s(), genesis_s + 24);
        assert_eq!(net.mine_until(genesis_s + 24 + 35).number, 4);
        heads.push(net.head());
    }
    assert_eq!(heads[0], heads[1]);
}

#[test]
fn more_money_than_can_be_counted_is_not_dealt() {
    let net = Devnet::new(Rules::default());
    let wallet = net.wallet(u128::MAX).expect("fits");
    assert_eq!(net.deal(&wallet, 1), Err(DevnetError::TooMuch(1)));
    let nowhere = Address::canonical("0x12");
    assert!(matches!(
        net.deal(&nowhere, 0),
        Err(DevnetError::BadAddress(_))
    ));
    assert_eq!(net.balance(&wallet), u128::MAX);
}
