//! A wallet in a test's hand.

use paydirt_chain::{Address, Call, Chain, Fee, FeeKind, Saved, TxId, Unsigned, Verdict};
use paydirt_devnet::{DevChain, Devnet, Rules};

pub(super) const GWEI: u128 = 1_000_000_000;
pub(super) const ETHER: u128 = 1_000_000_000_000_000_000;

/// A net of these rules, an identified client, and a wallet of one ether.
pub(super) async fn start(rules: Rules) -> (Devnet, DevChain, Address) {
    let net = Devnet::new(rules);
    let wallet = net.wallet(ETHER).expect("fits");
    let chain = DevChain::new(&net);
    chain
        .identify(Some(&net.identity()))
        .await
        .expect("all answer");
    (net, chain, wallet)
}

pub(super) fn unsigned(from: &Address, nonce: u64, to: &Address, value: u128) -> Unsigned {
    Unsigned {
        from: from.clone(),
        nonce,
        call: Call {
            to: to.clone(),
            value,
            data: Vec::new(),
        },
        gas_limit: 21_000,
        fee: Fee {
            kind: FeeKind::Dynamic,
            cap: 30 * GWEI,
            tip: GWEI,
        },
    }
}

pub(super) async fn signed(chain: &DevChain, unsigned: &Unsigned) -> (Saved, TxId) {
    let signed = chain.sign(unsigned).await.expect("the key was dealt");
    let id = signed.id.clone().expect("signed in memory");
    (Saved::by_journal(signed), id)
}

/// Signs and submits one transaction.
pub(super) async fn send(chain: &DevChain, unsigned: &Unsigned) -> (TxId, Verdict) {
    let (saved, id) = signed(chain, unsigned).await;
    let mut verdicts = chain.submit(&[saved]).await;
    (id, verdicts.pop().expect("one for each"))
}
