//! What both proxies share: a port, and a task for each connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::error::Error;
use crate::port;

type Serve = dyn Fn(TcpStream, &mut JoinSet<()>) + Send + Sync;

/// Keeps its port while it is down.
pub(crate) struct Listener {
    address: SocketAddr,
    serve: Arc<Serve>,
    task: Option<JoinHandle<()>>,
}

impl Listener {
    pub(crate) async fn start<F>(
        serve: impl Fn(TcpStream) -> F + Send + Sync + 'static,
    ) -> Result<Self, Error>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let serve = move |stream, tasks: &mut JoinSet<()>| {
            tasks.spawn(serve(stream));
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port::candidate()));
        let mut listener = Self {
            address,
            serve: Arc::new(serve),
            task: None,
        };
        // Another test may take the port first: try some.
        for _ in 0..20 {
            if listener.up().await.is_ok() {
                return Ok(listener);
            }
            listener.address.set_port(port::candidate());
        }
        listener.up().await.map(|()| listener)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn up(&mut self) -> Result<(), Error> {
        if self.task.is_some() {
            return Ok(());
        }
        let failed = |error| Error::transport(self.address.to_string(), error);
        let socket = TcpListener::bind(self.address).await.map_err(failed)?;
        let serve = Arc::clone(&self.serve);
        self.task = Some(tokio::spawn(async move {
            // Dropped with this task, and all connections with it.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = socket.accept().await {
                let _small_writes_may_wait = stream.set_nodelay(true);
                serve(stream, &mut connections);
                while connections.try_join_next().is_some() {}
            }
        }));
        Ok(())
    }

    /// Closes the port and every connection; returns when they are closed.
    pub(crate) async fn down(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _cancelled = task.await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// A panic elsewhere in a test must not hide itself behind a poisoned lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Faults waiting for what they match, the oldest first.
pub(crate) struct Rules<F>(Vec<Rule<F>>);

struct Rule<F> {
    matches: String,
    fault: F,
    passes: u32,
    left: Option<u32>,
}

impl<F: Clone> Rules<F> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, matches: &str, fault: F, times: Option<u32>) {
        self.add_after(0, matches, fault, times);
    }

    /// A rule that lets so many pass that match it.
    pub(crate) fn add_after(&mut self, passes: u32, matches: &str, fault: F, times: Option<u32>) {
        self.0.push(Rule {
            matches: matches.to_owned(),
            fault,
            passes,
            left: times,
        });
    }

    /// Those that are not used up.
    pub(crate) fn unused(&self) -> usize {
        self.0.iter().filter(|rule| rule.left != Some(0)).count()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault that matches, used up once.
    pub(crate) fn take(&mut self, matches: impl Fn(&str) -> bool) -> Option<F> {
        let live = |rule: &Rule<F>| rule.left != Some(0) && matches(&rule.matches);
        let rule = self.0.iter_mut().find(|rule| live(rule))?;
        if rule.passes > 0 {
            rule.passes -= 1;
            return None;
        }
        rule.left = rule.left.map(|left| left.saturating_sub(1));
        Some(rule.fault.clone())
    }
}
