//! One child process that does not outlive its test.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::Error;
use crate::locate;
use crate::postgres::Account;

const POLL: Duration = Duration::from_millis(2);
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const LOG_TAIL_BYTES: usize = 2_000;

pub(crate) struct Process {
    program: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `path`, with both outputs in `dir`/log and `dir` as its home and working directory.
    pub(crate) fn spawn(
        program: &'static str,
        path: &Path,
        args: &[String],
        dir: &Path,
    ) -> Result<Self, Error> {
        Self::spawn_as(None, program, path, args, dir)
    }

    /// The same for another account, where one is given; both outputs stay ours.
    pub(crate) fn spawn_as(
        account: Option<&Account>,
        program: &'static str,
        path: &Path,
        args: &[String],
        dir: &Path,
    ) -> Result<Self, Error> {
        let log = dir.join("log");
        let io_error = |what| {
            let path = log.clone();
            move |source| Error::Io { what, path, source }
        };
        let output = File::create(&log).map_err(io_error("creating"))?;
        let errors = output.try_clone().map_err(io_error("sharing"))?;
        let mut command = command_as(account, path);
        command
            .args(args)
            .current_dir(dir)
            .env("HOME", dir)
            .env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = spawn_from_lasting_thread(command).map_err(|source| Error::Io {
            what: "starting",
            path: path.into(),
            source,
        })?;
        Ok(Self {
            program,
            child,
            log,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks `ready` until it gives a value; an error when the process ends first or takes too long.
    pub(crate) async fn wait_until_ready<T>(
        &mut self,
        mut ready: impl AsyncFnMut(&Self) -> Option<T>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        loop {
            if let Some(value) = ready(self).await {
                return Ok(value);
            }
            if self.ended() || started.elapsed() > START_LIMIT {
                let log = tail(&self.log());
                return Err(Error::NotStarted {
                    program: self.program,
                    log,
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Error> {
        let program = self.program;
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(Error::NotRunning { program })?;
        kill_process(pid, signal).map_err(|_| Error::NotRunning { program })
    }

    /// The processes that it started and that still run; none where there is no /proc.
    pub(crate) fn children(&self) -> Vec<Pid> {
        let parent = self.pid().to_string();
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let of_ours = all.filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // `pid (name) state parent …`, and a name may hold anything.
            let (_, rest) = stat.rsplit_once(')')?;
            let is_ours = rest.split_whitespace().nth(1)? == parent;
            let pid = entry.file_name().to_str()?.parse().ok()?;
            is_ours.then(|| Pid::from_raw(pid)).flatten()
        });
        of_ours.collect()
    }

    /// SIGTERM, then waits; SIGKILL when it takes longer than ten seconds.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        self.signal(Signal::CONT)?;
        self.signal(Signal::TERM)?;
        let started = Instant::now();
        while !self.ended() && started.elapsed() < STOP_LIMIT {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

/// SIGKILL, and waits until the process is gone.
impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_waited_for = self.child.wait();
    }
}

/// Where util-linux is at hand, the kernel kills the server when our spawning thread ends. Without
/// it root can't start one for another account, and is told so by the program.
pub(crate) fn command_as(account: Option<&Account>, path: &Path) -> Command {
    match locate::on_path("setpriv") {
        Some(setpriv) if cfg!(target_os = "linux") => {
            let mut command = Command::new(setpriv);
            if let Some(Account { uid, gid }) = account {
                command.arg(format!("--reuid={uid}"));
                command.args([&format!("--regid={gid}"), "--clear-groups"]);
            }
            command.args(["--pdeathsig", "KILL", "--"]).arg(path);
            command
        }
        _ => Command::new(path),
    }
}

/// Whether a process is there and not merely waiting for its parent to hear of its end.
pub(crate) fn runs(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

type Job = (Command, Sender<io::Result<Child>>);

/// The parent-death signal follows the *thread* that started the child, and threads of a runtime
/// end early: so one thread, which lasts as long as the process, starts them all.
fn spawn_from_lasting_thread(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Sender<Job>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in queue {
                // The asker waits for this answer; if it is gone, the child has no owner.
                if let Err(unheard) = answer.send(command.spawn())
                    && let Ok(mut child) = unheard.0
                {
                    let _already_gone = child.kill();
                    let _already_waited_for = child.wait();
                }
            }
        });
        jobs
    });
    let (answer, child) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts servers is gone");
    spawner.send((command, answer)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

fn tail(log: &str) -> String {
    let mut from = log.len().saturating_sub(LOG_TAIL_BYTES);
    while !log.is_char_boundary(from) {
        from = from.saturating_add(1);
    }
    log.get(from..).unwrap_or_default().to_owned()
}
