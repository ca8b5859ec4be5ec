//! Sending saved bytes, and what the nodes say to that.

use std::sync::Arc;

use alloy::primitives::{B256, Bytes};
use paydirt_chain::{Endpoints, Saved, Verdict};
use serde_json::json;

use crate::address::hash_text;
use crate::rpc::{Call, Node, Reply, RpcError, read};
use crate::{sign, wording};

/// Sends to every identified endpoint, all at once, and gives a verdict for each transaction in
/// the order given. `chain_id` is needed only where a node signs and sends.
pub(crate) async fn everywhere(
    endpoints: &Endpoints<Node>,
    transactions: &[Saved],
    chain_id: Option<u64>,
) -> Vec<Verdict> {
    let nobody = |reason: String| vec![Verdict::Unknown(reason); transactions.len()];
    let sendings: Result<Vec<Sending>, String> = transactions
        .iter()
        .map(|saved| Sending::new(saved, chain_id))
        .collect();
    let sendings = match sendings {
        Ok(sendings) => sendings,
        Err(reason) => return nobody(reason),
    };
    let order = order(&sendings);
    let sorted: Vec<_> = order
        .iter()
        .filter_map(|place| sendings.get(*place).cloned())
        .collect();
    let sorted = Arc::new(sorted);
    let sent = endpoints
        .all_identified("a submission", move |node| {
            let sorted = Arc::clone(&sorted);
            // Never an error: one endpoint's failure must not hide what another took.
            Box::pin(async move { Ok(node.submit(&sorted).await) })
        })
        .await;
    match sent {
        Ok(answers) => in_order(transactions.len(), &order, answers),
        Err(error) => nobody(format!("not sent: {error}")),
    }
}

/// Verdicts of all endpoints, back in the order in which the transactions were given.
fn in_order(count: usize, order: &[usize], answers: Vec<(&str, Vec<Verdict>)>) -> Vec<Verdict> {
    let mut by_transaction: Vec<Vec<(&str, Verdict)>> = vec![Vec::new(); count];
    for (endpoint, verdicts) in answers {
        for (place, verdict) in order.iter().zip(verdicts) {
            if let Some(collected) = by_transaction.get_mut(*place) {
                collected.push((endpoint, verdict));
            }
        }
    }
    by_transaction.into_iter().map(combined).collect()
}

/// One transaction to send.
#[derive(Clone, Debug)]
struct Sending {
    nonce: u64,
    call: Call,
    /// What the node must answer; `None` where it signs by itself.
    id: Option<String>,
}

impl Sending {
    fn new(saved: &Saved, chain_id: Option<u64>) -> Result<Self, String> {
        let call = match (saved.raw(), chain_id) {
            (Some(raw), _) => Call::new(
                "eth_sendRawTransaction",
                json!([Bytes::copy_from_slice(raw)]),
            ),
            (None, Some(chain_id)) => Call::new(
                "eth_sendTransaction",
                json!([sign::request(saved.unsigned(), chain_id)]),
            ),
            (None, None) => return Err("not sent: the chain is not identified yet".to_owned()),
        };
        let id = saved.raw().and(saved.id()).map(|id| id.as_str().to_owned());
        Ok(Self {
            nonce: saved.unsigned().nonce,
            call,
            id,
        })
    }
}

/// The order in which to send: lowest nonce first, so that no node sees a gap. The result says
/// which of `sendings` is the first to go, the second, and so on.
fn order(sendings: &[Sending]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sendings.len()).collect();
    order.sort_by_key(|place| sendings.get(*place).map(|sending| sending.nonce));
    order
}

impl Node {
    /// Sends in this order, and gives a verdict for each. What is lost is `Unknown`.
    async fn submit(&self, sendings: &[Sending]) -> Vec<Verdict> {
        let calls: Vec<_> = sendings
            .iter()
            .map(|sending| sending.call.clone())
            .collect();
        let replies = self.batch(&calls).await;
        replies
            .into_iter()
            .zip(sendings)
            .map(|(reply, sent)| verdict(reply, sent))
            .collect()
    }
}

fn verdict(reply: Reply, sent: &Sending) -> Verdict {
    if let Err(RpcError::Reply { message, .. }) = &reply {
        return wording::verdict(message);
    }
    match (read::<B256>(sent.call.method, reply), &sent.id) {
        (Ok(Some(hash)), Some(id)) if hash_text(hash) != *id => Verdict::Unknown(format!(
            "the node took {id} under another id, {}",
            hash_text(hash)
        )),
        (Ok(Some(_)), _) => Verdict::Accepted,
        (Ok(None), _) => Verdict::Unknown(format!("{} answered null", sent.call.method)),
        (Err(error), _) => Verdict::Unknown(error),
    }
}

/// One verdict out of those of several endpoints: the best of them, in the order taken, known,
/// refused, unknown; with all their words.
fn combined(verdicts: Vec<(&str, Verdict)>) -> Verdict {
    let mut refused = None;
    let mut known = false;
    let mut words = Vec::new();
    for (endpoint, verdict) in verdicts {
        match verdict {
            Verdict::Accepted => return Verdict::Accepted,
            Verdict::AlreadyKnown => known = true,
            Verdict::Rejected(rejection, text) => {
                refused = refused.or(Some(rejection));
                words.push(format!("{endpoint}: {text}"));
            }
            Verdict::Unknown(text) => words.push(format!("{endpoint}: {text}")),
        }
    }
    match (known, refused) {
        (true, _) => Verdict::AlreadyKnown,
        (false, Some(rejection)) => Verdict::Rejected(rejection, words.join("; ")),
        (false, None) => Verdict::Unknown(words.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use paydirt_chain::Rejection;

    use super::*;

    #[test]
    fn one_endpoint_that_took_it_is_enough() {
        let unknown = || Verdict::Unknown("timed out".into());
        let low = || Verdict::Rejected(Rejection::NonceTooLow, "nonce too low".into());
        let full = || Verdict::Rejected(Rejection::PoolFull, "txpool is full".into());
        let of = |a: Verdict, b: Verdict| combined(vec![("a", a), ("b", b)]);
        assert_eq!(of(unknown(), Verdict::Accepted), Verdict::Accepted);
        assert_eq!(
            of(Verdict::AlreadyKnown, Verdict::Accepted),
            Verdict::Accepted
        );
        assert_eq!(of(low(), Verdict::AlreadyKnown), Verdict::AlreadyKnown);
        let both = Verdict::Rejected(
            Rejection::NonceTooLow,
            "a: nonce too low; b: timed out".into(),
        );
        assert_eq!(of(low(), unknown()), both);
        assert!(matches!(
            of(full(), low()),
            Verdict::Rejected(Rejection::PoolFull, _)
        ));
        assert_eq!(
            of(unknown(), unknown()),
            Verdict::Unknown("a: timed out; b: timed out".into())
        );
    }

    #[test]
    fn lower_nonces_go_first() {
        let sending = |nonce| Sending {
            nonce,
            call: Call::new("x", json!([])),
            id: None,
        };
        let sendings = [sending(7), sending(5), sending(6), sending(5)];
        assert_eq!(order(&sendings), [1, 3, 2, 0]);
    }

    #[test]
    fn a_node_that_names_another_id_has_not_answered() {
        let id = format!("0x{}", "11".repeat(32));
        let sent = Sending {
            nonce: 0,
            call: Call::new("x", json!([])),
            id: Some(id.clone()),
        };
        let reply = |text: &str| Ok(Some(serde_json::value::to_raw_value(text).unwrap()));
        assert_eq!(verdict(reply(&id), &sent), Verdict::Accepted);
        for other in [
            reply(&format!("0x{}", "22".repeat(32))),
            reply("0x11"),
            Ok(None),
        ] {
            assert!(matches!(verdict(other, &sent), Verdict::Unknown(_)));
        }
    }
}
