//! What a node says about itself.

use alloy::primitives::U64;
use paydirt_chain::EndpointReport;
use serde_json::{Value, json};

use crate::answers::Header;
use crate::rpc::{Call, Node, read};

impl Node {
    /// Never fails: what the node does not tell is missing.
    pub(crate) async fn report(&self) -> EndpointReport {
        let identity = self.identity().await;
        let mut report = EndpointReport {
            name: self.name().to_owned(),
            identity,
            head: None,
            syncing: false,
            peers: None,
            client: None,
        };
        if report.identity.is_err() {
            return report;
        }
        let calls = [
            Call::new("eth_getBlockByNumber", json!(["latest", false])),
            Call::new("eth_syncing", json!([])),
            Call::new("net_peerCount", json!([])),
            Call::new("web3_clientVersion", json!([])),
        ];
        let mut replies = self.batch(&calls).await.into_iter();
        let mut next = || replies.next().unwrap_or(Ok(None));
        let head = read::<Header>("eth_getBlockByNumber", next())
            .ok()
            .flatten();
        report.head = head.map(|head| (head.number(), head.timestamp.to()));
        // False, or an object with the progress.
        let syncing = read::<Value>("eth_syncing", next()).ok().flatten();
        report.syncing = syncing.is_some_and(|answer| answer != Value::Bool(false));
        report.peers = read::<U64>("net_peerCount", next())
            .ok()
            .flatten()
            .map(|peers| peers.to());
        report.client = read("web3_clientVersion", next()).ok().flatten();
        report
    }
}
