//! Data directories: `initdb` takes half a second, a copy of what it made a tenth of that.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::account::Account;
use super::{DATABASE, PASSWORD, PROGRAM, USER};
use crate::error::Error;
use crate::{locate, process};

/// Debian keeps the server's programs off the search path, in a directory a version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The first version whose databases can sort by a language without one of the system's locales.
const SORTS_BY_LANGUAGE: u32 = 15;
/// Linux keeps what is here in memory.
const MEMORY: &str = "/dev/shm";
const MEMORY_BYTES: u64 = 1 << 30;
const PREFIX: &str = "paydirt-postgres-";
/// Changes with what [`make`] does.
const RECIPE: u32 = 2;

/// The directory of the server's programs.
#[derive(Clone, Debug)]
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// Debian's newest, else those on the search path.
    pub(crate) fn find() -> Option<Self> {
        let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
        let number = |name: &str| name.parse::<u32>().ok();
        let newest = versions
            .filter_map(|entry| Some((number(entry.file_name().to_str()?)?, entry.path())))
            .filter(|(_, path)| path.join("bin").join("initdb").is_file())
            .max();
        let on_path = || {
            let initdb = fs::canonicalize(locate::on_path("initdb")?).ok()?;
            initdb.parent().map(Path::to_owned)
        };
        newest
            .map(|(_, path)| path.join("bin"))
            .or_else(on_path)
            .map(Self)
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    fn initdb(&self) -> PathBuf {
        self.0.join("initdb")
    }

    /// As `15.18`.
    fn version(&self) -> Result<String, Error> {
        let output = run(Command::new(self.postgres()).arg("--version"), "")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.split(' ').nth(2).unwrap_or_default().trim().to_owned())
    }
}

/// A new directory that this account can use, there or where temporary files are.
pub(crate) fn directory(
    parent: Option<PathBuf>,
    account: Option<&Account>,
) -> Result<TempDir, Error> {
    let parent = parent.unwrap_or_else(std::env::temp_dir);
    let failed = |source| Error::Io {
        what: "creating a directory in",
        path: parent.clone(),
        source,
    };
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let dir = TempDir::with_prefix_in(prefix, &parent).map_err(failed)?;
    if let Some(account) = account {
        account.give(dir.path()).map_err(failed)?;
    }
    Ok(dir)
}

/// Where files need no disk, if there is room for some servers: a server's hundreds of files are
/// made there in a tenth of the time. A server that is killed loses nothing by it.
pub(crate) fn memory() -> Option<PathBuf> {
    let path = PathBuf::from(MEMORY);
    let room = rustix::fs::statvfs(&path).ok()?;
    let bytes = room.f_bavail.saturating_mul(room.f_frsize);
    sweep(&path);
    (bytes >= MEMORY_BYTES).then_some(path)
}

/// Removes what test processes that were killed have left there.
fn sweep(path: &Path) {
    let processes = Path::new("/proc");
    if !processes.join("self").exists() {
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let pid = name.and_then(|name| name.split('-').next());
        if pid.is_some_and(|pid| !processes.join(pid).exists()) {
            // Another test may do the same, and a stranger's directory stays.
            let _gone = fs::remove_dir_all(entry.path());
        }
    }
}

/// A data directory to copy from: made by the first test that needs it, and kept.
pub(crate) fn prepared(programs: &Programs, account: Option<&Account>) -> Result<PathBuf, Error> {
    let owner = Account::owner(account);
    let tools = locate::tools_dir().unwrap_or_else(std::env::temp_dir);
    let name = format!("postgres-{}-{RECIPE}-{owner}", programs.version()?);
    let target = tools.join(name);
    let ours = |path: &Path| fs::metadata(path).is_ok_and(|found| found.uid() == owner);
    if ours(&target) {
        return Ok(target);
    }
    let failed = |what, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { what, path, source }
    };
    fs::create_dir_all(&tools).map_err(failed("creating", &tools))?;
    // Made where that account may write, and only then brought to where we keep things. Tests that
    // do this at once make one each, and the first one's stays.
    let fresh = directory(None, account)?;
    make(programs, account, fresh.path())?;
    let beside = TempDir::with_prefix_in("new.", &tools).map_err(failed("writing to", &tools))?;
    copy(&fresh.path().join("data"), &beside.path().join("data"))?;
    match fs::rename(beside.path().join("data"), &target) {
        Err(source) if !ours(&target) => Err(failed("creating", &target)(source)),
        _ => Ok(target),
    }
}

/// A cluster with the database and its owner, in `dir`/data. Nothing else: each database is a
/// quarter of what is copied.
fn make(programs: &Programs, account: Option<&Account>, dir: &Path) -> Result<(), Error> {
    let (data, password) = (dir.join("data"), dir.join("password"));
    let written = fs::write(&password, PASSWORD)
        .and_then(|()| fs::set_permissions(&password, Permissions::from_mode(0o644)));
    written.map_err(|source| Error::Io {
        what: "writing",
        path: password.clone(),
        source,
    })?;
    let mut initdb = process::command_as(account, &programs.initdb());
    initdb.current_dir(dir).arg("-D").arg(&data);
    initdb.arg("--pwfile").arg(&password).args([
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--wal-segsize=1",
        "--no-sync",
        "--no-instructions",
    ]);
    // Older ones sort by bytes here, and find no mistake of ours.
    let major = programs.version()?;
    let major = major.split('.').next().and_then(|text| text.parse().ok());
    if major.is_some_and(|major: u32| major >= SORTS_BY_LANGUAGE) {
        initdb.args(["--locale-provider=icu", "--icu-locale=en-US"]);
    }
    run(&mut initdb, "")?;
    let first = format!(
        "CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'\n\
         ALTER DATABASE postgres RENAME TO {DATABASE}\n\
         ALTER DATABASE {DATABASE} OWNER TO {USER}\n\
         UPDATE pg_database SET datistemplate = FALSE\n\
         DROP DATABASE template0\n"
    );
    for (database, statements) in [
        ("template1", first.as_str()),
        (DATABASE, "DROP DATABASE template1\n"),
    ] {
        let mut single = process::command_as(account, &programs.postgres());
        single.current_dir(dir).args(["--single", "-D"]).arg(&data);
        run(single.arg(database), statements)?;
    }
    Ok(())
}

/// A copy of a running server's data, which follows it from then on.
pub(crate) fn follow(
    programs: &Programs,
    account: Option<&Account>,
    address: SocketAddr,
    dir: &Path,
) -> Result<(), Error> {
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut backup = process::command_as(account, &programs.0.join("pg_basebackup"));
    backup.current_dir(dir).env("PGPASSWORD", PASSWORD);
    backup.args(["--host", &host, "--port", &port, "--username=postgres"]);
    backup.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
    backup.arg("--pgdata").arg(dir.join("data"));
    run(&mut backup, "").map(drop)
}

/// With owners and rights.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    run(Command::new("cp").arg("-a").arg(from).arg(to), "").map(drop)
}

fn run(command: &mut Command, input: &str) -> Result<Output, Error> {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut done = || -> io::Result<Output> {
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        child.wait_with_output()
    };
    let output = done().map_err(|source| Error::Io {
        what: "running",
        path: command.get_program().into(),
        source,
    })?;
    // In single-user mode errors are told and not counted.
    let words = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && !words.contains("ERROR:") {
        return Ok(output);
    }
    Err(Error::NotStarted {
        program: PROGRAM,
        log: format!("{command:?}\n{words}"),
    })
}
