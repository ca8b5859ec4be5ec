//! A client of the devnet: how it asks its endpoints.

use std::sync::Arc;

use futures::future::BoxFuture;
use paydirt_chain::{BlockRef, ChainError, Endpoints, SigningMode, Trust, Verdict};

use crate::Devnet;
use crate::fault::Call;
use crate::node::{EndpointNode, Sending};
use crate::view::View;

/// A client of the devnet through some of its endpoints. Clients of one net are independent of
/// each other, as two processes would be.
#[derive(Debug)]
pub struct DevChain {
    pub(crate) net: Devnet,
    pub(crate) endpoints: Endpoints<EndpointNode>,
    pub(crate) mode: SigningMode,
}

impl DevChain {
    /// A client through all endpoints, all of them asked for verdicts, that signs in memory with
    /// every key that the net has dealt.
    pub fn new(net: &Devnet) -> Self {
        Self::through(net, 0..net.endpoints(), None)
    }

    /// A client through these endpoints, in this order, the first `quorum` of them asked for
    /// verdicts (`None`: all).
    ///
    /// # Panics
    /// When the net does not have one of them.
    pub fn through(
        net: &Devnet,
        endpoints: impl IntoIterator<Item = usize>,
        quorum: Option<usize>,
    ) -> Self {
        let node = |index| {
            (
                net.endpoint(index).name(),
                EndpointNode::new(net.clone(), index),
            )
        };
        let nodes: Vec<_> = endpoints.into_iter().map(node).collect();
        Self {
            net: net.clone(),
            endpoints: Endpoints::new(nodes, quorum),
            mode: SigningMode::Local,
        }
    }

    /// The same client with another one who signs.
    #[must_use]
    pub fn signing(mut self, mode: SigningMode) -> Self {
        self.mode = mode;
        self
    }

    pub(crate) async fn first<T, F>(&self, call: Call, look: F) -> Result<T, ChainError>
    where
        T: Send + 'static,
        F: Fn(&View<'_>) -> Result<T, String> + Send + Sync + 'static,
    {
        self.endpoints.first(asking(call, look)).await
    }

    pub(crate) async fn agreed<T, F>(
        &self,
        what: &str,
        call: Call,
        look: F,
    ) -> Result<T, ChainError>
    where
        T: PartialEq + std::fmt::Debug + Send + 'static,
        F: Fn(&View<'_>) -> Result<T, String> + Send + Sync + 'static,
    {
        self.endpoints.agreed(what, asking(call, look)).await
    }

    pub(crate) async fn trusted<T, F>(
        &self,
        trust: Trust,
        what: &str,
        call: Call,
        look: F,
    ) -> Result<T, ChainError>
    where
        T: PartialEq + std::fmt::Debug + Send + 'static,
        F: Fn(&View<'_>) -> Result<T, String> + Send + Sync + 'static,
    {
        match trust {
            Trust::Any => self.first(call, look).await,
            Trust::All => self.agreed(what, call, look).await,
        }
    }

    pub(crate) async fn block(&self, number: u64) -> Result<BlockRef, ChainError> {
        let what = format!("block {number}");
        self.agreed(&what, Call::Blocks, move |view| {
            view.block(number)
                .ok_or_else(|| format!("block {number} is above the head"))
        })
        .await
    }
}

/// A question for [`Endpoints`].
pub(crate) fn asking<T, F>(
    call: Call,
    look: F,
) -> impl for<'a> Fn(&'a EndpointNode) -> BoxFuture<'a, Result<T, String>>
where
    T: Send + 'static,
    F: Fn(&View<'_>) -> Result<T, String> + Send + Sync + 'static,
{
    let look = Arc::new(look);
    move |node| {
        let look = Arc::clone(&look);
        Box::pin(async move { node.read(call, |view| look(view)).await })
    }
}

/// A batch to submit, for [`Endpoints`].
pub(crate) fn sending(
    batch: Arc<[Sending]>,
) -> impl for<'a> Fn(&'a EndpointNode) -> BoxFuture<'a, Result<Vec<Verdict>, String>> {
    move |node| {
        let batch = Arc::clone(&batch);
        Box::pin(async move { node.submit(&batch).await })
    }
}
