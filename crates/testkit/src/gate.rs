use std::sync::Arc;

use tokio::sync::Semaphore;

/// Stops what passes a proxy until the test lets it go on: order without sleeping.
///
/// Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate {
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    /// A closed gate with nobody before it.
    #[expect(
        clippy::new_without_default,
        reason = "a default gate would not say that it is shut"
    )]
    pub fn new() -> Self {
        Self {
            arrived: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until something stands before the gate; each call waits for one more.
    pub async fn arrived(&self) {
        take_one(&self.arrived).await;
    }

    /// Lets one pass, now or when it comes.
    pub fn release(&self) {
        self.open.add_permits(1);
    }

    pub(crate) async fn pass(&self) {
        self.arrived.add_permits(1);
        take_one(&self.open).await;
    }
}

async fn take_one(semaphore: &Semaphore) {
    // Never closed, so this cannot fail.
    if let Ok(permit) = semaphore.acquire().await {
        permit.forget();
    }
}
