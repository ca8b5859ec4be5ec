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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;

    #[tokio::test(start_paused = true)]
    async fn blocks_come_while_the_guard_lives_and_no_longer() {
        let net = Devnet::new(Rules::default());
        let mining = net.auto_mine(Duration::from_secs(10));
        tokio::time::sleep(Duration::from_secs(35)).await;
        assert_eq!(net.head().number, 3);
        drop(mining);
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(net.head().number, 3);
    }
}
