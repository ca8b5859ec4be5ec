//! How an endpoint answers a call, with what its script does to it.

use std::sync::Arc;

use paydirt_chain::{Address, Rejection, Saved, Unsigned, Verdict};

use crate::codec::Tx;
use crate::control::Devnet;
use crate::fault::{Call, Fault};
use crate::pool::{Refusal, Taken};
use crate::view::View;
use crate::world::World;

const REFUSED: &str = "connection refused";
const RESET: &str = "connection reset before the reply";
const TIMED_OUT: &str = "timed out";

/// One node, as a client reaches it.
#[derive(Clone, Debug)]
pub(crate) struct EndpointNode {
    net: Devnet,
    index: usize,
}

/// What a client sends: its own bytes, or what the node shall sign.
#[derive(Clone, Debug)]
pub(crate) enum Sending {
    Raw(Vec<u8>),
    Unsigned(Unsigned),
}

impl Sending {
    pub(crate) fn of(saved: &Saved) -> Self {
        match saved.raw() {
            Some(raw) => Self::Raw(raw.to_vec()),
            None => Self::Unsigned(saved.unsigned().clone()),
        }
    }
}

impl EndpointNode {
    pub(crate) fn new(net: Devnet, index: usize) -> Self {
        Self { net, index }
    }

    /// A call that changes nothing.
    pub(crate) async fn read<T>(
        &self,
        call: Call,
        look: impl FnOnce(&View<'_>) -> Result<T, String>,
    ) -> Result<T, String> {
        match self.arrive(call).await? {
            None | Some(Fault::Duplicated) => {
                self.net.with(|world| look(&View::of(world, self.index)?))
            }
            Some(Fault::Late) => Err(TIMED_OUT.into()),
            Some(_) => Err(RESET.into()),
        }
    }

    /// Addresses that the node signs for.
    pub(crate) async fn signers(&self) -> Result<Vec<Address>, String> {
        self.read(Call::Signers, |_| Ok(())).await?;
        Ok(self.net.with(|world| world.signers()))
    }

    /// The node signs and sends nothing.
    pub(crate) async fn sign(&self, unsigned: &Unsigned) -> Result<Arc<Tx>, String> {
        self.read(Call::Sign, |_| Ok(())).await?;
        self.net
            .with(|world| world.sign(unsigned))
            .map_err(|e| e.to_string())
    }

    /// One batch of submissions: a verdict for each, or none for any.
    pub(crate) async fn submit(&self, batch: &[Sending]) -> Result<Vec<Verdict>, String> {
        let fault = self.arrive(Call::Submit).await?;
        let take = |world: &mut World, sent: &[Sending]| -> Vec<Verdict> {
            sent.iter().map(|one| self.take(world, one)).collect()
        };
        self.net.with(|world| match fault {
            None => Ok(take(world, batch)),
            Some(Fault::Late) => {
                self.put_off(world, batch);
                Err(TIMED_OUT.into())
            }
            Some(Fault::Duplicated) => {
                let verdicts = take(world, batch);
                self.put_off(world, batch);
                Ok(verdicts)
            }
            Some(Fault::CutAfter(transactions)) => {
                take(world, batch.get(..transactions).unwrap_or(batch));
                Err(RESET.into())
            }
            Some(_) => {
                take(world, batch);
                Err(RESET.into())
            }
        })
    }

    /// The call reaches the node, or doesn't; a hanging one waits here.
    async fn arrive(&self, call: Call) -> Result<Option<Fault>, String> {
        let (fault, released) = self.net.with(|world| {
            let node = world.nodes.get_mut(self.index).ok_or(REFUSED)?;
            node.calls.push(call);
            if !node.up {
                return Err(REFUSED);
            }
            let fault = node.take_fault(call, false);
            let hangs = fault == Some(Fault::Hangs);
            Ok((
                fault,
                hangs.then(|| Arc::clone(&node.released).notified_owned()),
            ))
        })?;
        match (fault, released) {
            (Some(Fault::Refused), _) => Err(REFUSED.into()),
            (_, Some(released)) => {
                released.await;
                self.still_up()
            }
            (fault, None) => Ok(fault),
        }
    }

    fn still_up(&self) -> Result<Option<Fault>, String> {
        let up = self
            .net
            .with(|world| world.nodes.get(self.index).is_some_and(|node| node.up));
        if up { Ok(None) } else { Err(RESET.into()) }
    }

    fn take(&self, world: &mut World, sent: &Sending) -> Verdict {
        let node = world.nodes.get_mut(self.index);
        let fault = node.and_then(|node| node.take_fault(Call::Submit, true));
        match fault {
            Some(Fault::FalseAcceptance) => Verdict::Accepted,
            Some(Fault::FalseRejection(rejection)) => {
                // What really became of it is just what the caller is not told.
                let _ = self.deliver(world, sent);
                Verdict::Rejected(rejection, "refused, says the script".into())
            }
            _ => match self.deliver(world, sent) {
                Ok(Taken::New) => Verdict::Accepted,
                Ok(Taken::Known) => Verdict::AlreadyKnown,
                Err((rejection, text)) => Verdict::Rejected(rejection, text),
            },
        }
    }

    fn deliver(&self, world: &mut World, sent: &Sending) -> Result<Taken, Refusal> {
        let raw = bytes(world, sent)?;
        world.submit(self.index, &raw)
    }

    fn put_off(&self, world: &mut World, batch: &[Sending]) {
        let late: Vec<_> = batch
            .iter()
            .filter_map(|sent| bytes(world, sent).ok())
            .collect();
        if let Some(node) = world.nodes.get_mut(self.index) {
            node.late.extend(late);
        }
    }
}

fn bytes(world: &mut World, sent: &Sending) -> Result<Vec<u8>, Refusal> {
    match sent {
        Sending::Raw(raw) => Ok(raw.clone()),
        Sending::Unsigned(unsigned) => match world.sign(unsigned) {
            Ok(tx) => Ok(tx.raw.clone()),
            Err(error) => Err((Rejection::Invalid, error.to_string())),
        },
    }
}
