//! Blocks by the clock, for demos.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::Devnet;

/// Mines as long as it lives.
#[derive(Debug)]
#[must_use = "mining stops when this is dropped"]
pub struct AutoMine(JoinHandle<()>);

impl Drop for AutoMine {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Devnet {
    /// Mines a block every `period`, in a task of the current tokio runtime (which must have time
    /// enabled). For demos: tests mine by [`mine`](Self::mine).
    pub fn auto_mine(&self, period: Duration) -> AutoMine {
        let net = self.clone();
        AutoMine(tokio::spawn(async move {
            loop {
                tokio::time::sleep(period).await;
                net.mine(1);
            }
        }))
    }
}
