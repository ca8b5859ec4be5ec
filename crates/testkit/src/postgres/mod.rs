//! A PostgreSQL of one test's own.

mod account;
mod cluster;
mod proxy;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use tempfile::TempDir;

use crate::error::Error;
use crate::port;
use crate::process::{Process, runs};
use crate::uses::uses;
use cluster::Programs;

pub(crate) use account::Account;
pub use proxy::{PostgresFault, PostgresProxy};

const PROGRAM: &str = "postgres";
const CURE: &str = "installs Debian's package postgresql";
const PORT_TRIES: u8 = 20;
const END_LIMIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(2);
/// … connections, or read-only connections.
const READY: &str = "database system is ready to accept";
/// What the log says while the children of a killed server are still ending.
const STILL_ENDING: [&str; 2] = ["pre-existing shared memory block", "already exists"];

const USER: &str = "paydirt";
const DATABASE: &str = "books";
/// Of both users; a test may look for it where no password belongs.
const PASSWORD: &str = "correct-horse-of-the-tests";

/// A PostgreSQL of one test's own. It is killed when dropped.
///
/// It has one empty database, `books`, which the user `paydirt` owns, sorts by the words of a
/// language and not by bytes, and keeps every commit on disk before it is answered. Parameters
/// given to [`PostgresServer::start_with`] win. Data, port and parameters stay over
/// [`PostgresServer::kill9`], [`PostgresServer::stop`] and [`PostgresServer::restart`].
pub struct PostgresServer {
    process: Option<Process>,
    programs: Programs,
    account: Option<Account>,
    dir: TempDir,
    port: u16,
    parameters: Vec<String>,
}

impl PostgresServer {
    /// Starts a server with an empty database.
    ///
    /// # Errors
    /// The program is not installed, or did not start (the error shows its log).
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(&[]).await
    }

    /// Starts one with further parameters, as `["max_connections=5"]`.
    ///
    /// # Errors
    /// As [`PostgresServer::start`].
    pub async fn start_with(parameters: &[&str]) -> Result<Self, Error> {
        Self::filled_by(parameters, cluster::memory(), empty).await
    }

    /// Starts one whose files are on a disk, and synchronised there: for measurements.
    ///
    /// # Errors
    /// As [`PostgresServer::start`].
    pub async fn start_on_disk() -> Result<Self, Error> {
        Self::filled_by(&[], None, empty).await
    }

    /// Starts a standby: it has what `primary` has, follows it, and takes no writes.
    ///
    /// # Errors
    /// As [`PostgresServer::start`], or the primary does not run.
    pub async fn standby_of(primary: &Self) -> Result<Self, Error> {
        let address = primary.address();
        let fill = move |programs: &Programs, account: Option<&Account>, dir: &Path| {
            cluster::follow(programs, account, address, dir)
        };
        Self::filled_by(&[], cluster::memory(), fill).await
    }

    async fn filled_by(
        parameters: &[&str],
        parent: Option<PathBuf>,
        fill: impl FnOnce(&Programs, Option<&Account>, &Path) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let programs = Programs::find().ok_or(Error::Missing {
            program: PROGRAM,
            cure: CURE,
        })?;
        let account = Account::for_servers();
        let dir = cluster::directory(parent, account.as_ref())?;
        fill(&programs, account.as_ref(), dir.path())?;
        let mut server = Self {
            process: None,
            programs,
            account,
            dir,
            port: 0,
            parameters: parameters.iter().map(|&one| one.to_owned()).collect(),
        };
        let mut tries = 1;
        loop {
            server.port = port::candidate();
            match server.restart().await {
                // Somebody else was faster on this port, or the parameters are wrong.
                Err(Error::NotStarted { log, .. })
                    if log.contains("Address already in use") && tries < PORT_TRIES =>
                {
                    tries += 1;
                }
                outcome => return outcome.map(|()| server),
            }
        }
    }

    /// `postgres://paydirt:<password>@127.0.0.1:<port>/books`
    pub fn url(&self) -> String {
        Self::url_at(self.address())
    }

    /// The same database for its server's superuser.
    pub fn admin_url(&self) -> String {
        let address = self.address();
        format!("postgres://postgres:{PASSWORD}@{address}/{DATABASE}")
    }

    /// [`PostgresServer::url`] through a proxy that listens there.
    pub fn url_at(address: SocketAddr) -> String {
        format!("postgres://{USER}:{PASSWORD}@{address}/{DATABASE}")
    }

    /// The password in its URLs.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Where it listens, also while it is down.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The directory of its data files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Kills it at once (SIGKILL) with all of its processes; what it did for clients ends
    /// unfinished. Without effect on one that is down.
    pub fn kill9(&mut self) {
        let Some(process) = self.process.take() else {
            return;
        };
        // Stopped, it can't start another; its children would go on until they notice.
        let _gone = process.signal(Signal::STOP);
        let children = process.children();
        drop(process);
        for child in &children {
            let _gone = kill_process(*child, Signal::KILL);
        }
        let since = Instant::now();
        while children.iter().copied().any(runs) && since.elapsed() < END_LIMIT {
            std::thread::sleep(POLL);
        }
    }

    /// Asks it to stop (SIGINT: what clients have under way is rolled back) and waits until it
    /// did. Without effect on one that is down.
    ///
    /// # Errors
    /// It ended by itself before.
    pub async fn stop(&mut self) -> Result<(), Error> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        process.signal(Signal::INT)?;
        let asked = Instant::now();
        while !process.ended() && asked.elapsed() < END_LIMIT {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Starts it on the same port and data; one that runs is killed first.
    ///
    /// # Errors
    /// As [`PostgresServer::start`].
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.kill9();
        uses("postgres");
        let began = Instant::now();
        loop {
            match self.run().await {
                Err(Error::NotStarted { log, .. })
                    if STILL_ENDING.iter().any(|words| log.contains(words))
                        && began.elapsed() < END_LIMIT =>
                {
                    tokio::time::sleep(POLL).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn run(&mut self) -> Result<(), Error> {
        let port = format!("port={}", self.port);
        let ours = [
            port.as_str(),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=16MB",
            "max_connections=40",
            // In the data directory, which goes with the server however it ends.
            "dynamic_shared_memory_type=mmap",
        ];
        let mut args = vec!["-D".to_owned(), self.data()];
        let given = self.parameters.iter().map(String::as_str);
        for parameter in ours.into_iter().chain(given) {
            args.extend(["-c".to_owned(), parameter.to_owned()]);
        }
        let (path, dir) = (self.programs.postgres(), self.dir.path());
        let account = self.account.as_ref();
        let mut process = Process::spawn_as(account, PROGRAM, &path, &args, dir)?;
        // Nobody else writes to its log, so this can't be said by a stranger on the same port.
        process
            .wait_until_ready(async |process| process.log().contains(READY).then_some(()))
            .await?;
        self.process = Some(process);
        Ok(())
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }
}

/// Fills a directory with the data of a server that has an empty database.
fn empty(programs: &Programs, account: Option<&Account>, dir: &Path) -> Result<(), Error> {
    let prepared = cluster::prepared(programs, account)?;
    cluster::copy(&prepared, &dir.join("data"))
}

/// An immediate shutdown (SIGQUIT), so that it takes its shared memory with it; then SIGKILL.
impl Drop for PostgresServer {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        let asked = process.signal(Signal::QUIT).is_ok();
        let since = Instant::now();
        while asked && !process.ended() && since.elapsed() < END_LIMIT {
            std::thread::sleep(POLL);
        }
    }
}
