//! What happens at each point.

use std::collections::HashMap;
use std::env;
use std::fs::{File, OpenOptions};
use std::future::pending;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use paydirt_schedule::Clock;
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::watch;

use crate::{FaultsError, Point};

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Go,
    /// The process ends here, as by a power cut. Where the script only plays it, the call never
    /// returns: whoever drives the caller drops it once [`Script::stopped`] says so.
    Crash,
    /// The call fails as when the connection broke: `before` without effect, `after` with it.
    Fail,
    /// The call waits for [`Script::resume`].
    Pause,
    /// The call waits by the script's clock; not at all if it has none.
    Delay {
        /// How long.
        ms: u64,
    },
}

/// How a script's callers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They run.
    Running,
    /// One of them waits for [`Script::resume`].
    Paused,
    /// The process is to be taken for dead.
    Crashed,
}

type Decide = dyn Fn(&Point) -> Act + Send + Sync;

/// Decides at every point that its wrappers reach, and remembers them in order.
pub struct Script {
    decide: Box<Decide>,
    clock: Option<Arc<dyn Clock>>,
    /// Whether a crash is a real one.
    kills: bool,
    list: Option<Mutex<File>>,
    seen: Mutex<Seen>,
    standing: watch::Sender<Standing>,
}

#[derive(Default)]
struct Seen {
    times: HashMap<String, u32>,
    points: Vec<Point>,
}

/// That a call is to fail.
pub(crate) struct Failed;

impl Script {
    /// A script that asks `decide`, which may also do something to the world at that point.
    pub fn new(decide: impl Fn(&Point) -> Act + Send + Sync + 'static) -> Self {
        Self {
            decide: Box::new(decide),
            clock: None,
            kills: false,
            list: None,
            seen: Mutex::default(),
            standing: watch::Sender::new(Standing::Running),
        }
    }

    /// A script in which nothing happens: to list the points.
    pub fn quiet() -> Self {
        Self::new(|_| Act::Go)
    }

    /// A script in which one thing happens.
    pub fn at(point: Point, act: Act) -> Self {
        Self::new(move |reached| if *reached == point { act } else { Act::Go })
    }

    /// The clock that delays wait by.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The script of a real process: it kills itself (SIGKILL) at the point that the environment
    /// variable `crash_at` names as `point#n`, and appends each point that it reaches to the file
    /// that `list` names, one a line. `None` when neither is set.
    ///
    /// # Errors
    /// `BadPoint`, `BadVariable`, `NoList`.
    pub fn from_env(crash_at: &str, list: &str) -> Result<Option<Self>, FaultsError> {
        let (point, file) = (text_of(crash_at)?, text_of(list)?);
        if point.is_none() && file.is_none() {
            return Ok(None);
        }
        let mut script = match point {
            Some(text) => Self::at(text.parse()?, Act::Crash),
            None => Self::quiet(),
        };
        script.kills = true;
        if let Some(file) = file {
            let opened = OpenOptions::new().create(true).append(true).open(&file);
            let opened = opened.map_err(|error| FaultsError::NoList { file, error })?;
            script.list = Some(Mutex::new(opened));
        }
        Ok(Some(script))
    }

    /// The points reached so far, in order.
    pub fn points(&self) -> Vec<Point> {
        self.seen().points.clone()
    }

    /// How the callers stand now.
    pub fn standing(&self) -> Standing {
        *self.standing.borrow()
    }

    /// Returns once a caller is paused or has crashed.
    pub async fn stopped(&self) -> Standing {
        let mut seen = self.standing.subscribe();
        // An error would mean that the sender is gone, and we hold it.
        let _ = seen.wait_for(|now| *now != Standing::Running).await;
        self.standing()
    }

    /// Lets paused callers go on.
    pub fn resume(&self) {
        self.standing.send_if_modified(|now| {
            let paused = *now == Standing::Paused;
            if paused {
                *now = Standing::Running;
            }
            paused
        });
    }

    /// A caller is at this place.
    pub(crate) async fn reach(&self, name: &str) -> Result<(), Failed> {
        let act = self.note(name).await;
        self.play(act).await
    }

    /// Counts this place, and says what is to happen there. While one caller is paused, all are;
    /// after a crash, none gets any further.
    pub(crate) async fn note(&self, name: &str) -> Act {
        self.running().await;
        let point = {
            let mut seen = self.seen();
            let times = seen.times.entry(name.to_owned()).or_default();
            *times = times.saturating_add(1);
            let point = Point::new(name, *times);
            seen.points.push(point.clone());
            point
        };
        if let Some(list) = &self.list {
            let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
            // A point that is missing from the list fails the test that reads it, not this call.
            let _ = writeln!(list, "{point}");
        }
        (self.decide)(&point)
    }

    pub(crate) async fn play(&self, act: Act) -> Result<(), Failed> {
        match act {
            Act::Go => Ok(()),
            Act::Fail => Err(Failed),
            Act::Crash => self.crash().await,
            Act::Pause => {
                self.standing.send_replace(Standing::Paused);
                self.running().await;
                Ok(())
            }
            Act::Delay { ms } => {
                if let Some(clock) = &self.clock {
                    clock.sleep_ms(ms).await;
                }
                Ok(())
            }
        }
    }

    async fn running(&self) {
        let mut seen = self.standing.subscribe();
        // As in `stopped`.
        let _ = seen.wait_for(|now| *now == Standing::Running).await;
    }

    async fn crash(&self) -> Result<(), Failed> {
        self.standing.send_replace(Standing::Crashed);
        if self.kills {
            // It can't fail for ourselves; if it did, the call below would still not return.
            let _ = kill_process(getpid(), Signal::KILL);
        }
        pending().await
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text_of(variable: &str) -> Result<Option<String>, FaultsError> {
    match env::var(variable) {
        Ok(text) => Ok(Some(text)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(FaultsError::BadVariable {
            variable: variable.to_owned(),
        }),
    }
}
