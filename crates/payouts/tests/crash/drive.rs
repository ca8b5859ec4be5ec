//! Drives runs by hand: time passes, and blocks are mined, only when nobody has anything to do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use paydirt_faults::{Script, Standing};
use paydirt_payouts::{Engine, PayoutError, ReconcileOptions, Reconciled, RunOptions, RunReport};

use crate::world::World;

/// More ticks than any run needs: a second each.
const TICKS: u32 = 2_000;

/// How far a run came.
#[derive(Debug)]
pub(crate) enum Came<T> {
    Ended(T),
    Crashed,
    Paused,
}

impl<T> Came<T> {
    pub(crate) fn ended(self) -> T {
        match self {
            Came::Ended(done) => done,
            Came::Crashed => panic!("it crashed"),
            Came::Paused => panic!("it is paused"),
        }
    }
}

pub(crate) type Run<'e, T> = Pin<Box<dyn Future<Output = Result<T, PayoutError>> + 'e>>;

/// A run that pays once.
pub(crate) fn once(engine: &Engine) -> Run<'_, RunReport> {
    Box::pin(async move {
        let options = RunOptions {
            once: true,
            ..RunOptions::default()
        };
        engine.run(&options).await
    })
}

/// The same for a process that may end at any time.
pub(crate) fn running(engine: Engine) -> Run<'static, ()> {
    Box::pin(async move { once(&engine).await.map(drop) })
}

pub(crate) fn reconciling(engine: Engine) -> Run<'static, ()> {
    Box::pin(async move { reconcile(&engine).await.map(drop) })
}

fn reconcile(engine: &Engine) -> Run<'_, Reconciled> {
    Box::pin(async move {
        let options = ReconcileOptions {
            reason: "restored".into(),
            adopt: true,
            ..ReconcileOptions::default()
        };
        engine.reconcile(&options).await
    })
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Polls until it waits for something else than itself.
pub(crate) fn poll<T>(run: &mut Run<'_, T>) -> Poll<Result<T, PayoutError>> {
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(done) = run.as_mut().poll(&mut context) {
            return Poll::Ready(done);
        }
        if !woken.0.swap(false, Ordering::SeqCst) {
            return Poll::Pending;
        }
    }
}

impl World {
    /// Drives a run until it ends, crashes or is paused.
    pub(crate) fn drive<T>(
        &self,
        script: &Script,
        run: &mut Run<'_, T>,
    ) -> Came<Result<T, PayoutError>> {
        for _ in 0..TICKS {
            if let Poll::Ready(done) = poll(run) {
                return Came::Ended(done);
            }
            match script.standing() {
                Standing::Crashed => return Came::Crashed,
                Standing::Paused => return Came::Paused,
                Standing::Running => self.tick(),
            }
        }
        let open = self.open_payments();
        panic!("no end after {TICKS} ticks; open: {open:#?}");
    }

    /// An engine of this name runs once.
    pub(crate) fn run(&self, name: &str, script: Script) -> Came<Result<RunReport, PayoutError>> {
        let script = Arc::new(script);
        let engine = self.engine(name, &script);
        let mut run = once(&engine);
        self.drive(&script, &mut run)
    }

    /// An engine of this name runs once to its end, undisturbed.
    pub(crate) fn finish(&self, name: &str) -> Result<RunReport, PayoutError> {
        self.run(name, Script::quiet()).ended()
    }

    pub(crate) fn reconcile(&self, name: &str) -> Result<Reconciled, PayoutError> {
        let script = Arc::new(Script::quiet());
        let engine = self.engine(name, &script);
        let mut run = reconcile(&engine);
        self.drive(&script, &mut run).ended()
    }
}
